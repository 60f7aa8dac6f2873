/* SPDX-License-Identifier: ISC */
/*
 * fingerprint.c - what a workload is confined to, as text that is the same from run to run
 *
 * usage: fingerprint NAME=NAMESPACE...	as readlink(1) of /proc/self/ns/NAME shows them outside
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
show_status(void)
{
	static const char *const fields[] = { "Umask", "Uid", "Gid", "Groups", "Sig", "Cap", "NoNewPrivs", "Seccomp" };
	char  line[512];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strncmp(line, fields[i], strlen(fields[i])) && strncmp(line, "SigQ", 4))
				fputs(line, stdout);
	if (!f)
		puts("no status");
}

/* root point options - type super-options, of what nothing else lies over at the same point; ids and
 * device numbers change from run to run */
static void
show_mounts(void)
{
	static char line[256][1024], point[256][512];
	char	    root[1024], options[256];
	int	    n = 0;
	FILE	   *f = fopen("/proc/self/mountinfo", "r");

	while (f && n < 256 && fgets(line[n], sizeof(line[n]), f))
		if (sscanf(line[n], "%*s %*s %*s %*s %511s", point[n]) == 1)
			n++;
	for (int i = 0; i < n; i++) {
		bool covered = false;
		for (int j = i + 1; j < n; j++)
			covered |= !strcmp(point[i], point[j]);
		if (!covered && sscanf(line[i], "%*s %*s %*s %1023s %*s %255s", root, options) == 2)
			printf("mount %s %s %s%s", root, point[i], options, strstr(line[i], " - "));
	}
}

static void
show_descriptors(void)
{
	struct stat st;

	for (int fd = 0; fd < 64; fd++)
		if (fstat(fd, &st) == 0)
			printf("descriptor %d of type %o\n", fd, st.st_mode & S_IFMT);
}

int
main(int argc, char **argv)
{
	extern char  **environ;
	char	       text[4096], path[64];
	struct rlimit  limit;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	show_descriptors();
	show_status();
	for (int r = 0; r < 16; r++)
		if (getrlimit(r, &limit) == 0)
			printf("rlimit %d %llu %llu\n", r, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
	for (int i = 1; i < argc; i++) {
		char   *equals = strchr(argv[i], '=');
		ssize_t n;
		snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)(equals - argv[i]), argv[i]);
		n = readlink(path, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		printf("namespace %.*s %s\n", (int)(equals - argv[i]), argv[i], strcmp(text, equals + 1) ? "private" : "SHARED");
	}
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	printf("cwd %s\n", getcwd(text, sizeof(text)));
	gethostname(text, sizeof(text));
	printf("host %s\nleader %d, init is the parent %d\n", text, getsid(0) == getpid(), getppid() <= 1);
	printf("dumpable %d, death signal ", prctl(PR_GET_DUMPABLE));
	{
		int sig = 0;
		(void)prctl(PR_GET_PDEATHSIG, &sig);
		printf("%d\n", sig);
	}
	show_mounts();
	return fflush(stdout) ? 1 : 0;
}

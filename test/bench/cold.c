/* SPDX-License-Identifier: ISC */
/*
 * cold.c - on an idle machine, from the start of a launcher to the first instruction of what it runs, and to its end
 *
 * usage: cold ROUNDS COMMAND...	the last word of which runs cold itself, as `cold`
 *
 * Prints the medians in milliseconds, and how long of the whole the CPU had nothing to do, on average. Idle for
 * a second before each: then a wait for an RCU grace period, which back-to-back starts hide, shows itself as ten
 * milliseconds and more, nearly all of them idle. Of 0.4 and below nobody can tell: the kernel counts in hundredths.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Idle time of all CPUs since boot, in milliseconds. */
static double
idle(void)
{
	FILE  *f = fopen("/proc/uptime", "r");
	double up, nothing = 0;

	if (!f || fscanf(f, "%lf %lf", &up, &nothing) != 2)
		exit(1);
	fclose(f);
	return nothing * 1e3;
}

static int
larger(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int
main(int argc, char **argv)
{
	double begun, came, first[MOST], end[MOST], rest, waited = 0;
	int    rounds, fds[2], status;

	if (argc == 1) { /* inside */
		came = now();
		return write(1, &came, sizeof(came)) != sizeof(came);
	}
	rounds = atoi(argv[1]);
	for (int i = 0; i < rounds && i < MOST; i++) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			return 1;
		sleep(1);
		rest = idle();
		begun = now();
		if (vfork() == 0) {
			dup2(fds[1], 1);
			execv(argv[2], argv + 2);
			_exit(127);
		}
		close(fds[1]);
		if (read(fds[0], &came, sizeof(came)) != sizeof(came) || wait(&status) < 0 || status)
			return 1;
		end[i] = now() - begun;
		waited += idle() - rest;
		first[i] = came - begun;
		close(fds[0]);
	}
	qsort(first, rounds, sizeof(*first), larger);
	qsort(end, rounds, sizeof(*end), larger);
	printf("%8.2f %8.2f %8.2f\n", first[rounds / 2], end[rounds / 2], waited / rounds);
	return 0;
}

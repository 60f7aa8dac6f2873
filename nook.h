/* SPDX-License-Identifier: ISC */
/*
 * nook.h - every internal type and prototype: the table of contents
 *
 * Types first, then one section a file, in the order of a run's life. Each prototype says when it
 * is called, in which units, and how it fails. "Dies" means: through fail(), which tears down what
 * was built and exits 125; functions that die return only on success.
 */
#ifndef NOOK_H
#define NOOK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "build/tables.h"

#define VERSION "0.1"

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define noreturn   __attribute__((noreturn))
/* Of a static variable that is large, or that few runs touch: then the others share few pages. */
#define roomy	   __attribute__((section(".bss.roomy")))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

/* Numbers of settings are int64_t; two that no setting can have mean something else. */
#define UNSET	  ((int64_t)INT32_MIN) /* nobody asked; small, as a wide constant costs ten bytes a time */
#define UNLIMITED ((int64_t)-2)	       /* of a size: max */

enum { /* exit statuses, as timeout(1), env(1) and docker have them */
	STATUS_TIMEOUT = 124,
	STATUS_FAILED = 125,
	STATUS_CANNOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,
	STATUS_OOM = 137,
};

enum { RESTART_ALWAYS = -1, NOTIFY_SYSTEMD = 1 };
enum { VALUE_MAX = 4096, MESSAGE_MAX = 1024, WORDS_MAX = 512 };

/* One assignment, as it was written. Lists are chains of these, in the order given. */
struct item {
	const char  *text;
	struct item *next;
	uint16_t     line; /* in the settings file; 0: the command line */
	uint8_t	     row;  /* of the table in settings.c */
};

/* All settings. Built once by settings_read(), const ever after. Filled through the table. */
struct config {
	/* limits; sizes in bytes, cpus in millionths of one CPU */
	int64_t	    memory, memory_high, memory_reservation, swap;
	int64_t	    cpus, cpu_shares, pids_limit;
	const char *cpuset_cpus, *cpuset_mems;
	struct item *read_bps, *write_bps, *read_iops, *write_iops;
	struct item *ulimit;
	int64_t	    oom_score_adj, nice;
	const char *scheduler;
	/* time, in milliseconds */
	int64_t timeout, cpu_time, stop_signal, stop_timeout;
	/* namespaces: 0 private, 1 host */
	int64_t	     pid, ipc, uts, cgroupns, userns;
	const char  *network, *hostname;
	struct item *sysctl;
	/* root */
	const char  *rootfs, *workdir;
	int64_t	     read_only, shm_size, umask, hidepid;
	struct item *volume, *mount, *tmpfs, *device, *env;
	/* rights */
	const char  *user;
	struct item *group_add, *cap_add, *cap_drop, *allow_missing;
	int64_t	     no_new_privs, privileged;
	const char  *seccomp;
	/* streams */
	const char *in, *out, *err;
	int64_t	    tty, interactive, log_max_size, output_limit, preserve_fds;
	/* life */
	const char *name, *cgroup_parent, *pidfile;
	int64_t	    notify; /* 0 no, NOTIFY_SYSTEMD, else the descriptor */
	int64_t	    ready_fd;
	int64_t	    init, oom_group;
	int64_t	    restart; /* 0 no, RESTART_ALWAYS, else on failure, this often */
	int64_t	    restart_delay; /* milliseconds */
	/* result */
	const char *report;
	int64_t	    report_json, format;
	/* PID 1 */
	int64_t	    on_exit, watchdog_timeout;
	const char *exit_port, *watchdog;
	/* what to run */
	const char *command;
	char **argv;
};

/* What is known of a run when it is over. Figures are UNSET where this kernel has none. */
struct usage {
	int64_t memory_peak, cpu_usec, cpu_user_usec, cpu_system_usec, throttled_usec;
	int64_t memory_now, pids_now, oom_kills, oom_own, pids_peak, io_read, io_write;
};

enum reason { EXITED, SIGNALED, OOM, TIMED_OUT, CPU_TIME, OUTPUT, STOPPED, FAILED };

struct result {
	enum reason   reason;
	int	      status; /* nook's own exit status */
	int	      signal; /* that ended the workload, 0 for none */
	bool	      core_dumped;
	int64_t	      wall_msec;
	struct rusage rusage; /* of the whole tree, as far as it was waited for */
	struct usage  usage;
};

/* ---- messages.c, util.c: what nook says; small files, checked numbers -------------------------- */

/* What was being tried; chooses the verb of the message (VERBS of messages.tab, in this order) and, with errno,
 * the hint. */
enum attempt {
	TO_OPEN, TO_READ, TO_WRITE, TO_MAKE, TO_MOUNT, TO_LIMIT, TO_ATTACH, TO_CLONE, TO_JOIN,
	TO_ENTER_ROOT, TO_USE, TO_SET, TO_RUN, TO_FIND, TO_CHDIR, TO_TERMINAL, TO_SCHEDULE, TO_HAND_DOWN, TO_FILTER,
	TO_MAP, TO_BECOME,
	REFUSED,
};

/* Called by fail() and refuse() with the finished message, "" for none; must not return. Set by
 * launcher.c alone. */
extern noreturn void (*fail_hook)(int status, const char *message);

/* Formats with %s %d %u %x %lld only, into a buffer that is reused four calls later; cuts what is
 * longer than a path. */
char *textf(const char *fmt, ...) printf_like(1, 2);

/* One line, "nook: ...", on standard error in one write(2), which never blocks for long. Bytes of
 * a %s outside printable ASCII become \xNN, here and in fail(). */
void say(const char *fmt, ...) printf_like(1, 2);
void say_plain(const char *text);
void print(const char *fmt, ...) printf_like(1, 2);
void print_text(const char *text); /* as it is, of any length */
noreturn void print_end(int status); /* exits with it, or 125 when it could not all be written */

/* "cannot <verb> <object>: <errno>", a hint if there is one, then fail_hook with 125, or 126 and 127
 * for a command that cannot be run. Says nothing of errno when it is 0. */
noreturn void fail(enum attempt what, const char *fmt, ...) printf_like(2, 3);
/* The same with a text of messages.tab, where no errno explains. */
noreturn void refuse(enum text text, ...);

/* A whole small file, terminated, in a buffer that the next call uses again. NULL with errno: EFBIG
 * for 64 KiB and more. dir may be AT_FDCWD. */
char *file_read(int dir, const char *path);
char *file_rest(int fd); /* of one that is open, and then closed; of -1, NULL */
/* Writes text to an existing file in one write(2). Returns -1 with errno. */
int file_write(int dir, const char *path, const char *text);
int file_put(int dir, const char *path, int how, const char *text); /* the same, opened so: returns it, behind the text */

/* Number of leading digits as a checked number. Returns NULL on overflow or no digit, else the end. */
const char *digits(const char *text, int64_t *out);
const char *find_text(const char *text, const char *what); /* strstr(3) */
char	   *find_char(const char *text, char c);	    /* strchr(3) */
char	   *find_byte(const char *bytes, char c, size_t len); /* memchr(3) */
size_t	    span_of(const char *text, const char *set);	    /* strspn(3) */
size_t	    span_until(const char *text, const char *set);    /* strcspn(3) */
char	   *next_word(char **rest, const char *separators);   /* strsep(3) */
void	    set_text(char *to, const char *from);	    /* strcpy(3): what is known to fit */
/* Index of word in a list separated by sep, -1 when absent; word ends at len. */
int word_index(const char *list, char sep, const char *word, size_t len);
/* The nth word of such a list and its length; NULL past the end. */
const char *word_at(const char *list, char sep, int n, size_t *len);
/* Cuts at the first newline; returns text. */
char *first_line(char *text);
/* Sum of the numbers after key where it starts a word; UNSET when there is none. "": the number
 * that the text starts with. */
int64_t	    sum_after(const char *text, const char *key);
uint64_t    hex(const char *text); /* of the leading digits, lower case */
bool	    starts_with(const char *text, const char *prefix);
/* False only for ENOENT and ENOTDIR: what cannot be looked at is there. */
bool exists(int dir, const char *path);
/* The disposition of a signal to the default, for those the caller ignored. */
int signal_default(int sig);
/* Copies len bytes and terminates; false when it does not fit. */
bool copy(char *to, size_t size, const char *from, size_t len);

/* Bytes as 500m: four or five digits at most, rounded down; by textf. */
const char *size_text(int64_t n);

/* The nth packed text of settings.tab and messages.tab (build/tables.h). */
const char *text_of(unsigned n);
/* strerror(3) for the errnos that matter here; others as "error N". Valid until the next call. */
const char *error_text(int err);
/* The nth of ERRNO_NAMES; 0 for none such. */
int error_number(int n);

/* The names in a directory, by getdents64(2): the libc's reader would bring its allocator. */
struct listing {
	int  dir; /* to be closed by the caller */
	long have, used;
	char buf[2048] __attribute__((aligned(8)));
};
/* The next of that type (DT_DIR or such) but hidden ones; NULL at the end. */
const char *next_entry(struct listing *l, uint8_t type);

/* Closes all descriptors from first on, or marks them to be closed by execve: close_range(2), 5.9, or by
 * the list of them, /proc/self/fd, opened here for -1, and closed then. False with errno. */
bool close_from(unsigned first, bool mark, int all);

/* The value of a variable of the caller's, NULL when it has none. */
const char *variable(const char *name);

/* Of a pipe or a pair of sockets: is its other end closed everywhere? */
bool nobody_reads(int channel);

void nap(int msec);
/* Milliseconds of CLOCK_MONOTONIC. */
int64_t now_msec(void);

/* /proc/self/mountinfo (proc_pid_mountinfo(5)), line by line. */
struct mountinfo {
	int    fd;
	size_t have, used;
	/* the fields of the current line, octal escapes decoded */
	int64_t id, parent;
	char   *root, *point, *options, *type, *super;
	char   buf[8192];
};
int  mountinfo_open(struct mountinfo *m); /* -1 with errno */
bool mountinfo_next(struct mountinfo *m); /* false at the end; dies on a line too long */
bool comma_list_has(const char *list, const char *word);

/* ---- start.c: from the kernel to main ----------------------------------------------------------- */

/* Any time: getauxval(3), 0 for what the kernel did not tell. */
unsigned long auxiliary(unsigned long type);

/* ---- rest.c: a long sleep in little memory ------------------------------------------------------- */

/* What textf() and file_read() fill, and nobody needs for long. */
enum { TEXT_MAX = PATH_MAX + 64 };
extern struct rooms {
	char file[64 << 10], text[5 * TEXT_MAX]; /* only the pages that are touched are ever there */
} rooms;

/* Before a sleep without a known end: gives memory back, then makes the system call, as syscall(2).
 * all: what else is static, too (x86-64), so that no static data holds after it. */
long rest(bool all, long nr, long a, long b, long c, long d);

/* ---- settings.c, reading.c, values.c, mountings.c: the table; reading argv and file ----------- */

enum group_of { G_LIMITS, G_TIME, G_NAMESPACES, G_ROOT, G_RIGHTS, G_STREAMS, G_LIFE, G_RESULT, G_PID1 };

struct row { /* one setting of settings.tab */
	uint16_t into; /* offset in struct config */
	uint8_t	 type, group, range;
	bool	 common; /* shown by plain --help */
	bool	 opens;	 /* a wall */
	char	 letter;
};

enum mode { MODE_RUN, MODE_EXPLAIN, MODE_CHECK, MODE_LIST, MODE_STATS, MODE_STOP };

/* First thing after the descriptors are good. Touches nothing but the settings file. Prints every
 * mistake and exits 125; --help and --version exit 0. */
enum mode settings_read(int argc, char **argv, struct config *cfg, const char *file);
/* The user's name of the setting kept at this offset of struct config, for messages. */
const char *settings_name(size_t offset);
#define NAME_OF(field) settings_name(offsetof(struct config, field))
/* True when `allow-missing` names the setting or namespace: then it may be absent. Notes it for
 * the report and warns. Any other absence is the caller's to refuse. */
bool settings_excused(const struct config *cfg, const char *name);
const char *settings_missing(void); /* names excused so far, comma separated */
/* For explain: the next that is in force, and where it is from. row: NULL at first. */
struct in_force {
	const struct row  *row;
	const struct item *item; /* NULL: the default */
	const char	  *text, *preset;
};
bool settings_next(const struct config *cfg, struct in_force *s);
/* "the command line", "web.conf:7" or "default"; by textf. */
const char *settings_origin(const struct item *item);

enum type {
	T_SIZE, T_COUNT, T_CPUS, T_NUMBER, T_TIME, T_BOOL, T_WORD, T_SIGNAL, T_OCTAL, T_RESTART, T_NOTIFY,
	T_CPUSET, T_SCHEDULER,
	T_NAME, T_HOSTNAME, T_PARENT, T_PATH, T_SECCOMP, T_EXIT, T_NETWORK, T_ROOTFS, T_STREAM, T_REPORT, T_USER,
	T_COMMAND, /* lists from here on */
	T_RATE, T_ULIMIT, T_SYSCTL, T_VOLUME, T_MOUNT, T_TMPFS, T_DEVICE, T_ENV, T_GROUP, T_CAPABILITY,
	T_MISSING,
};

/* reading.c: argv and the file into assignments, which are looked at when all are known. */
struct asked { /* options of the command line that are no settings */
	const char *file, *help;
	bool	    version;
};
/* Read argv[i], and its value; return the index of the last word taken. */
int reading_letters(char **argv, int i, struct asked *asked);
int reading_long(char **argv, int i, struct asked *asked);
/* Refuses what is no regular file, too large, or everybody's. Dies. */
void reading_file(const char *path);
/* The same for any file of lines. what: "policy"; stay: the lines are still there after the next file_read. */
void reading_lines(const char *path, const char *what, bool stay, void (*line)(unsigned number, char *text));

/* settings.c for reading.c. line 0: the command line. */
const struct row *settings_by_name(const char *name, size_t len); /* NULL: none such */
const struct row *settings_by_letter(char letter);
const char *settings_name_of(const struct row *row);
const char *settings_want(const struct row *row);     /* what its value may be */
const char *settings_unknown(const char *name);	      /* why it is none, with the nearest; by textf */
bool	    settings_nearer(const char *word, const char *name, size_t *best); /* than the best so far; 0 at first */
void settings_assign(unsigned line, const struct row *row, const char *text);
/* Where a single setting is from, likewise. */
unsigned settings_line(size_t into);
/* Says one mistake; nook ends when all are said. what: "memory=lots" or an odd word; want: or NULL. */
void settings_mistake(unsigned line, const char *what, const char *why, const char *want);

/* values.c. Each reader takes the whole text; returns GOOD, or the reason it is no such value. */
enum { CPUSET_MAX = 16384 }; /* twice the most that the kernel is built for */
struct cpuset {
	uint64_t bits[CPUSET_MAX / 64];
};
struct scheduler {
	int policy, priority;
};
struct rate { /* DEV:RATE, bytes or operations a second */
	char	device[PATH_MAX];
	int64_t rate;
};
struct ulimit {
	int	      resource;
	struct rlimit limit;
};
struct mounting { /* volume, mount, tmpfs and device come down to this */
	unsigned long flags;	/* of mount(2) */
	bool	      may_miss; /* try: skip when the source is not there */
	char	      type[32], data[512], source[PATH_MAX], target[PATH_MAX];
};
struct words { /* of a command line; argv points into buf */
	char  buf[VALUE_MAX * 4];
	char *argv[WORDS_MAX];
};
enum text size_read(const char *text, int64_t *out);
enum text cpuset_read(const char *text, struct cpuset *out);
enum text exit_read(const char *text, int64_t *port); /* of isa-debug-exit; 0 for the others */
enum text scheduler_read(const char *text, struct scheduler *out);
enum text rate_read(const char *text, struct rate *out);
enum text ulimit_read(const char *text, struct ulimit *out);
enum text volume_read(const char *text, struct mounting *out);
enum text mount_read(const char *text, struct mounting *out);
enum text tmpfs_read(const char *text, struct mounting *out);
enum text device_read(const char *text, struct mounting *out);
enum text command_split(const char *text, struct words *out);
/* Any of them, by the type of a row of the table. */
union value {
	int64_t		 number;
	struct cpuset	 set;
	struct scheduler scheduler;
	struct rate	 rate;
	struct ulimit	 ulimit;
	struct mounting	 mounting;
	struct words	 words;
};
enum text value_read(enum type type, const char *text, union value *out);

/* Number of a capability, with or without CAP_, any case; -2 for "all", -1 for none such. */
int capability_number(const char *text);
/* Name of a signal without SIG, NULL when it has none; by textf. */
const char *signal_name(int sig);
int signal_number(const char *text); /* -1: none such */
/* Which private namespace a sysctl belongs to, as offset in struct config; 0 for none. */
size_t sysctl_namespace(const char *key);
/* False for an empty path, one over PATH_MAX, or with a ".." in it. */
bool path_is_plain(const char *path);

/* ---- hierarchy.c, parent.c, limits.c, cgroup.c: find or mount cgroupfs; limits; the group ---------------- */

enum controller { C_MEMORY, C_CPU, C_CPUACCT, C_CPUSET, C_PIDS, C_IO, C_FREEZER, C_COUNT };

enum { HIERARCHIES_MAX = 8 };

/* One mounted hierarchy that this run uses, and its group there. */
struct hierarchy {
	bool	 v2, passing; /* passing: the parent goes when it is empty */
	int	 made;	      /* levels of the parent that we made */
	int	 leaf;	      /* v2: of the group that we moved to ourselves, -1 */
	uint32_t controllers;  /* of ours, bit by enum controller */
	int	 root;		/* descriptor of the mount (or of the detached mount) */
	int	 dir, attach;	/* of the group, and its tasks or cgroup.procs */
	dev_t	 dev;
	char	 own[256];	/* the caller's own group, from /proc/self/cgroup */
	char	 parent[512];	/* of the group, relative to root, no leading slash */
	char	 path[640];	/* of the group: /parent/name */
};

struct cgroup {
	size_t		 count;
	char		 name[80];
	bool		 needed;    /* by a limit, a name, or for killing: it must be made */
	int		 oom_event; /* eventfd (v1) or memory.events (v2), -1 */
	short		 oom_poll;  /* what poll(2) says of it: POLLIN or POLLPRI */
	struct hierarchy at[HIERARCHIES_MAX];
};

/* hierarchy.c. Adds the hierarchy that holds controller c, mounting one if none is mounted. Returns
 * its index, -1 when this kernel offers none. */
int hierarchy_find(struct cgroup *g, enum controller c);
/* The unified one, for a group without controllers. -1 when there is none. */
int hierarchy_find_unified(struct cgroup *g);
const char *controller_name(enum controller c, bool v2);

/* v1: a 0 into tasks waits for nobody; into cgroup.procs, for an RCU grace period. */
const char *hierarchy_attach_file(const struct hierarchy *h);

/* parent.c. Is the caller's own group delegated to him? */
bool parent_is_ours(const struct hierarchy *h);
/* GROUP/NAME; the root group's are not below "/": that is the host's root. By textf. */
const char *path_below(const char *group, const char *name);
/* Before the group is made. False where that would leave a limit that holds for the caller. */
bool parent_choose(struct hierarchy *h, const struct config *cfg);
/* Made level by level, and opened. -1 with errno; ENOENT: another nook just took it away. */
int parent_open(struct hierarchy *h);
/* One level, or v1's new group: what it must have from its parent (-1 for v2). Dies. */
void parent_prepare(const struct hierarchy *h, int parent, int dir, const char *path);
/* At the end: levels that we made, and our leaf. */
void parent_leave(struct hierarchy *h);

/* limits.c. Which hierarchies the settings need; then, the group being made, the limits into it,
 * each read back. Die. */
void limits_choose(struct cgroup *g, const struct config *cfg);
void limits_write(const struct cgroup *g, const struct config *cfg);
/* At the end, before the group goes: the figures this kernel has. */
void limits_usage(const struct cgroup *g, struct usage *out);
/* What limit a group has now, UNSET for none; into: offset in struct config. */
int64_t limits_now(const struct cgroup *g, size_t into);
/* While it runs: of the whole group. UNSET where nothing counts it. */
int64_t limits_cpu_usec(const struct cgroup *g);
/* Does a group of this hierarchy, named from its root, hold a limit of a controller in use? */
bool limits_hold(const struct hierarchy *h, const char *group);
/* Where a controller of this run lives, NULL when it is not used. */
const struct hierarchy *limits_hierarchy(const struct cgroup *g, enum controller c);

/* cgroup.c. Before the clone: makes the group, writes every limit and reads it back. Dies. */
void cgroup_prepare(struct cgroup *g, const struct config *cfg);
/* In the child, first thing: joins what clone3 did not. Dies. into: what CLONE_INTO_CGROUP did. */
void cgroup_attach(const struct cgroup *g, int into);
/* Directory for CLONE_INTO_CGROUP, -1 when there is no v2 group. */
int cgroup_into(const struct cgroup *g);
/* While it runs. */
bool cgroup_oom_noticed(struct cgroup *g);
/* At the end, where something in it was killed for memory: not within a limit of the workload's own making? */
bool cgroup_oom_ours(const struct cgroup *g);
void cgroup_kill(const struct cgroup *g);
/* v1, with a SIGKILL: what is frozen dies when it thaws. */
void cgroup_thaw(const struct cgroup *g);
/* At the end, the tree being dead. Warns, never dies. */
void cgroup_remove(struct cgroup *g);
/* The same as far as nothing is in it any more, at once and without a word; the rest is left to cgroup_remove(). */
void cgroup_remove_empty(struct cgroup *g);
/* Before the next run: the hierarchies too. */
void cgroup_forget(struct cgroup *g);
/* While it runs: removes the empty groups of runs that were killed. */
void cgroup_sweep(const struct cgroup *g);

/* ---- ns.c: namespaces, clone, hostname, loopback, sysctls ---------------------------------- */

/* The CLONE_NEW* flags of the settings. */
unsigned long ns_flags(const struct config *cfg);
/* After a clone that failed with EINVAL: the flags less what is missing and excused; else dies. */
unsigned long ns_without_missing(const struct config *cfg, unsigned long flags);
/* Starts fn(arg) with flags, in the v2 group `into` unless -1. share: the caller waits until exec
 * or exit, where that can be its memory is used (CLONE_VM|CLONE_VFORK). *into becomes -1 when the kernel could not.
 * Returns the pid, -1 with errno. */
pid_t ns_spawn(int (*fn)(void *), void *arg, unsigned long flags, int *into, bool share);
noreturn void ns_spawn_failed(int err, unsigned long flags);
/* "mnt pid ... ", by textf. */
const char *ns_list(unsigned long flags);
/* Before the clone: the network namespace to join, -1 when there is none. Dies. */
int ns_open_network(const struct config *cfg);
/* Inside, before the root is assembled: network, loopback, host name. Dies. */
void ns_set_up(const struct config *cfg, unsigned long flags, int network);
int ns_loopback_up(void); /* -1 with errno */
/* Inside, with /proc mounted. Dies. */
void ns_write_sysctls(const struct config *cfg, unsigned long flags);
/* Inside, in the workload, after it has joined its group. Dies. */
void ns_unshare_cgroup(const struct config *cfg);

/* ---- userns.c: the user namespace: its gate, its ids ------------------------------------------ */

/* With the settings: yes or no, and what cannot go with it is a mistake. */
void userns_settle(struct config *cfg, enum mode mode);
/* Is nook run by an ordinary user? Then there is one id to map, and no right outside. */
bool userns_single(void);
void userns_check(const struct config *cfg);
/* In the supervisor, after the clone: maps the ids of the child, and lets it go on. Dies. */
void userns_admit(const struct config *cfg, pid_t pid, int channel);
/* In the child, first thing: waits for that. Dies. */
void userns_wait(int channel);
/* Inside, when nothing that root alone may reach is left to be opened: its id 0. Dies. */
void userns_become(void);

/* ---- devices.c: the nodes that every /dev has -------------------------------------------------- */

enum { DEVICES = 6 };
/* In the current directory: null, zero and so on. Returns the one that failed, NULL for none. */
const char *devices_make(void);
/* The same in a user namespace: the host's are opened while they are in sight (dies), then bound. */
void	    devices_open(int node[DEVICES]);
const char *devices_bind(const int node[DEVICES]);

/* ---- root.c: the mount table inside, entering the root ------------------------------------ */

/* Inside the new mount namespace: the root, /proc, /sys and /dev. userns: in a new user
 * namespace, too. Dies. */
void root_enter(const struct config *cfg, bool userns);
/* What the settings mount in it. Dies. */
void root_furnish(const struct config *cfg);
/* In the process that becomes the workload, when nothing more is made in /dev: it is read-only. Dies. */
void root_seal(const struct config *cfg);

/* ---- protect.c: what of /proc and /sys is closed ------------------------------------------------- */

/* Inside, the sysctls being written and before root_furnish. Dies. */
void protect_kernel(void);

/* ---- privs.c: rlimits, ids, capabilities, no_new_privs; the last steps before exec ---------- */

/* Any time: the capabilities that the settings ask for. */
uint64_t privs_asked(const struct config *cfg);

/* In the process that becomes the workload, with /proc mounted, in this order. Die. */
uid_t privs_find(const struct config *cfg, bool userns); /* who it will be, by the root's own files */
void privs_set_limits(const struct config *cfg);
enum filter { NO_FILTER, THE_DEFAULT, POLICY, TELLING, LEARNING }; /* the last two: what it does the supervisor is told */
void privs_drop(const struct config *cfg, enum filter filter); /* as seccomp_check has it */
/* Before that, outside, for an ordinary user: the same ids, by the files of the root in that directory. Dies. */
void privs_identify(const struct config *cfg, const char *root, uid_t *uid, gid_t *gid);
/* Umask and environment; needs the home that privs_drop has found. */
void privs_prepare(const struct config *cfg);
/* Reads /proc/self/status back and compares; resets the signals that the caller ignored. */
void privs_verify(const struct config *cfg, enum filter filter);
/* Puts a policy in force and replaces the process, or fails with 126 or 127. */
noreturn void privs_exec(const struct config *cfg, const char *directory, enum filter filter, int channel);
/* For the inner init: no capability but the one to signal its child, not dumpable. Dies. */
void privs_drop_init(void);

/* ---- logs.c: output that passes through nook --------------------------------------------------- */

enum { FLOW_MAX = 4096 };
enum sink { SINK_FILE, SINK_SYSLOG, SINK_KMSG };
struct log {
	int	    from;  /* the pipe; -1: it does not pass through nook */
	int	    to;	   /* the file; the socket, -1 when there is none now */
	enum sink   sink;
	uint8_t	    priority;
	unsigned    dropped; /* lines, or bytes of a file */
	const char *path;    /* of a file that rotates, else NULL */
	int64_t	    size;
	size_t	    have, done;
	char	   *buf; /* FLOW_MAX; apart, as a page is touched only where it is used */
};
struct logs {
	int64_t	   bytes; /* of output so far */
	bool	   over;  /* the limit */
	struct log log[2];
};
/* Before the clone: returns the workload's end of a pipe. Dies. */
int logs_pipe(struct log *l, enum sink sink, int to, const char *path, bool error);
/* In the supervisor: fills two entries; after the poll, moves what can be moved. tag: of each line. */
struct pollfd;
size_t logs_poll(const struct logs *all, struct pollfd *p);
void   logs_move(struct logs *all, const struct config *cfg, const char *tag);
/* At the end, the tree being dead: waits a second at most for who reads it. */
void logs_drain(struct logs *all, const struct config *cfg, const char *tag);

/* ---- notify.c: readiness ------------------------------------------------------------------------- */

#define NOTIFY_PATH "/dev/notify" /* inside */
struct notify {
	int	from;	  /* the socket or pipe that it speaks on, -1 */
	int	pipe[2];
	bool	ready;	  /* and told */
	bool	pidfile;  /* written */
	bool	reloading; /* the caller waits for another READY=1 */
	int64_t interval; /* of the workload's watchdog in milliseconds, 0 for none */
	int64_t fed;	  /* now_msec() */
};
/* Before the clone. Dies. */
void notify_check(struct notify *n, const struct config *cfg);
/* In the workload, before its rights are dropped. Dies. */
void notify_open(const struct config *cfg, const struct notify *n, int channel);
/* Before the next run. */
void notify_forget(struct notify *n);
/* Does anybody wait to hear that it runs? */
bool notify_wanted(const struct config *cfg);
void notify_ready(struct notify *n, const struct config *cfg); /* just once */
bool notify_read(struct notify *n, const struct config *cfg); /* false: nothing more comes */
void notify_stopping(const struct notify *n);
void notify_end(struct notify *n, const struct config *cfg);

/* ---- seccomp.c: the filter of system calls -------------------------------------------------------- */

struct test { /* of an argument's low 32 bits; op: BPF_JEQ, or BPF_JSET for any of these bits */
	uint32_t value;
	uint8_t	 op, arg;
};
enum fate { LET_THROUGH, TESTED, KEPT_OUT, ENDED };
enum { CALLS_MAX = 512 };
/* Any time: does this kernel have it? Can it tell the supervisor? */
bool seccomp_there(void);
bool seccomp_tells(void);
/* Before the clone: which, NO_FILTER if this kernel has none and that is excused. Compiles a policy. Dies. */
enum filter seccomp_check(const struct config *cfg);
/* In the workload, after the last call that it would refuse. caps: that it keeps. Dies. */
void seccomp_load(uint64_t caps);
/* The same for a policy: no call but execve is nook's after it, which must carry both halves of the key as its
 * last two arguments. channel: gets what tells the supervisor. */
void	 seccomp_load_policy(enum filter filter, int channel);
uint32_t seccomp_key(size_t half);

/* For policy.c. All calls as the default has them; policy: what it does not name is refused; learn: all is told. */
void seccomp_begin(uint64_t caps, bool policy, bool learn);
/* What becomes of a call: from now on, or with tests, where these fit. SECCOMP_RET_ALLOW: as the default lets it through. */
void   seccomp_set(size_t call, uint32_t action, size_t first, size_t count);
void   seccomp_add_test(const struct test *t);
size_t seccomp_tests(void); /* so far */
void   seccomp_compile(void); /* dies where it is too much for the kernel */
bool   seccomp_is_denied(size_t call); /* by the default */
int    seccomp_group(size_t call); /* of CALL_GROUPS, -1: no such call */
enum fate seccomp_fate(size_t call);
/* The names, the first after NULL, and which calls they are, in the order of the numbers; those that only other
 * architectures have come last, and are in no group. *call: SIZE_MAX at first. */
const char *seccomp_next(const char *name, size_t *call);
const char *seccomp_name(size_t call);
size_t	    seccomp_call(int number);

/* ---- policy.c: a policy for it, read, explained, learnt -------------------------------------------- */

enum filter policy_kind(const struct config *cfg);
/* With the settings; explain: also the default. */
void policy_read(const struct config *cfg, bool explain);
void policy_explain(const struct config *cfg);
/* In the supervisor, when poll(2) has something to say of the listener: notes the call, and answers or kills. */
struct run;
void policy_answer(struct run *r, short events);
/* At the end: what was learnt. Warns. */
void policy_write(const struct config *cfg);

/* ---- streams.c, terminal.c: standard streams, the terminal of -t ------------------------------ */

struct streams {
	int fd[3]; /* what becomes 0, 1 and 2 of the workload; -1: inherited */
};
/* As the caller, before anything changes. Dies. */
void streams_open(struct streams *s, struct logs *logs, const struct config *cfg);
/* In the workload. Die. */
void streams_use(const struct streams *s);
/* In the workload: opens a pty inside and sends its master over the channel. Dies. */
void terminal_open(int channel, uid_t owner);

/* Sends a descriptor over the channel. Dies. */
void terminal_send(int channel, int fd);

struct terminal {
	int  master; /* -1: none */
	bool input;  /* the keyboard is passed on */
	struct flow {
		size_t have, done;
		char  *buf; /* FLOW_MAX; apart, as a page is touched only where it is used */
	} in, out;
};
/* Before the clone: there must be one to pass on. Dies. */
void terminal_check(const struct config *cfg);
/* In the supervisor, the child having been started: takes the master from the channel. False when
 * the child ended before it came; then *m holds what it said. */
struct message;
bool terminal_take(struct terminal *t, int channel, struct message *m);
/* The same for any descriptor: -1 when the child ended before. */
int terminal_receive(int channel, struct message *m);
void terminal_resize(const struct terminal *t);
/* Sets the caller's terminal back; harmless when it was never touched. */
void terminal_restore(void);
/* Fills at most two entries; returns how many. Then, after the poll, moves what can be moved. */
size_t terminal_poll(const struct terminal *t, struct pollfd *p);
void   terminal_move(struct terminal *t);
/* At the end: what the workload wrote last. */
void terminal_drain(struct terminal *t);

/* ---- supervise.c: wait, forward, reap, time limits, stop ----------------------------------- */

/* What the child and the inner init tell the supervisor over the channel. */
struct message {
	enum { M_NOTHING, M_STARTED, M_FAILED, M_ENDED } kind;
	int  status; /* exit status for M_FAILED, wait status for M_ENDED */
	char text[MESSAGE_MAX];
};

enum last_act { POWER_OFF, REBOOT, SHELL, BY_SETTINGS }; /* the first three as `on-exit` has them */

struct run { /* the large last: small offsets make short instructions */
	char		   **argv; /* of nook itself */
	const struct config *cfg;
	unsigned long	     flags;   /* CLONE_NEW* */
	int		     network; /* namespace to join, -1 */
	int		     channel[2];
	int		     into; /* v2 group the clone goes into, -1 */
	pid_t		     pid;  /* of the child, 0 before and after */
	int64_t		     started; /* now_msec() */
	int64_t		     delay;   /* before the next start, milliseconds; 0 at first */
	uint32_t	     restarts;
	enum filter	     filter;  /* of system calls */
	int		     listener; /* tells what calls it refuses, -1 */
	size_t		     refused; /* the call that one was killed for, and 1 */
	bool		     quiet;   /* said that it starts again, and it has not been up for long since */
	bool		     stopped; /* somebody asked nook to end */
	int		     signals; /* signalfd */
	int		     watchdog; /* -1: none */
	enum last_act	     act;      /* as PID 1, in the end */
	struct streams	     streams;
	struct notify	     notify;
	struct result	     result;
	struct logs	     logs;
	struct terminal	     terminal;
	const char	    *directory; /* it starts in */
	struct message	     said; /* by the child, over the channel; kind M_NOTHING at first */
	struct cgroup	     group;
};

/* The supervisor's loop: returns when the child is over and everything in it dead. Never dies. */
void supervise(struct run *r);
/* Shall it be started again? */
bool supervise_again(struct run *r);
/* Waits before that. False when asked to end meanwhile. */
bool supervise_pause(struct run *r);
/* Also in the inner init: whoever of them has ended, or -1. SIGCHLD is not told twice: a failure that cannot be is
 * no reason to wait for ever. */
pid_t supervise_take_ended(pid_t pid, int *status, struct rusage *usage);

/* ---- inside.c: the inner init ------------------------------------------------------------------- */

/* What the inner init gets when the supervisor has died, and no PID namespace ends the tree. */
enum { ORPHANED = 64 };
/* Forwards, reaps, and exits with the workload. gate: where that waits, or 0. */
noreturn void inside_supervise(struct run *r, pid_t workload, int gate);

/* ---- init.c: the duties of PID 1 ----------------------------------------------------------------- */

bool init_is_us(void);
/* First thing as PID 1: file systems, console. What fails is done without. */
void init_prepare(void);
/* Before the settings are read: the file that holds them, NULL for none. */
const char *init_settings_file(void);
/* Any time: whether a signal asks PID 1 to end the machine, and how. */
bool init_asked(int sig, enum last_act *act);
/* Last thing: says the result where it is asked for, and ends the machine; signals: the signalfd. */
noreturn void init_end(const struct config *cfg, const struct result *result, enum last_act act, int signals);
/* The watchdog: opened before the clone, fed while it runs, closed so that it does not bite. */
/* Any time: the path itself, or of virtio:NAME that of the virtio-serial port so named, by textf;
 * NULL when there is none. */
const char *init_port(const char *path);
int  init_watchdog(const struct config *cfg); /* -1: none. Dies */
void init_feed(int watchdog);
void init_release(int watchdog);

/* ---- explain.c: nook explain ------------------------------------------------------------------------ */

/* Prints what is in force, the steps, and what is open beyond the defaults; exits. */
noreturn void explain(const struct config *cfg);

/* ---- check.c: nook check ---------------------------------------------------------------------------- */

/* Says whether each need of the settings is met here; exits 0, or 1. */
noreturn void check(struct cgroup *g, const struct config *cfg);
/* Called by the modules for each. name: of the setting, which allow-missing may excuse; or NULL. */
void check_need(const char *name, bool there, const char *what, const char *needs);
void ns_check(const struct config *cfg);
void cgroup_check(struct cgroup *g, const struct config *cfg);
void limits_check(struct cgroup *g, const struct config *cfg);

/* ---- list.c: nook list, stats and stop; each exits ------------------------------------------------ */

noreturn void list_all(const struct config *cfg);
noreturn void list_stats(const struct config *cfg, int signals);
noreturn void list_stop(const struct config *cfg);

/* ---- report.c: what happened, as key=value or JSON ------------------------------------------ */

/* Before the clone: can it be written? Dies. */
void report_check(const struct config *cfg);
/* The same for a file, by the path of it. Dies. setting: for the message */
void report_check_place(const char *path, const char *setting);
/* Written whole and renamed. -1 with errno. */
int report_replace(const char *path, const char *text, size_t len);
const char *report_reason(enum reason reason);
/* At the end. Warns when it cannot be written. */
void report_write(struct run *r);

#endif

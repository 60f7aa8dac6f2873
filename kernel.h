/* SPDX-License-Identifier: ISC */
/*
 * kernel.h - kernel interfaces newer than the oldest headers nook is built with, in one place
 *
 * Each is probed at run time and replaced, or refused by name, where the kernel lacks it.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>
#include <sys/syscall.h>

/* One table of numbers serves all architectures since 5.0, but for mips, which adds an offset. */
#if defined(__mips__)
#define NR_BASE 4000
#else
#define NR_BASE 0
#endif
#ifndef SYS_fsopen
#define SYS_fsopen (NR_BASE + 430)
#define SYS_fsconfig (NR_BASE + 431)
#define SYS_fsmount (NR_BASE + 432)
#endif
#ifndef SYS_clone3
#define SYS_clone3 (NR_BASE + 435)
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal (NR_BASE + 424)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open (NR_BASE + 434)
#endif
#ifndef SYS_close_range
#define SYS_close_range (NR_BASE + 436)
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr (NR_BASE + 442)
#endif

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#define CLONE_INTO_CGROUP 0x200000000ULL /* 5.7 */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4u /* 5.11 */
#endif

/* fsopen(2) and its kin, 5.2 */
#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#define FSMOUNT_CLOEXEC 1
#define FSCONFIG_SET_FLAG 0
#define FSCONFIG_CMD_CREATE 6
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x01
#define MOUNT_ATTR_NOSUID 0x02
#define MOUNT_ATTR_NODEV 0x04
#define MOUNT_ATTR_NOEXEC 0x08
#endif

/* Ids and groups of 32 bits: the plain call on newer architectures, its own on i386, arm and so on.
 * The libc's functions would first stop all threads; there are none. */
#ifdef SYS_setresuid32
#define NR_setresuid SYS_setresuid32
#define NR_setresgid SYS_setresgid32
#define NR_setgroups SYS_setgroups32
#define NR_fchown SYS_fchown32
#else
#define NR_setresuid SYS_setresuid
#define NR_setresgid SYS_setresgid
#define NR_setgroups SYS_setgroups
#define NR_fchown SYS_fchown
#endif

#ifdef SYS_chmod
#define sys_chmod(path, mode) ((int)syscall(SYS_chmod, path, mode))
#else
#define sys_chmod(path, mode) ((int)syscall(SYS_fchmodat, AT_FDCWD, path, mode))
#endif

/* System calls whose libc function brings much along that nook has no use for: emulation for kernels
 * before 2.6.27, variable arguments, cancellation. Same arguments, same errno. */
#ifdef SYS_fcntl64
#define sys_fcntl(fd, command, arg) ((int)syscall(SYS_fcntl64, fd, command, arg))
#else
#define sys_fcntl(fd, command, arg) ((int)syscall(SYS_fcntl, fd, command, arg))
#endif
#define sys_openat(dir, path, ...)   sys_openat_(dir, path, __VA_ARGS__, 0)
#define sys_openat_(dir, path, flags, mode, ...) ((int)syscall(SYS_openat, dir, path, (flags) | O_LARGEFILE, mode))
/* On 64 bits the libc's struct stat is the kernel's. */
#ifdef __LP64__
#define sys_fstatat(dir, path, st, flags) ((int)syscall(SYS_newfstatat, dir, path, st, flags))
#else
#define sys_fstatat(dir, path, st, flags) fstatat(dir, path, st, flags)
#endif
#define sys_fstat(fd, st)   sys_fstatat(fd, "", st, AT_EMPTY_PATH)
#define sys_stat(path, st)  sys_fstatat(AT_FDCWD, path, st, 0)
#define sys_lstat(path, st) sys_fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW)
#define sys_fchdir(fd)		    ((int)syscall(SYS_fchdir, fd))
#define sys_ioctl(fd, command, arg) ((int)syscall(SYS_ioctl, fd, command, arg))
#define sys_prctl(...)		    ((int)syscall(SYS_prctl, __VA_ARGS__))
#define sys_pipe2(fds, flags)	    ((int)syscall(SYS_pipe2, fds, flags))
#define sys_dup3(from, to, flags)   ((int)syscall(SYS_dup3, from, to, flags))

/* poll(2) for rest(): newer architectures have but ppoll(2). */
#ifdef SYS_poll
#define POLL_CALL(p, n, msec) SYS_poll, (long)(p), (long)(n), msec, 0
#else
#define POLL_CALL(p, n, msec) SYS_ppoll, (long)(p), (long)(n), \
	(msec) < 0 ? 0 : (long)(long[]){ (msec) / 1000, (msec) % 1000 * 1000000L }, 0
#endif

/* On 32 bits there are two: for times of 64 bits (5.1), and of 32, which a kernel without
 * COMPAT_32BIT_TIME lacks. */
#ifdef SYS_rt_sigtimedwait_time64
#define NR_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#else
#define NR_rt_sigtimedwait SYS_rt_sigtimedwait
#endif

/* clone3(2), 5.3; cgroup 5.7 */
struct clone3 {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

/* 5.10; in statfs(2) by another number than in mount(2) */
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000
#endif

/* mount_setattr(2), 5.12 */
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
struct mount_set {
	uint64_t set, clear, propagation, userns;
};

#endif

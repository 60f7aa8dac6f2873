#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# root_test.sh - the root inside: what it is made of, what is mounted in it, and what it cannot reach
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

missing_hint='nook: hint: the source or the mount point is missing; make it in the root'
kind_hint='nook: hint: a file goes on a file, a directory on a directory, never on a link'
link_hint='nook: hint: no mount point is reached over a symbolic link; name the real path'

clean_up()
{
	sweep none-by-name
}

# refused MESSAGE NOOK-ARGUMENT...: it does not start
refused()
{
	message=$1
	shift
	fails 125 "$message" "$@" -- /bin/sh -c 'echo ran'
}

# ---- rootfs: where it may lie -----------------------------------------------------------------------

root_case rootfs__plain_directory 'a root of toybox and glibc in a directory is / inside, and the host is not to be seen'
rootfs__plain_directory_body()
{
	atf_check -s exit:0 -o ignore -e empty "$(atf_get_srcdir)/../rootfs/build" root
	echo marker >outside
	note_host outside
	says '/\nmade by rootfs/build, which may replace it\n' --rootfs root -- /bin/sh -c 'pwd; cat /etc/nook-root'
	fails 1 "cat: $PWD/outside: No such file or directory\n" --rootfs root -- cat "$PWD/outside"
	says '' --rootfs root -- /bin/sh -c 'echo written >/tmp/written'
	atf_check -s exit:0 -o inline:'written\n' -e empty cat root/tmp/written
	host_as_noted
}

# The type of what is mounted on / inside, and whether it can be written.
look_at_root='
	while read -r _ _ _ _ at rest; do
		[ $at != / ] || { rest=${rest#* - }; echo ${rest%% *}; }
	done </proc/self/mountinfo
	if { echo inside >/tmp/new; } 2>/dev/null; then cat /tmp/new; else echo read-only; fi'

root_case rootfs__tmpfs 'a root on a tmpfs'
rootfs__tmpfs_body()
{
	export look_at_root
	mkdir mnt
	tiny_root tree
	note_host tree mnt
	in_mounts 'tmpfs\ninside\ninside\n' 'mount -t tmpfs none mnt; cp -a tree/. mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "$look_at_root"; cat mnt/tmp/new'
	host_as_noted
}

root_case rootfs__ext4 'a root on an ext4 image'
rootfs__ext4_body()
{
	export look_at_root
	mkdir mnt
	tiny_root tree
	truncate -s 16m image
	atf_check -s exit:0 -o ignore -e ignore mkfs.ext4 -q -d tree image
	note_host tree mnt
	in_mounts 'ext4\ninside\ninside\n' 'mount -o loop image mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "$look_at_root"; cat mnt/tmp/new'
	host_as_noted
}

root_case rootfs__overlay 'a root on an overlay: what is written goes to the upper directory'
rootfs__overlay_body()
{
	export look_at_root
	mkdir layers mnt
	tiny_root tree
	note_host tree mnt
	in_mounts 'overlay\ninside\ninside\n' 'mount -t tmpfs none layers; mkdir layers/upper layers/work
	    mount -t overlay -o lowerdir=tree,upperdir=layers/upper,workdir=layers/work none mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "$look_at_root"; cat layers/upper/tmp/new'
	host_as_noted
}

root_case rootfs__squashfs 'a root that nobody can write to needs no writing to be entered'
rootfs__squashfs_body()
{
	export look_at_root
	mkdir mnt
	tiny_root tree
	atf_check -s exit:0 -o ignore -e ignore mksquashfs tree image -quiet -no-progress
	note_host tree mnt
	in_mounts 'squashfs\nread-only\n' 'mount -o loop image mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "$look_at_root"'
	host_as_noted
}

root_case rootfs__mount_is_read_only 'a root whose own mount is read-only does not become writable'
rootfs__mount_is_read_only_body()
{
	export look_at_root
	mkdir mnt
	tiny_root tree
	note_host tree
	in_mounts 'ext4\nread-only\n' 'mount --bind tree mnt; mount -o remount,bind,ro mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "$look_at_root" | sed s/.*fs$/ext4/'
	host_as_noted
}

root_case rootfs__mount_is_noexec 'a root whose own mount is noexec does not become executable'
rootfs__mount_is_noexec_body()
{
	mkdir mnt
	tiny_root tree
	note_host tree
	export nook
	atf_check -s exit:126 -o empty -e inline:'nook: cannot run /bin/true: Permission denied
nook: hint: it is not executable, or its file system is mounted noexec
' unshare -m --propagation private sh -euc 'mount --bind tree mnt; mount -o remount,bind,noexec mnt
	    exec "$nook" --rootfs mnt -- /bin/true'
	host_as_noted
}

root_case rootfs__mount_is_noatime 'other flags of its mount stay, and nosuid and nodev are added'
rootfs__mount_is_noatime_body()
{
	mkdir mnt
	tiny_root tree
	note_host tree
	in_mounts 'rw,nosuid,nodev,noatime\n' 'mount -t tmpfs -o noatime none mnt; cp -a tree/. mnt
	    "$nook" --rootfs mnt -- /bin/sh -c "read -r _ _ _ _ at options _ </proc/self/mountinfo; echo \$options"'
	host_as_noted
}

root_case rootfs__spellings 'relative, with a slash at the end, with .., over a link: all are the same root'
rootfs__spellings_body()
{
	tiny_root root
	echo this >root/etc/which
	ln -s root link
	note_host root
	for path in root ./root root/ "$PWD/root//" root/../root root/. link link/ "$PWD/link"; do
		says 'this\n' --rootfs "$path" -- cat /etc/which
	done
	host_as_noted
}

root_case rootfs__missing 'what is not there, or no directory, is refused by name'
rootfs__missing_body()
{
	echo text >file
	mkfifo fifo
	ln -s nowhere dangling
	ln -s loop loop
	note_host file
	for path in nowhere "$PWD/no/where" dangling; do
		refused "nook: cannot change root to $path: No such file or directory
nook: hint: rootfs/build DIR makes a root; rootfs = scratch needs none
" --rootfs "$path"
	done
	for path in file "$PWD/file" fifo file/; do
		refused "nook: cannot change root to $path: Not a directory
nook: hint: a root is a directory
" --rootfs "$path"
	done
	fails 125 'nook: cannot change root to loop: Too many levels of symbolic links\n' --rootfs loop -- true
	# of a path longer than a message may be, why is told all the same
	long=$(printf '/%0200d%0200d%0200d%0200d%0200d' 1 2 3 4 5)
	atf_check -s exit:125 -o empty -e match:'^nook: cannot change root to /0*1.*0: File name too long$' "$nook" --rootfs "$long" -- true
	host_as_noted
}

root_case rootfs__empty_directory 'an empty directory lacks its mount points'
rootfs__empty_directory_body()
{
	mkdir root
	note_host root
	refused "nook: cannot mount proc on /proc: No such file or directory\n$missing_hint\n" --rootfs root
	host_as_noted
}

root_case rootfs__lacks_proc 'a root without /proc or /dev is refused, and nothing is made in it'
rootfs__lacks_proc_body()
{
	tiny_root root
	rmdir root/proc
	note_host root
	refused "nook: cannot mount proc on /proc: No such file or directory\n$missing_hint\n" --rootfs root
	host_as_noted
	mkdir root/proc
	rmdir root/dev
	note_host root
	refused "nook: cannot mount tmpfs on /dev: No such file or directory\n$missing_hint\n" --rootfs root
	host_as_noted
}

root_case rootfs__lacks_sys 'a root without /sys does without it'
rootfs__lacks_sys_body()
{
	tiny_root root
	rmdir root/sys
	note_host root
	says 'ran\n' --rootfs root -- /bin/sh -c '[ ! -e /sys ] && echo ran'
	host_as_noted
}

root_case rootfs__host_root 'the host root, asked for by name'
rootfs__host_root_body()
{
	echo marker >outside
	note_host outside
	says 'marker\n' --rootfs / -- cat "$PWD/outside"
	host_as_noted
}

root_case rootfs__exact_mounts 'these are mounted inside, with these flags, and nothing else'
rootfs__exact_mounts_body()
{
	tiny_root root
	mkdir shared
	note_host root shared
	atf_check -s exit:0 -o inline:'/ rw,nosuid,nodev
/dev ro,nosuid,noexec
/dev/pts rw,nosuid,noexec
/dev/shm rw,nosuid,nodev,noexec
/mnt ro,nosuid,nodev
/proc rw,nosuid,nodev,noexec
/sys ro,nosuid,nodev,noexec
/tmp rw,nosuid,nodev
' -e empty -x '"'"$nook"'" --rootfs root -v "$PWD/shared:/mnt:ro" --tmpfs /tmp -- cat /proc/self/mountinfo |
	    while read -r _ _ _ _ at options _; do echo "$at ${options%,relatime}"; done | grep -v "^/proc/\|^/sys/" | sort'
	host_as_noted
}

# ---- the old root cannot be reached -----------------------------------------------------------------

root_case old_root__unreachable 'no path, .., descriptor or link in /proc leads to the host'
old_root__unreachable_body()
{
	tiny_root root
	mkdir shared
	echo secret >marker
	ln -s "$PWD/marker" root/tmp/absolute
	ln -s ../../../../../../../../../..//"$PWD/marker" root/tmp/relative
	note_host marker
	says '' --rootfs root -v "$PWD/shared:/mnt" -e "AT=$PWD/marker" -- /bin/sh -c 'exec 2>/dev/null
	    for top in "" /.. /../.. /../../../../../../.. /mnt/.. /mnt/../../.. /mnt/../../../../../../..; do
		cat "$top$AT" && echo "through $top"
	    done
	    for top in /proc/[0-9]*/root /proc/[0-9]*/cwd /proc/[0-9]*/fd/*; do
		for up in "" /.. /../../.. /../../../../../../../..; do
			cat "$top$up$AT" && echo "through $top$up"
		done
	    done
	    cat /tmp/absolute /tmp/relative && echo "through a link"
	    cd / && cd .. && cd ../.. && cat ".$AT" && echo "through the working directory"
	    exit 0'
	host_as_noted
}

root_case old_root__caller_elsewhere 'nor does it where the caller stands in another directory, with descriptors open'
old_root__caller_elsewhere_body()
{
	tiny_root root
	mkdir -p a/b
	echo secret >a/marker
	note_host a
	root=$PWD/root
	cd a/b || atf_fail 'no directory'
	says '/\n' --rootfs "$root" -- /bin/sh -c 'pwd; cat ../marker ../../a/marker 2>/dev/null; exit 0' 8<.. 9<"$PWD"
	for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		status=0
		"$nook" --rootfs "$root" -w "/proc/self/fd/$fd" -- /bin/sh -c 'cat marker ../marker' \
		    8<.. 9<"$PWD" >out 2>err || status=$?
		atf_check -s exit:0 -o empty -e empty cat out
		[ "$status" != 0 ] || atf_fail "descriptor $fd as the working directory leads outside"
	done
	cd ../..
	rm a/b/out a/b/err
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case old_root__chroot_escape 'the way out of a chroot, with the right to it, leads nowhere'
old_root__chroot_escape_body()
{
	echo secret >marker
	note_host marker
	cat >escape.py <<-'END'
		import os, sys
		root = os.open("/", os.O_RDONLY)
		os.mkdir("/tmp/deeper")
		os.chroot("/tmp/deeper")
		os.fchdir(root)
		for i in range(64):
		    os.chdir("..")
		os.chroot(".")
		print("out" if os.path.exists(sys.argv[1]) else "in")
	END
	says 'in\n' --rootfs scratch -v /usr:ro -v /bin:ro -v /lib:ro -v /lib64:ro,try --tmpfs /tmp \
	    -v "$PWD/escape.py:/escape.py" --cap-add sys_chroot -- /usr/bin/python3 /escape.py "$PWD/marker"
	host_as_noted
}

root_case old_root__unmount 'with the right to unmount, nothing of the host comes to light'
old_root__unmount_body()
{
	tiny_root root
	echo secret >marker
	note_host marker
	says 'over\n' --rootfs root --cap-add sys_admin -e "AT=$PWD/marker" -- /bin/sh -c '
	    for i in 1 2 3; do
		for at in /dev/pts /dev/shm /dev /sys /proc /; do
			/bin/busybox umount -l $at
			cat "$AT" "/../$AT" "/proc/1/root/$AT" && echo out
		done
	    done 2>/dev/null
	    echo over'
	host_as_noted
}

# ---- no mount leaks to the host ---------------------------------------------------------------------

root_case leak__shared_host 'on a host that shares its mounts, none of ours appears there, then or later'
leak__shared_host_body()
{
	tiny_root root
	mkdir shared
	note_host
	export nook
	atf_check -s exit:0 -o empty -e empty unshare -m --propagation shared sh -euc '
	    cat /proc/self/mountinfo >before
	    {
		tries=0
		until [ -e shared/up ] || [ $tries = 500 ]; do tries=$((tries + 1)); sleep 0.02; done
		cat /proc/self/mountinfo >during
	    } | "$nook" --rootfs root -v "$PWD/shared:/mnt" -v "$PWD/shared:/home/user" --tmpfs /tmp \
		--cap-add sys_admin -- /bin/sh -c "
		/bin/busybox mount -t tmpfs none /home/user && echo >/mnt/up
		cat >/dev/null"
	    cat /proc/self/mountinfo >after
	    test -e shared/up
	    cmp before during
	    cmp before after'
	host_as_noted
}

root_case leak__host_tree 'the same where the workload has the tree of the host'
leak__host_tree_body()
{
	mkdir shared
	note_host
	export nook
	atf_check -s exit:0 -o empty -e empty unshare -m --propagation shared sh -euc '
	    cat /proc/self/mountinfo >before
	    "$nook" --tmpfs "$PWD/shared" -- sh -c "grep -q \" $PWD/shared \" /proc/self/mountinfo; : >shared/new"
	    cat /proc/self/mountinfo >after
	    test ! -e shared/new
	    cmp before after'
	host_as_noted
}

# ---- rootfs = scratch -------------------------------------------------------------------------------

root_case scratch__volumes 'a tmpfs with just the volumes, files and directories; their mount points are made'
scratch__volumes_body()
{
	tiny_root tree
	mkdir -p data/sub
	echo one >data/sub/file
	echo two >file
	note_host tree data file
	says '/:\nbin\ndeep\ndev\netc\nproc\nsys\n/deep:\ner\n/deep/er:\ndata\none\ntwo\n' --rootfs scratch \
	    -v "$PWD/tree/bin:/bin" -v "$PWD/data:/deep/er/data" -v "$PWD/file:/etc/file" -- \
	    /bin/sh -c 'ls / /deep /deep/er | sed "/^$/d"; cat /deep/er/data/sub/file /etc/file'
	says 'tmpfs rw,nosuid,nodev\n755 0:0\n' --rootfs scratch -v "$PWD/tree/bin:/bin" -- /bin/sh -c '
	    while read -r _ _ _ _ at options _ type _; do
		[ $at != / ] || echo $type ${options%,relatime}; done </proc/self/mountinfo
	    /bin/busybox stat -c "%a %u:%g" /'
	host_as_noted
}

root_case scratch__writable 'it can be written, is new every time, and with read-only cannot'
scratch__writable_body()
{
	tiny_root tree
	note_host tree
	for time in first second; do
		says 'new\n' --rootfs scratch -v "$PWD/tree/bin:/bin" -- \
		    /bin/sh -c '[ ! -e /new ] && echo new >/new && cat /new'
	done
	atf_check -s exit:2 -o empty -e inline:"/bin/sh: can't create /new: Read-only file system\n" \
	    "$nook" --rootfs scratch --read-only -v "$PWD/tree/bin:/bin" -v "$PWD/tree/tmp:/tmp" -- \
	    /bin/sh -c 'echo >/tmp/new || exit 3; echo >/new && exit 4; exit 2'
	rm tree/tmp/new
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case scratch__empty 'without a volume there is nothing to run'
scratch__empty_body()
{
	note_host
	fails 127 'nook: cannot run /bin/true: No such file or directory\n' --rootfs scratch -- /bin/true
	fails 127 'nook: cannot run true: not found in PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
' --rootfs scratch -- true
	host_as_noted
}

root_case scratch__directory_of_that_name 'a directory named scratch can be named'
scratch__directory_of_that_name_body()
{
	tiny_root scratch
	note_host scratch
	says 'ran\n' --rootfs ./scratch -- /bin/sh -c 'echo ran'
	host_as_noted
}

# ---- read-only --------------------------------------------------------------------------------------

write_everywhere='
	for at in / /bin /etc /tmp /home/user /mnt /dev /dev/shm; do
		{ true >$at/new; } 2>/dev/null && echo $at
	done; exit 0'

root_case read_only__rootfs 'nothing of the root can be written, made, changed or removed; volumes and /dev can'
read_only__rootfs_body()
{
	tiny_root root
	mkdir shared
	note_host root
	says '/mnt\n/dev/shm\n' --rootfs root --read-only -v "$PWD/shared:/mnt" -- /bin/sh -c "$write_everywhere"
	rm shared/new
	says 'none\n' --rootfs root --read-only -- /bin/sh -c '
	    for try in "chmod 700 /etc" "rm -f /etc/passwd" "mkdir /new" "mv /etc /cte" "ln /bin/busybox /new" \
		"touch /etc" "chown 1 /etc" "mknod /new p" "truncate -s 0 /etc/passwd" "mount -o remount,rw /"; do
		/bin/busybox $try 2>/dev/null && echo "$try"
	    done
	    echo none'
	host_as_noted
}

root_case read_only__no 'the default is writable'
read_only__no_body()
{
	tiny_root root
	note_host
	says '/\n/bin\n/etc\n/tmp\n/home/user\n/mnt\n/dev/shm\n' --rootfs root -- /bin/sh -c "$write_everywhere"
	host_as_noted
}

root_case read_only__host_tree 'the tree of the host with all that is mounted in it, but for the volumes'
read_only__host_tree_body()
{
	mkdir mounted shared
	note_host shared
	says '' --read-only -- sh -c 'for at in / /etc /tmp /root "$1"; do
	    { true >"$at/nook.new"; } 2>/dev/null && echo $at; done; exit 0' - "$PWD"
	in_mounts 'sh: 1: cannot create mounted/new: Read-only file system\n' 'mount -t tmpfs none mounted
	    "$nook" --read-only -- sh -c "{ echo >mounted/new; } 2>&1" || true
	    echo >mounted/still'
	host_as_noted
}

root_case read_only__host_tree_with_volumes 'a volume in it can be written, unless it is to be read-only as well'
read_only__host_tree_with_volumes_body()
{
	mkdir mounted shared
	note_host
	says '' --read-only -v "$PWD/shared" -- sh -c 'echo >shared/new'
	rm shared/new
	says '' --read-only -v "$PWD/shared:ro" -- sh -c '{ true >shared/new; } 2>/dev/null && echo writable; exit 0'
	in_mounts 'written\n' 'mount -t tmpfs none mounted
	    "$nook" --read-only -v "$PWD/mounted" -- sh -c "echo written >mounted/new"; cat mounted/new'
	host_as_noted
}

# ---- volume -----------------------------------------------------------------------------------------

root_case volume__read_write 'what is written in a volume is written outside; ro, and it is not; the last word holds'
volume__read_write_body()
{
	tiny_root root
	mkdir shared
	for options in '' :rw :ro,rw; do
		says '' --rootfs root -v "$PWD/shared:/mnt$options" -- /bin/sh -c "echo '$options' >/mnt/new"
		atf_check -s exit:0 -o inline:"$options\n" -e empty cat shared/new
	done
	note_host root shared
	for options in ro rw,ro; do
		atf_check -s exit:1 -o empty -e inline:"/bin/sh: can't create /mnt/new: Read-only file system\n" \
		    "$nook" --rootfs root -v "$PWD/shared:/mnt:$options" -- /bin/sh -c '( echo >/mnt/new ); exit 1'
	done
	says 'ro,nosuid,nodev\n' --rootfs root -v "$PWD/shared:/mnt:ro" -- /bin/sh -c '
	    while read -r _ _ _ _ at options _; do [ $at != /mnt ] || echo ${options%,relatime}; done </proc/self/mountinfo'
	host_as_noted
}

root_case volume__same_place 'without a place inside it is where it is outside'
volume__same_place_body()
{
	tiny_root root
	mkdir -p shared "root/$PWD/shared"
	echo text >shared/file
	note_host root shared
	says 'text\n' --rootfs root -v "$PWD/shared" -- cat "$PWD/shared/file"
	says 'text\n' --rootfs root -v "$PWD/shared:ro" -- cat "$PWD/shared/file"
	host_as_noted
}

root_case volume__file 'a file over a file; what was below is as it was'
volume__file_body()
{
	tiny_root root
	echo other >file
	note_host root file
	says 'other\n' --rootfs root -v "$PWD/file:/etc/passwd:ro" -- cat /etc/passwd
	host_as_noted
}

root_case volume__ro_is_recursive 'ro holds for what is mounted below the source, and only inside'
volume__ro_is_recursive_body()
{
	tiny_root root
	mkdir -p source/a
	note_host root
	in_mounts 'a-\nab-\nouter\ninner\n' 'mount -t tmpfs none source/a; mkdir source/a/b
	    mount -t tmpfs none source/a/b; echo outer >source/a/file; echo inner >source/a/b/file
	    "$nook" --rootfs root -v "$PWD/source:/mnt:ro" -- /bin/sh -c "
		{ true >/mnt/a/new; } 2>/dev/null || echo a-
		{ true >/mnt/a/b/new; } 2>/dev/null || echo ab-
		cat /mnt/a/file /mnt/a/b/file"
	    : >source/a/new; : >source/a/b/new'
	host_as_noted
}

root_case volume__nodev_is_recursive 'so do nodev, nosuid and noexec'
volume__nodev_is_recursive_body()
{
	tiny_root root
	mkdir -p source/a
	note_host root
	in_mounts '/mnt rw,nosuid,nodev,noexec\n/mnt/a rw,nosuid,nodev,noexec\n' 'mount -t tmpfs none source/a
	    "$nook" --rootfs root -v "$PWD/source:/mnt:noexec" -- /bin/sh -c "
		while read -r _ _ _ _ at options _; do
			case \$at in /mnt*) echo \$at \${options%,relatime} ;; esac; done </proc/self/mountinfo"'
	host_as_noted
}

root_case volume__source_stays_read_only 'rw does not make a source writable that is mounted read-only'
volume__source_stays_read_only_body()
{
	tiny_root root
	mkdir source
	note_host root
	in_mounts 'still\n' 'mount -t tmpfs none source; mount -o remount,bind,ro source
	    "$nook" --rootfs root -v "$PWD/source:/mnt:rw" -- /bin/sh -c "
		{ true >/mnt/new; } 2>/dev/null || echo still"'
	host_as_noted
}

root_case volume__nested 'one volume in another, in the order given'
volume__nested_body()
{
	tiny_root root
	mkdir -p a/sub b c
	echo a >a/which
	echo b >b/which
	echo c >c/which
	note_host root a b c
	says 'a\nb\n' --rootfs root -v "$PWD/a:/mnt" -v "$PWD/b:/mnt/sub" -- cat /mnt/which /mnt/sub/which
	says 'c\n' --rootfs root -v "$PWD/a:/mnt" -v "$PWD/b:/mnt/sub" -v "$PWD/c:/mnt" -- cat /mnt/which
	says 'a\nc\n' --rootfs scratch -v "$PWD/root/bin:/bin" -v "$PWD/a:/x/y" -v "$PWD/c:/x/y/sub:ro" -- \
	    cat /x/y/which /x/y/sub/which
	refused "nook: cannot mount $PWD/b on /mnt/none: No such file or directory\n$missing_hint\n" \
	    --rootfs root -v "$PWD/a:/mnt" -v "$PWD/b:/mnt/none"
	host_as_noted
}

root_case volume__try 'what may miss and does is left out; without try it is refused'
volume__try_body()
{
	tiny_root root
	echo here >here
	note_host root here
	says 'ran\n' --rootfs root -v "$PWD/nowhere:/mnt:ro,try" -- /bin/sh -c 'ls /mnt; echo ran'
	says 'here\n' --rootfs root -v "$PWD/here:/etc/passwd:try" -- cat /etc/passwd
	refused "nook: cannot mount $PWD/nowhere: No such file or directory\n$missing_hint\n" \
	    --rootfs root -v "$PWD/nowhere:/mnt"
	refused "nook: cannot mount $PWD/here on /mnt: Not a directory\n$kind_hint\n" --rootfs root -v "$PWD/here:/mnt:try"
	host_as_noted
}

root_case volume__noexec 'noexec: cannot be run, and the message says so; exec is the default'
volume__noexec_body()
{
	tiny_root root
	note_host root
	for options in '' :exec :noexec,exec; do
		says '' --rootfs root -v "$PWD/root/bin:/mnt$options" -- /mnt/true
	done
	fails 126 'nook: cannot run /mnt/true: Permission denied
nook: hint: it is not executable, or its file system is mounted noexec
' --rootfs root -v "$PWD/root/bin:/mnt:noexec" -- /mnt/true
	host_as_noted
}

root_case volume__dev 'a device node works with dev alone'
volume__dev_body()
{
	tiny_root root
	mkdir nodes
	mknod nodes/zero c 1 5
	note_host root nodes
	for options in '' :nodev :dev,nodev; do
		atf_check -s exit:1 -o empty -e inline:"head: /mnt/zero: Permission denied\n" \
		    "$nook" --rootfs root -v "$PWD/nodes:/mnt$options" -- /bin/sh -c 'head -c 1 /mnt/zero'
	done
	says '1\n' --rootfs root -v "$PWD/nodes:/mnt:dev" -- /bin/sh -c 'head -c 1 /mnt/zero | wc -c'
	host_as_noted
}

root_case volume__suid 'a set-user-ID program gives rights with suid and no-new-privileges=no alone'
volume__suid_body()
{
	mkdir programs
	cp -L "$(command -v id)" programs/id
	chmod 4755 programs/id
	note_host programs
	set -- --rootfs scratch -v /usr:ro -v /lib:ro -v /lib64:ro,try -u 1000
	says '0\n' "$@" --no-new-privileges=no -v "$PWD/programs:/p:suid" -- /p/id -u
	says '1000\n' "$@" --no-new-privileges=no -v "$PWD/programs:/p" -- /p/id -u
	says '1000\n' "$@" -v "$PWD/programs:/p:suid" -- /p/id -u
	host_as_noted
}

root_case volume__source_over_a_link 'a link as the source is followed once, before the root is entered'
volume__source_over_a_link_body()
{
	tiny_root root
	mkdir one two
	echo one >one/which
	echo two >two/which
	ln -s one link
	ln -s "$PWD/link" again
	note_host root one two
	says 'one\n' --rootfs root -v "$PWD/link:/mnt" -- cat /mnt/which
	says 'one\n' --rootfs root -v "$PWD/again:/mnt" -- cat /mnt/which
	# a link whose target exists inside as well is still the one outside
	mkdir -p "root/$PWD/one"
	echo wrong >"root/$PWD/one/which"
	says 'one\n' --rootfs root -v "$PWD/link:/mnt" -- cat /mnt/which
	rm -r "root${PWD%/*/*/*}"
	poll_until 10 no_process_of "$PWD"
	nothing_left
}

root_case volume__bad_places 'a place that is missing, relative, has .. in it, or is the root itself'
volume__bad_places_body()
{
	tiny_root root
	mkdir shared
	note_host root shared
	want=' (want SRC[:DST][:ro,rw,try,exec,noexec,dev,suid])'
	refused "nook: cannot mount $PWD/shared on /no/where: No such file or directory\n$missing_hint\n" \
	    --rootfs root -v "$PWD/shared:/no/where"
	refused "nook: --volume=$PWD/shared:/mnt/../etc: the place inside is not an absolute path without ..$want\n" \
	    --rootfs root -v "$PWD/shared:/mnt/../etc"
	refused "nook: --volume=$PWD/shared:/: the place inside is the root itself$want\n" \
	    --rootfs root -v "$PWD/shared:/"
	refused "nook: --volume=shared:/mnt: the source is not an absolute path$want\n" --rootfs root -v shared:/mnt
	refused "nook: cannot mount $PWD/shared on /etc/passwd: Not a directory\n$kind_hint\n" \
	    --rootfs root -v "$PWD/shared:/etc/passwd"
	refused "nook: cannot mount $PWD/shared on /etc/passwd/x: Not a directory\n$kind_hint\n" \
	    --rootfs root -v "$PWD/shared:/etc/passwd/x"
	host_as_noted
}

root_case volume__many 'two hundred volumes'
volume__many_body()
{
	tiny_root root
	set --
	for i in $(seq 200); do
		mkdir "$i"
		echo "$i" >"$i/n"
		set -- "$@" -v "$PWD/$i:/v/$i:ro"
	done
	note_host root
	says '20100\n' --rootfs scratch -v "$PWD/root/bin:/bin" "$@" -- \
	    /bin/sh -c 'sum=0; for f in /v/*/n; do read -r n <$f; sum=$((sum + n)); done; echo $sum'
	host_as_noted
}

# ---- hostile roots ----------------------------------------------------------------------------------

# hostile MOUNT-POINT MESSAGE NOOK-ARGUMENT...: with a link, of every kind, where something is to be mounted
hostile()
{
	point=$1
	message=$2
	shift 2
	for to in "$PWD/outside" ../outside ../../../../../../../../../../"$PWD/outside" /proc/1/root . / /etc nowhere; do
		rm -rf "root$point"
		ln -s "$to" "root$point"
		note_host root outside
		refused "$message" --rootfs root "$@"
		host_as_noted
	done
}

root_case hostile__link_at_proc 'a link at /proc is not followed'
hostile__link_at_proc_body()
{
	tiny_root root
	mkdir outside
	hostile /proc "nook: cannot mount proc on /proc: Not a directory\n$kind_hint\n"
}

root_case hostile__link_at_dev 'a link at /dev is not followed'
hostile__link_at_dev_body()
{
	tiny_root root
	mkdir outside
	hostile /dev "nook: cannot mount tmpfs on /dev: Not a directory\n$kind_hint\n"
}

root_case hostile__link_at_sys 'a link at /sys is not followed'
hostile__link_at_sys_body()
{
	tiny_root root
	mkdir outside
	hostile /sys "nook: cannot mount sysfs on /sys: Not a directory\n$kind_hint\n"
}

root_case hostile__link_at_tmpfs 'a link where a tmpfs goes is not followed'
hostile__link_at_tmpfs_body()
{
	tiny_root root
	mkdir outside
	hostile /tmp "nook: cannot mount tmpfs on /tmp: Not a directory\n$kind_hint\n" --tmpfs /tmp
}

root_case hostile__link_at_volume 'a link where a directory goes is not followed, nor one on the way there'
hostile__link_at_volume_body()
{
	tiny_root root
	mkdir -p outside/sub shared
	hostile /vol "nook: cannot mount $PWD/shared on /vol: Not a directory\n$kind_hint\n" -v "$PWD/shared:/vol"
	hostile /vol "nook: cannot mount $PWD/shared on /vol/sub: Not a directory\n$kind_hint\n" -v "$PWD/shared:/vol/sub"
	hostile /vol "nook: cannot mount proc on /vol: Not a directory\n$kind_hint\n" --mount type=proc,src=proc,dst=/vol
}

root_case hostile__link_at_file 'a link where a file goes is not followed'
hostile__link_at_file_body()
{
	tiny_root root
	mkdir outside
	echo text >file
	hostile /vol "nook: cannot mount $PWD/file on /vol: Too many levels of symbolic links\n$link_hint\n" -v "$PWD/file:/vol"
}

root_case hostile__link_in_volume 'a link inside one volume is not followed by the next'
hostile__link_in_volume_body()
{
	tiny_root root
	mkdir outside shared evil
	ln -s "$PWD/outside" evil/sub
	ln -s ../etc evil/etc
	note_host root outside shared evil
	for sub in sub etc; do
		refused "nook: cannot mount $PWD/shared on /mnt/$sub: Not a directory\n$kind_hint\n" \
		    --rootfs root -v "$PWD/evil:/mnt" -v "$PWD/shared:/mnt/$sub"
	done
	refused "nook: cannot mount $PWD/shared on /mnt/sub/new: Not a directory\n$kind_hint\n" \
	    --rootfs root -v "$PWD/evil:/mnt" -v "$PWD/shared:/mnt/sub/new"
	host_as_noted
}

root_case hostile__special_files 'a fifo, socket, device or file where a directory goes'
hostile__special_files_body()
{
	tiny_root root
	mkdir shared
	mkfifo fifo
	mknod null c 1 3
	echo text >file
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	for kind in fifo null file socket; do
		for point in /proc /dev /sys /tmp /mnt; do
			mv "root$point" kept
			cp -a "$kind" "root$point"
			note_host root
			atf_check -s exit:125 -o empty \
			    -e match:"^nook: cannot mount [^ ]* on $point: Not a directory\$" \
			    -e match:"^$kind_hint\$" -e not-match:'^[^n]' timeout -k 1 10 "$nook" --rootfs root \
			    --tmpfs /tmp -v "$PWD/shared:/mnt" -- /bin/sh -c 'echo ran'
			host_as_noted
			rm "root$point"
			mv kept "root$point"
		done
	done
}

root_case hostile__fifo_where_a_file_goes 'nothing is opened there: it does not hang, and the fifo stays empty'
hostile__fifo_where_a_file_goes_body()
{
	tiny_root root
	mkfifo root/etc/fifo
	echo text >file
	note_host root file
	atf_check -s exit:0 -o inline:'text\n' -e empty timeout -k 1 10 \
	    "$nook" --rootfs root -v "$PWD/file:/etc/fifo:ro" -- cat /etc/fifo
	host_as_noted
}

root_case hostile__passwd_is_a_fifo 'a passwd that never ends or never begins does not hang the start'
hostile__passwd_is_a_fifo_body()
{
	tiny_root root
	rm root/etc/passwd
	mkfifo root/etc/passwd
	note_host root
	atf_check -s exit:125 -o empty -e match:'^nook: cannot use user user: it is not in /etc/passwd of the root$' \
	    timeout -k 1 10 "$nook" --rootfs root -u user -- true
	host_as_noted
	rm root/etc/passwd
	ln -s /dev/zero root/etc/passwd
	note_host root
	atf_check -s exit:125 -o empty -e inline:'nook: cannot read /etc/passwd inside the root: File too large\n' \
	    timeout -k 1 10 "$nook" --rootfs root -u user -- true
	host_as_noted
}

root_case hostile__passwd_leads_out 'a passwd that is a link is followed in the root alone, over no descriptor of ours, and to nothing in /proc'
hostile__passwd_leads_out_body()
{
	tiny_root root
	mkdir outside shared
	echo evil:x:4711:4712::/:/bin/sh >outside/passwd
	rm root/etc/passwd
	for to in "$PWD/outside/passwd" ../../outside/passwd ../../../../../../../../../"$PWD/outside/passwd" \
	    /proc/1/root/"$PWD/outside/passwd" /proc/self/environ /proc/kmsg /proc/self/fd/0 nowhere passwd; do
		ln -sfn "$to" root/etc/passwd
		note_host root outside
		atf_check -s exit:125 -o empty -e match:'^nook: cannot (use user evil: it is not in|read) /etc/passwd (of|inside) the root' \
		    timeout -k 1 10 "$nook" --rootfs root -u evil -v "$PWD/shared:/mnt" -- /bin/true <outside/passwd
		host_as_noted
	done
	for fd in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		for up in ../outside /proc/1/../..; do
			ln -sfn "/proc/self/fd/$fd/$up/passwd" root/etc/passwd
			atf_check -s exit:125 -o empty -e match:'/etc/passwd (of|inside) the root' \
			    timeout -k 1 10 "$nook" --rootfs root -u evil -v "$PWD/shared:/mnt" -- /bin/true 9<outside
		done
	done
	# a link that stays inside is one
	mkdir root/etc/real
	echo good:x:4713:4713::/:/bin/sh >root/etc/real/passwd
	ln -sfn /etc/real/passwd root/etc/passwd
	says '4713\n' --rootfs root -u good -- id -u
	# before 5.6, and in a container that forbids the call: no link is followed at all
	for error in ENOSYS EPERM; do
		set -- strace -f -o trace -qq -e trace=openat2 -e inject=openat2:error=$error "$nook" --rootfs root -u good -- id -u
		atf_check -s exit:125 -o empty -e inline:'nook: cannot read /etc/passwd inside the root: Too many levels of symbolic links\n' "$@"
		rm root/etc/passwd
		cp root/etc/real/passwd root/etc/passwd
		atf_check -s exit:0 -o inline:'4713\n' -e empty "$@"
		ln -sfn /etc/real/passwd root/etc/passwd
	done
	nothing_left
}

root_case hostile__in_its_dev_and_proc 'links and devices in its /dev, /proc and /sys are hidden, and nothing is masked with them'
hostile__in_its_dev_and_proc_body()
{
	tiny_root root
	mkdir -p outside/pts outside/shm root/sys/devices
	echo text >outside/file
	for name in null zero tty fd ptmx interrupts; do
		ln -s "$PWD/outside/file" root/dev/$name
		ln -s "$PWD/outside/file" root/proc/$name
	done
	ln -s "$PWD/outside" root/dev/pts
	ln -s ../../outside root/dev/shm
	ln -s "$PWD/outside" root/proc/sys
	ln -s "$PWD/outside" root/sys/firmware
	note_host root outside
	for init in yes no; do
		says '1 0 pts shm\n' --rootfs root --init=$init -- /bin/sh -c '
		    echo lost >/dev/null; echo lost >/proc/interrupts
		    echo $(head -c 1 /dev/zero | wc -c) $(cat /proc/interrupts | wc -c) $(cd /dev && ls -d pts shm)
		    { true >>/proc/sys/kernel/core_pattern; } 2>/dev/null && echo writable; exit 0'
	done
	host_as_noted
}

root_case hostile__interpreter_is_ours 'a shell that names /proc/self/exe as its interpreter gets no hold of the program nook'
hostile__interpreter_is_ours_body()
{
	tiny_root root
	cp "$nook" ours
	nook=$PWD/ours
	rm root/bin/sh
	for line in '#!/proc/self/exe' '#!/proc/self/exe --seccomp=off' '#!/proc/1/exe' '#!/proc/self/fd/3'; do
		printf '%s\n' "$line" >root/bin/sh
		chmod 755 root/bin/sh
		note_host root ours
		for init in yes no; do
			for right in kill all; do
				status=0
				timeout -k 1 10 "$nook" --rootfs root --init=$init --cap-add $right -- /bin/sh -c 'echo ran' >out 2>err || status=$?
				[ $status -gt 2 ] || atf_fail "$line, init=$init, $right: ended with $status, said: $(cat out err)"
				atf_check -s exit:0 -o empty -e empty cat out
			done
		done
		host_as_noted
	done
}

root_case hostile__changes_meanwhile 'a mount point that is a directory and a link by turns leads nowhere outside'
hostile__changes_meanwhile_body()
{
	tiny_root root
	mkdir outside shared root/vol root/vol/sub outside/sub
	ln -s "$PWD/outside" root/link
	note_host outside
	cat >swap.py <<-'END'
		import ctypes, os, sys
		at, libc = -100, ctypes.CDLL(None)
		while os.path.exists("go"):
		    for name in b"root/vol", b"root/tmp":
		        libc.syscall(316, at, name, at, b"root/link", 2) # exchanged at once
	END
	[ "$(uname -m)" = x86_64 ] || atf_skip 'the number of the call is of x86-64'
	: >go
	python3 swap.py &
	swaps=$!
	for n in $(seq 40); do
		timeout -k 1 10 "$nook" --rootfs root -v "$PWD/shared:/vol/sub" --tmpfs /tmp -- \
		    /bin/sh -c 'true >/vol/sub/new-volume; true >/tmp/new-tmpfs; true >/vol/new-root' >out 2>err || :
		for file in outside/sub/new-volume outside/new-tmpfs outside/new-root; do
			[ ! -e $file ] || atf_fail "it has made $file, and said: $(cat err)"
		done
		rm -f shared/new-volume
	done
	rm go
	wait $swaps
	host_as_noted
}

# ---- mount, tmpfs, shm-size, device -------------------------------------------------------------------

root_case mount__ext4_image 'an ext4 image through its loop device, writable and not'
mount__ext4_image_body()
{
	tiny_root root
	mkdir mnt
	truncate -s 4m image
	atf_check -s exit:0 -o ignore -e ignore mkfs.ext4 -q image
	note_host root
	in_mounts 'ext4 rw,nosuid,nodev\nkept\next4 ro,nosuid,nodev\nread-only\nkept\n' 'mount -o loop image mnt
	    device=$(findmnt -no SOURCE mnt)
	    look="while read -r _ _ _ _ at options _ type _; do
		[ \$at != /mnt ] || echo \$type \${options%,relatime}; done </proc/self/mountinfo"
	    "$nook" --rootfs root --mount "type=ext4,src=$device,dst=/mnt" -- /bin/sh -c "$look; echo kept >/mnt/file"
	    cat mnt/file
	    mount -o remount,ro mnt
	    "$nook" --rootfs root --mount "type=ext4,src=$device,dst=/mnt,opt=ro" -- /bin/sh -c "$look
		{ true >/mnt/new; } 2>/dev/null || echo read-only; cat /mnt/file"'
	host_as_noted
}

root_case mount__options 'options go to the file system, and flags to the mount'
mount__options_body()
{
	tiny_root root
	note_host root
	says 'tmpfs rw,nosuid,nodev,noexec size=64k,mode=700,uid=7\n700 7\n' --rootfs root \
	    --mount type=tmpfs,src=tmpfs,dst=/mnt,opt=noexec,size=64k,mode=700,uid=7 -- /bin/sh -c '
	    while read -r _ _ _ _ at options _ type _ super; do
		[ $at != /mnt ] || echo $type ${options%,relatime} ${super#rw,}; done </proc/self/mountinfo
	    /bin/busybox stat -c "%a %u" /mnt'
	host_as_noted
}

root_case mount__refused 'an unknown file system, a wrong option, a missing device or place'
mount__refused_body()
{
	tiny_root root
	note_host root
	refused 'nook: cannot mount none on /mnt: No such device\nnook: hint: this kernel lacks that file system; a directory is bound by volume\n' \
	    --rootfs root --mount type=nosuchfs,src=none,dst=/mnt
	refused 'nook: cannot mount none on /mnt: Invalid argument\nnook: hint: an option that it does not know, or an id that this user namespace has not\n' \
	    --rootfs root --mount type=tmpfs,src=none,dst=/mnt,opt=nosuch=1
	refused "nook: cannot mount /dev/nosuch: No such file or directory\n$missing_hint\n" \
	    --rootfs root --mount type=ext4,src=/dev/nosuch,dst=/mnt
	refused "nook: cannot mount none on /nowhere: No such file or directory\n$missing_hint\n" \
	    --rootfs root --mount type=tmpfs,src=none,dst=/nowhere
	refused 'nook: --mount=type=tmpfs,dst=/mnt: type and src are needed (want type=TYPE,src=SRC,dst=DST[,opt=...])\n' \
	    --rootfs root --mount type=tmpfs,dst=/mnt
	host_as_noted
}

# how much goes into a file at $1, in KiB
fill='/bin/busybox dd if=/dev/zero of=$0/file bs=4k count=1024 2>&1 | grep -o "No space left on device"
	echo $(($(/bin/busybox stat -c %s $0/file) / 1024))'

root_case tmpfs__size 'a size that holds, an empty directory every time, and its mode'
tmpfs__size_body()
{
	tiny_root root
	echo below >root/mnt/file
	note_host root
	says 'No space left on device\n64\n' --rootfs root --tmpfs /mnt:size=64k -- /bin/sh -c "$fill" /mnt
	says '1777 0:0\n' --rootfs root --tmpfs /mnt -- /bin/sh -c 'ls /mnt; /bin/busybox stat -c "%a %u:%g" /mnt'
	says '700 5:6\n' --rootfs root --tmpfs /mnt:mode=700,uid=5,gid=6 -- /bin/busybox stat -c '%a %u:%g' /mnt
	says '8\n' --rootfs root --tmpfs /mnt:nr_inodes=9 -- /bin/sh -c 'i=0
	    while { true >/mnt/$i; } 2>/dev/null; do i=$((i + 1)); done; echo $i'
	says 'read-only\n' --rootfs root --tmpfs /mnt:ro -- /bin/sh -c '{ true >/mnt/new; } 2>/dev/null || echo read-only'
	host_as_noted
}

root_case tmpfs__noexec 'noexec holds, and nosuid and nodev are always set'
tmpfs__noexec_body()
{
	tiny_root root
	note_host root
	says 'rw,nosuid,nodev,noexec\n126\n' --rootfs root --tmpfs /mnt:noexec -- /bin/sh -c '
	    while read -r _ _ _ _ at options _; do [ $at != /mnt ] || echo ${options%,relatime}; done </proc/self/mountinfo
	    cp /bin/busybox /mnt/true; /mnt/true 2>/dev/null; echo $?'
	host_as_noted
}

root_case tmpfs__below_tmpfs 'mount points are made in a tmpfs of ours'
tmpfs__below_tmpfs_body()
{
	tiny_root root
	mkdir shared
	echo text >shared/file
	note_host root shared
	says 'text\ntext\n' --rootfs root --read-only --tmpfs /mnt --tmpfs /mnt/a/b -v "$PWD/shared:/mnt/c/d" \
	    -v "$PWD/shared/file:/mnt/a/b/e" -- cat /mnt/c/d/file /mnt/a/b/e
	host_as_noted
}

root_case shm_size__bites '/dev/shm has 64m, or what is asked for, and no more'
shm_size__bites_body()
{
	tiny_root root
	note_host root
	says 'No space left on device\n128\n' --rootfs root --shm-size 128k -- /bin/sh -c "$fill" /dev/shm
	says '65536\n1777\n' --rootfs root -- /bin/sh -c '/bin/busybox df -k /dev/shm | awk "NR == 2 { print \$2 }"
	    /bin/busybox stat -c %a /dev/shm'
	host_as_noted
}

root_case device__node 'a device of the host, under its own name or another; the others stay away'
device__node_body()
{
	tiny_root root
	mknod node c 1 5
	note_host root node
	says '/dev/fuse\n' --rootfs root --device /dev/fuse -- /bin/sh -c 'echo /dev/fuse*'
	atf_check -s exit:0 -o save:outside -e empty stat -c '%t:%T %a' /dev/fuse
	atf_check -s exit:0 -o file:outside -e empty "$nook" --rootfs root --device /dev/fuse -- \
	    /bin/busybox stat -c '%t:%T %a' /dev/fuse
	says '4\n' --rootfs root --device "$PWD/node:/dev/nothing" -- /bin/sh -c 'head -c 4 /dev/nothing | wc -c'
	fails 1 "cat: can't open '/dev/kmsg': No such file or directory\n" --rootfs root -- cat /dev/kmsg
	refused "nook: cannot mount /dev/nosuch: No such file or directory\n$missing_hint\n" --rootfs root --device /dev/nosuch
	host_as_noted
}

root_case dev__content 'these devices with these modes and links, and nothing else'
dev__content_body()
{
	tiny_root root
	note_host root
	says '666 1:7 full\n666 1:3 null\n755 directory pts\n666 1:8 random\n1777 directory shm\n666 5:0 tty
666 1:9 urandom\n666 1:5 zero\nfd -> /proc/self/fd\nptmx -> pts/ptmx\nstderr -> /proc/self/fd/2
stdin -> /proc/self/fd/0\nstdout -> /proc/self/fd/1\n755 0:0\n' --rootfs root -- /bin/sh -c '
	    cd /dev
	    for f in *; do
		[ ! -L $f ] || continue
		case $(/bin/busybox stat -c %F $f) in
		character*) echo $(/bin/busybox stat -c "%a 0x%t 0x%T" $f) $f | {
			read -r mode major minor name; echo $mode $((major)):$((minor)) $name; } ;;
		*) /bin/busybox stat -c "%a %F %n" $f ;;
		esac
	    done
	    for f in *; do [ ! -L $f ] || echo "$f -> $(readlink $f)"; done
	    /bin/busybox stat -c "%a %u:%g" .'
	host_as_noted
}

root_case dev__works 'the devices do what they are for, for an ordinary user as well'
dev__works_body()
{
	tiny_root root
	note_host root
	for user in 0 1000; do
		says '4 0 4 4\nfull\nvia\nfd\n' --rootfs root -u "$user" -- /bin/sh -c '
		    echo $(head -c 4 /dev/zero | wc -c) $(head -c 4 /dev/null | wc -c) \
			$(head -c 4 /dev/random | wc -c) $(head -c 4 /dev/urandom | wc -c)
		    echo x 2>/dev/null >/dev/full || echo full
		    (echo via >/dev/stdout) | cat
		    echo fd | cat /dev/fd/0'
	done
	host_as_noted
}

root_case dev__pts 'a pseudo-terminal can be opened inside, and none of the host is there'
dev__pts_body()
{
	note_host
	cat >pty.py <<-'END'
		import os
		master, slave = os.openpty()
		print(os.ttyname(slave), sorted(os.listdir("/dev/pts")))
		os.write(slave, b"through")
		print(os.read(master, 7).decode(), oct(os.fstat(slave).st_mode & 0o777), os.fstat(slave).st_gid)
	END
	for user in 0 1000; do
		says "/dev/pts/0 ['0', 'ptmx']\nthrough 0o620 5\n" --rootfs scratch -v /usr:ro -v /lib:ro -v /lib64:ro,try \
		    -u "$user" -v "$PWD/pty.py:/pty.py" -- /usr/bin/python3 /pty.py
	done
	host_as_noted
}

root_case sys__read_only '/sys is read-only, and has no control groups in it'
sys__read_only_body()
{
	tiny_root root
	note_host root
	says '' --rootfs root -- /bin/sh -c '
	    for f in /sys/kernel/mm/*/* /sys/module/*/parameters/* /sys/kernel/uevent_helper /sys/power/state; do
		[ -f "$f" ] && { true >>"$f"; } 2>/dev/null && echo "$f"
	    done
	    ls -A /sys/fs/cgroup
	    exit 0'
	host_as_noted
}

# every file of /proc that is not of a process, if it can be opened for writing; those of pressure are
# everybody's, to ask for events with
write_proc='
	/bin/busybox find /proc -mindepth 1 -maxdepth 1 ! -name "[0-9]*" ! -name "*self" ! -name net ! -name mounts ! -name pressure |
	/bin/busybox xargs -I % /bin/busybox find % -type f 2>/dev/null |
	while read -r f; do
		{ true >>"$f"; } 2>/dev/null && echo "$f"
	done
	exit 0'

root_case proc__knobs_read_only 'no file of /proc that concerns the machine can be opened for writing, by root neither'
proc__knobs_read_only_body()
{
	tiny_root root
	note_host root
	says '' --rootfs root -- /bin/sh -c "$write_proc"
	says '' --rootfs root --init=no -- /bin/sh -c "$write_proc"
	says '' --rootfs root -u 1000 -- /bin/sh -c "$write_proc"
	host_as_noted
}

root_case proc__knobs_read_only_in_host_tree 'nor in the tree of the host, nor through a name for it in the root'
proc__knobs_read_only_in_host_tree_body()
{
	tiny_root root
	note_host root
	says '' -- sh -c '{ true >>/proc/sys/kernel/core_pattern; } 2>/dev/null && echo writable; exit 0'
	says '' --rootfs root -- /bin/sh -c '
	    for top in /proc/self/root /proc/self/cwd/. /proc/1/root; do
		{ true >>$top/proc/sys/kernel/core_pattern; } 2>/dev/null && echo $top
	    done; exit 0'
	host_as_noted
}

root_case proc__masked 'what tells of the machine more than a workload needs shows nothing'
proc__masked_body()
{
	tiny_root root
	note_host root
	says '' --rootfs root -- /bin/sh -c '
	    for f in kcore keys timer_list sched_debug latency_stats kmsg; do
		[ ! -e /proc/$f ] || [ -z "$(head -c 1 /proc/$f 2>/dev/null | tr "\0" 0)" ] || echo $f
	    done; exit 0'
	host_as_noted
}

root_case proc__masked_and_opened 'what is masked is there with privileged, and a part of it by a volume'
proc__masked_and_opened_body()
{
	tiny_root root
	note_host root
	look='for f in /proc/timer_list /proc/interrupts /sys/firmware; do
	    [ -n "$(/bin/busybox head -c 1 $f 2>/dev/null)$(ls $f/ 2>/dev/null)" ] || echo "no $f"; done; exit 0'
	says 'no /proc/timer_list\nno /proc/interrupts\nno /sys/firmware\n' --rootfs root -- /bin/sh -c "$look"
	says 'no /proc/timer_list\nno /proc/interrupts\nno /sys/firmware\n' --rootfs root --cap-add all --cap-drop sys_admin -- /bin/sh -c "$look"
	says '' --rootfs root --privileged -- /bin/sh -c "$look"
	says 'no /proc/timer_list\nno /sys/firmware\n' --rootfs root -v /proc/interrupts -- /bin/sh -c "$look"
	host_as_noted
}

root_case privileged__opens 'capabilities, system calls, the knobs of the kernel and device nodes; not the namespaces'
privileged__opens_body()
{
	tiny_root root
	note_host root
	probe='/bin/busybox grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | /bin/busybox tr -d "\t"
	    for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do
		[ ! -e $f ] || { { true >>$f; } 2>/dev/null && echo "opens $f"; }
	    done
	    /bin/busybox mknod /dev/new c 1 5 2>/dev/null && /bin/busybox head -c 1 /dev/new >/dev/null 2>&1 && echo "made a device"
	    /bin/busybox mount -o remount,rw /sys 2>/dev/null && echo "remounts /sys"
	    ls /sys/class/net'
	all=$(grep CapBnd /proc/self/status | cut -f 2)
	says "CapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2\nlo\n" --rootfs root -- /bin/sh -c "$probe"
	knobs="opens /proc/sys/kernel/core_pattern\n"
	[ ! -e /proc/sysrq-trigger ] || knobs="${knobs}opens /proc/sysrq-trigger\n"
	says "CapEff:$all\nNoNewPrivs:0\nSeccomp:0\n${knobs}made a device\nremounts /sys\nlo\n" --rootfs root --privileged -- /bin/sh -c "$probe"
	# what is set by itself stays so
	says "CapEff:$all\nNoNewPrivs:1\nSeccomp:0\n" --rootfs root --privileged --no-new-privileges -- \
	    /bin/sh -c '/bin/busybox grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | /bin/busybox tr -d "\t"'
	host_as_noted
}

root_case dev__sealed 'a right to make devices reaches none that was not given, anywhere that can be written to'
dev__sealed_body()
{
	tiny_root root
	note_host
	probe='for at in / /tmp /dev /dev/shm /mnt /run; do
		[ -d $at ] || continue
		/bin/busybox mknod $at/new-zero c 1 5 2>/dev/null || continue
		/bin/busybox head -c 1 $at/new-zero >/dev/null 2>&1 && echo "reads a device in $at"
		/bin/busybox rm $at/new-zero
	    done; /bin/busybox head -c 1 /dev/zero | /bin/busybox wc -c'
	says '1\n' --rootfs root --cap-add mknod --tmpfs /tmp -- /bin/sh -c "$probe"
	says 'reads a device in /tmp\n1\n' --rootfs root --cap-add mknod --tmpfs /tmp:dev -- /bin/sh -c "$probe"
	# in the tree of the host, too
	says '1\n' --cap-add mknod --tmpfs /mnt -- busybox sh -c "$(echo "$probe" | sed 's,/bin/busybox,busybox,g')"
	says 'Read-only file system\n' --rootfs root -- /bin/sh -c '/bin/busybox touch /dev/new 2>&1 | /bin/busybox sed "s/.*: //"'
	says 'Read-only file system\n' --rootfs root -- /bin/sh -c '/bin/busybox chmod 600 /dev/null 2>&1 | /bin/busybox sed "s/.*: //"'
}

root_case host_tree__nodev_nosuid 'in the tree of the host devices and setuid bits have no effect, but where asked'
host_tree__nodev_nosuid_body()
{
	# shellcheck disable=SC2016 # the inner shell's
	flags='while read -r _ _ _ root at options _; do
		[ "$root $at" != "/ /" ] || { echo "$options" | tr , "\n" | grep -xE "no(suid|dev)" | sort | tr "\n" " "; break; }
	    done </proc/self/mountinfo'
	says 'nodev nosuid ' -- sh -c "$flags"
	says 'nodev nosuid ' --read-only -- sh -c "$flags"
	says 'nodev ' --no-new-privileges=no --cap-add sys_admin -- sh -c "$flags"
	says '' --privileged -- sh -c "$flags"
}

root_case hidepid__hides 'others cannot see the processes of a user, who sees them all without it'
hidepid__hides_body()
{
	tiny_root root
	note_host root
	# the init is another user's
	says '1\n' --rootfs root -u 1000 -- /bin/sh -c '/bin/busybox ls -d /proc/1 2>/dev/null | /bin/busybox wc -l'
	says '0\n' --rootfs root -u 1000 --hidepid -- /bin/sh -c '/bin/busybox ls -d /proc/1 2>/dev/null | /bin/busybox wc -l'
	refused 'nook: --hidepid=yes: would change the host (want pid private)\n' --hidepid --pid host
	host_as_noted
}

root_case cgroups__read_only 'they are shown read-only, or not at all'
cgroups__read_only_body()
{
	tiny_root root
	note_host root
	says '' --rootfs root -- /bin/sh -c 'ls /sys/fs/cgroup; /bin/busybox grep cgroup /proc/self/mountinfo; exit 0'
	refused 'nook: --mount=type=cgroup2,src=none,dst=/mnt: cgroups are shown read-only: opt=ro (want type=TYPE,src=SRC,dst=DST[,opt=...])\n' \
	    --rootfs root --mount type=cgroup2,src=none,dst=/mnt
	says 'Read-only file system\n' -m 64m --rootfs root --mount type=cgroup2,src=none,dst=/mnt,opt=ro -- \
	    /bin/sh -c '[ -e /mnt/cgroup.procs ] && /bin/busybox mkdir /mnt/new 2>&1 | /bin/busybox sed "s/.*: //"'
	host_as_noted
}

# ---- workdir, env, umask ------------------------------------------------------------------------------

root_case workdir__set 'the top of its root, or the directory named; made is nothing'
workdir__set_body()
{
	tiny_root root
	ln -s /etc root/link
	ln -s "$PWD" root/tmp/out
	note_host root
	says '/\n' --rootfs root -- pwd
	says '/home/user\n' --rootfs root -w /home/user -- pwd
	says '/etc\n' --rootfs root -w /link -- /bin/busybox pwd -P
	says '/\n' --rootfs root -w /../.. -- pwd
	refused 'nook: cannot change to /nowhere: No such file or directory\n' --rootfs root -w /nowhere
	refused 'nook: cannot change to /etc/passwd: Not a directory\n' --rootfs root -w /etc/passwd
	refused 'nook: cannot change to /tmp/out: No such file or directory\n' --rootfs root -w /tmp/out
	refused 'nook: --workdir=etc: not an absolute path (want a path that begins with /)\n' --rootfs root -w etc
	host_as_noted
}

root_case workdir__as_the_user 'a directory that the user may not enter is refused'
workdir__as_the_user_body()
{
	tiny_root root
	chmod 700 root/root
	note_host root
	refused 'nook: cannot change to /root: Permission denied\n' --rootfs root -u 1000 -w /root
	says '/root\n' --rootfs root -w /root -- pwd
	host_as_noted
}

root_case workdir__host_tree 'in the tree of the host it stays where the caller is'
workdir__host_tree_body()
{
	mkdir here
	note_host here
	cd here || atf_fail 'no directory'
	says "$PWD\n" -- pwd
	says '/etc\n' -w /etc -- pwd
	cd ..
	host_as_noted
}

root_case env__default 'PATH, HOME and TERM, and nothing of the caller'
env__default_body()
{
	tiny_root root
	note_host root
	export SECRET=1 LD_PRELOAD_NOT=1
	atf_check -s exit:0 -o inline:'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/root\nTERM=vt100\n' \
	    -e empty env TERM=vt100 PATH=/nowhere HOME=/elsewhere "$nook" --rootfs root -- env
	atf_check -s exit:0 -o inline:'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/root\n' \
	    -e empty env -i "$nook" --rootfs root -- env
	host_as_noted
}

root_case env__asked_for 'NAME passes, NAME=VALUE sets, the last wins, a newline is kept, what is not there is not made'
env__asked_for_body()
{
	tiny_root root
	note_host root
	atf_check -s exit:0 -o inline:'PATH=/bin\nHOME=/h\nA=passed\nB=\nC=a\nb=c\nD=last\nLD_PRELOAD=/x\n' -e empty \
	    env -i A=passed "$nook" --rootfs root -e A -e B= -e 'C=a
b=c' -e D=first -e D=last -e NOT_THERE -e PATH=/bin -e HOME=/h -e LD_PRELOAD=/x -- env
	refused 'nook: --env==x: no name (want NAME=VALUE, or NAME to pass it on)\n' --rootfs root -e =x
	host_as_noted
}

root_case env__too_large 'more than the kernel takes is 126, and said'
env__too_large_body()
{
	tiny_root root
	note_host root
	{
		echo 'rootfs = root'
		for i in $(seq 15); do
			printf 'env = V%s=%04000d\n' "$i" 0
		done
	} >settings
	atf_check -s exit:0 -o inline:'60000\n' -e empty "$nook" -f settings -- /bin/sh -c 'n=0
	    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do eval "n=\$((n + \${#V$i}))"; done; echo $n'
	fails 126 'nook: cannot run /bin/true: Argument list too long\n' -f settings --ulimit stack=256k -- true \
	    "$(head -c 100000 /dev/zero | tr '\0' x)"
	host_as_noted
}

root_case umask__set 'the mask is 022, or what is asked for, whatever the caller has'
umask__set_body()
{
	tiny_root root
	note_host root
	umask 0
	says '0022\n' --rootfs root -- /bin/sh -c umask
	says '0077\n' --rootfs root --umask 077 -- /bin/sh -c umask
	says '600\n' --rootfs root --umask 077 --tmpfs /mnt -- /bin/sh -c 'true >/mnt/f; /bin/busybox stat -c %a /mnt/f'
	umask 077
	says '0000\n755\n666\n' --rootfs root --umask 0 -- \
	    /bin/sh -c 'umask; /bin/busybox stat -c %a /dev /dev/null'
	umask 022
	host_as_noted
}

root_case host_tree__default 'without rootfs the tree of the host, with a /proc, /sys and /dev of its own'
host_tree__default_body()
{
	echo marker >file
	note_host
	says 'marker\n/dev/full /dev/null\n' -- sh -c 'cat file; echo /dev/fu* /dev/nul* /dev/kms*[g] | sed "s,/dev/fuse,,; s, /dev/km.*,,"'
	says 'seen\n' -- sh -c 'echo seen >made; cat made'
	atf_check -s exit:0 -o inline:'seen\n' -e empty cat made
	rm made
	host_as_noted
}

atf_init_test_cases()
{
	add_cases
}

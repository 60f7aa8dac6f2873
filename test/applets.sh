# SPDX-License-Identifier: ISC
# applets.sh - many small programs, each with a result that can be compared
#
# usage: sh applets.sh COMMAND...	what runs an applet, e.g. busybox; nothing: they are in PATH. In an empty directory.
# shellcheck shell=sh

exec 2>/dev/null # statuses are compared, messages may name processes
with=$*

# run APPLET...: and its status if it fails; nothing where it is lacking
run()
{
	has "$1" || return
	# shellcheck disable=SC2086	# a command and its first words
	$with "$@"
	status=$?
	[ $status = 0 ] || echo "$1 ended with $status"
}

# has APPLET: there is one of this name
has()
{
	case $with in
	busybox) busybox --list | grep -qx "$1" ;;
	toybox) toybox | tr ' ' '\n' | grep -qx "$1" ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# files
printf 'pear\napple\nfig\napple\n' >fruit
run mkdir -p a/b/c
run cp fruit a/b/fruit
run ln -s ../fruit a/link
run ln a/b/fruit a/b/hard
run mv a/b/hard a/b/moved
run touch a/b/c/empty
run chmod 640 a/b/moved
run stat -c '%a %s %n' a/b/moved
run find a -type f | sort
run ls a/b
run readlink a/link
run realpath a/b/../link >/dev/null
run du -a a/b/c >/dev/null
run df . >/dev/null
run rm -r a/b/c
run rmdir a/none || :
run truncate -s 100 sized
run wc -c sized
run dd if=/dev/zero of=zeros bs=1k count=8
run cmp -n 100 zeros zeros
run mktemp -d made.XXXXXX >/dev/null

# text
run sort fruit
run sort -u fruit | run wc -l
run uniq -c fruit
run head -n 2 fruit
run tail -n 1 fruit
run cut -c 1-2 fruit
run tr a-z A-Z <fruit
run sed 's/p/q/g' fruit
run grep -c p fruit
run nl fruit
run rev fruit
run tac fruit
run paste fruit fruit
run fold -w 2 fruit
run cat fruit fruit | run tee copy | run wc
run od -c fruit
run seq 3 | run xargs echo
run expr 6 '*' 7
run basename /x/y/z
run dirname /x/y/z
run printf '%s-%03d\n' a 7
run echo written
run yes | run head -n 2
run cksum fruit
run md5sum fruit
run sha256sum fruit
run diff fruit copy >/dev/null
run comm fruit fruit
has awk && run awk '{ n += length($0) } END { print n }' fruit
has bc && echo '2^10' | run bc

# archives
run tar -cf all.tar a fruit
run tar -tf all.tar | sort
run gzip -c fruit >fruit.gz
run gunzip -c fruit.gz
has bzip2 && run bzip2 -c fruit >fruit.bz2 && run bunzip2 -c fruit.bz2
has cpio && echo fruit | run cpio -o -H newc | run cpio -t

# processes
run true
run false
run sleep 0.05
run env -i A=b env
run nice -n 1 true
run nohup true
run timeout 0.1 sleep 5
run id -g >/dev/null
run uname -s
run test -f fruit
run date -u -d @0 +%Y
run sh -c 'trap "echo trapped" TERM; kill -TERM $$; echo $?'
run sh -c 'for i in 1 2 3 4 5 6 7 8; do (echo $i) & done; wait' | sort
run sh -c 'mkfifo p; echo through >p & cat p'
run sh -c 'exec 3<>shared; echo x >&3; cat shared'
has flock && run flock lock echo locked
has pidof && run pidof sh >/dev/null
run ps >/dev/null
has free && run free >/dev/null
has uptime && run uptime >/dev/null
has usleep && run usleep 1000
has setsid && run setsid true
has xxd && run xxd -p fruit

# SPDX-License-Identifier: ISC
# confine.sh - the walls of a root that is reached by chroot, as an initramfs cannot be pivoted away from
# shellcheck shell=sh disable=SC2034,SC2154
. /vm/checks
. /vm/walls

nook=/bin/nook
# an unshared user namespace is not to be had in a chroot; what is below can be seen with the rights to take it apart;
# Debian's kernels let nobody measure, newer ones nobody type, and not all read another's memory; busybox's setpriv
# leaks no groups. The machine that runs the tests shows these.
hindered='unshare-user clone-user clone3-user old-root chroot-escape perf terminal-input terminal-input-high read-init groups-kept'

wrong()
{
	failed "$1"
}

as='--inh-caps +chown --ambient-caps +chown' # its busybox has no groups to leak
mkdir /walls
cd /walls || exit
for dir in bin etc proc sys dev tmp mnt; do mkdir -p root/$dir; done
cp /bin/busybox root/bin/
echo root:x:0:0:root:/:/bin/sh >root/etc/passwd
make_probes /bin/probe
for init in yes no; do
	closed '' --rootfs root --init=$init
	closed '' --rootfs root --init=$init --user 1000
done
closed '' --rootfs root --read-only --user 65534
closed '' --rootfs scratch -v /walls/root/bin:/bin -v /walls/root/etc:/etc:ro
given="$given -e SUID=/walls/files/suid -e FOREIGN=/walls/files/foreign"
probe=/walls/files/suid
chmod 755 files/suid # that it can be run by all, as itself
closed 'host-file cwd-outside old-root'
closed 'host-file cwd-outside old-root' --init=no --user 1000
chmod 4755 files/suid
probe=/bin/probe
given="$given -e SUID=/mnt/suid -e FOREIGN=/etc/foreign"

# each gets through where nothing is in its way, so far as this kernel has it
outside /bin/probe
sort /walls/names | not_in there >lacking
[ "$(wc -l <there)" -ge 55 ] || failed "so few get through outside: $(tr '\n' ' ' <there); and not: $(tr '\n' ' ' <lacking)"
if [ -z "${short-}" ]; then
	for section in $sections; do
		"walls_of_$section" >table
		opened <table
	done
	# known: who rules the machine finds the old root below
	tried --rootfs root --cap-add sys_admin,sys_chroot
	grep -qx old-root through || failed "old-root is not to be had even so: the probe proves nothing"
fi
exec 8>&-
cd /tmp || exit
finish

#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# samples_test.sh - the packages and samples of config/: those whose supervisor can be had are really started by it
# shellcheck shell=sh disable=SC2034,SC2154

. "$(atf_get_srcdir)/helpers.sh"

top=$(realpath "$(atf_get_srcdir)/..")
config=$top/config

# what a failed case has left: the supervisor, or nook, whose end is that of all below it
clean_up()
{
	[ ! -s supervisor.pid ] || kill -KILL "$(cat supervisor.pid)" 2>/dev/null
	number=$(nook_of samples-service 2>/dev/null)
	[ -z "$number" ] || kill -KILL "$number" 2>/dev/null
	sweep samples-
}

# ---- a service -------------------------------------------------------------------------------------

# service FILE: settings of one that sleeps, on a root of busybox alone
service()
{
	mkdir -p "$(dirname "$1")"
	printf '%s\n' 'name = samples-service' 'rootfs = scratch' 'volume = /bin/busybox:ro' 'pids-limit = 4' \
	    'command = /bin/busybox sleep 335' >"$1"
}

# nook_of NAME: the pid of the one that runs it
nook_of()
{
	"$nook" list | awk -v name="$1" '$1 == name { print $2 }'
}

# serves: the service runs; sets number to the pid of its nook
serves()
{
	poll_until 10 is_serving
	number=$(nook_of samples-service)
}

is_serving()
{
	[ -n "$(nook_of samples-service)" ] && pgrep -fx '/bin/busybox sleep 335'
}

# serves_no_more: neither it nor its nook, nor a group
serves_no_more()
{
	poll_until 10 is_not_serving
	nothing_left
}

is_not_serving()
{
	[ -z "$(nook_of samples-service)" ] && no_process_now '/bin/busybox sleep 335'
}

# serves_again [COMMAND...]: killed, nook is another one soon, and so is the service, once the command succeeds
serves_again()
{
	before=$number
	kill -KILL "$number"
	poll_until 20 is_another
	[ $# -eq 0 ] || poll_until 10 "$@"
	serves
}

is_another()
{
	now=$(nook_of samples-service)
	[ -n "$now" ] && [ "$now" != "$before" ]
}

# supervise COMMAND...: the supervisor, in the background
supervise()
{
	"$@" >out 2>err </dev/null &
	pid=$!
	echo "$pid" >supervisor.pid
}

# with_nook: PATH begins with a directory that holds nook, as installed
with_nook()
{
	mkdir -p bin
	ln -sf "$(realpath "$nook")" bin/nook
	PATH=$PWD/bin:$PATH
}

# machine FILE:PATH...: a root to be init in, in root/: busybox, nook, a service, and each FILE there, with what
# it is linked with
machine()
{
	tiny_root root
	rmdir root/sys # so that no init mounts control groups there
	mkdir -p root/usr/sbin root/sbin root/run root/var root/lib root/lib64
	ln -s ../run root/var/run
	busybox --install -s root/bin 2>/dev/null # those that are there stay
	cp "$nook" root/usr/sbin/nook
	service root/etc/nook/httpd.conf
	copied=
	for each; do
		file=${each#*:}
		[ -d "root${file%/*}" ] || mkdir -p "root${file%/*}"
		cp -L --remove-destination "${each%:*}" "root$file"
		copied="$copied root$file"
	done
	[ -n "$copied" ] || return 0
	# shellcheck disable=SC2086 # a list; scripts among it have none
	ldd $copied 2>/dev/null | sed -n 's/^[^/]*\(\/[^ ]*\) (.*/\1/p' | sort -u | while read -r library; do
		mkdir -p "root${library%/*}"
		cp -L "$library" "root$library"
	done
}

all_rights="--rootfs root --tmpfs /run:mode=755 --cap-add all --no-new-privileges=no"

# boot COMMAND...: as process 1 of that machine, with all rights; it is a nook as well, which ends with its init
boot()
{
	# shellcheck disable=SC2086 # options
	supervise "$nook" --name samples-machine --init=no $all_rights -- "$@"
}

# shut_down: the machine is over, and all that it ran
shut_down()
{
	kill -TERM "$pid"
	poll_until 10 is_over "$pid"
	wait "$pid"
	serves_no_more
}

# ---- init systems and supervisors -----------------------------------------------------------------

root_case runit__supervises 'runsv starts it, starts it again when nook is killed, and ends it'
runit__supervises_body()
{
	unpacked /usr/bin/runsv
	runsv=$found
	unpacked /usr/bin/sv
	sv=$found
	with_nook
	service nook/web.conf
	mkdir -p sv/web
	sed "s|/etc/nook/|$PWD/nook/|" "$config/runit/run" >sv/web/run
	chmod +x sv/web/run
	supervise "$runsv" sv/web
	serves
	serves_again
	atf_check -s exit:0 -o match:'^ok: down: ' -e empty "$sv" -w 10 down "$PWD/sv/web"
	serves_no_more
	atf_check -s exit:0 -o match:'^ok: ' -e empty "$sv" -w 10 exit "$PWD/sv/web"
	ended 0
	atf_check -s exit:0 -o empty -e empty cat err
}

root_case s6__supervises 's6 is told when it is ready, starts it again when nook is killed, and ends it'
s6__supervises_body()
{
	unpacked /usr/bin/s6-supervise
	PATH=$(dirname "$found"):$PATH
	with_nook
	service nook/web.conf
	# it has to say that it is ready, and does so when it is told to
	sed -i '/^command = /d' nook/web.conf
	cat >>nook/web.conf <<-'EOF'
		notify = fd:7
		command = /bin/busybox sh -c "trap 'echo >&7; exec /bin/busybox sleep 335' USR1; while :; do busybox sleep 0.1; done"
	EOF
	mkdir web
	sed "s|/etc/nook/|$PWD/nook/|" "$config/s6/run" >web/run
	cp "$config/s6/notification-fd" web
	chmod +x web/run
	supervise s6-supervise web
	poll_until 10 s6-svok web
	poll_until 10 s6_sends_usr1
	is_serving >serving || atf_fail 'ready, and does not run'
	number=$(nook_of samples-service)
	serves_again s6_sends_usr1
	atf_check -s exit:0 -o empty -e empty s6-svc -d web
	poll_until 10 s6_says 'false false'
	serves_no_more
	atf_check -s exit:0 -o empty -e empty s6-svc -x web
	ended 0
	atf_check -s exit:0 -o empty -e empty cat err
}

# s6_says UP-READY
s6_says()
{
	[ "$(s6-svstat -o up,ready web)" = "$1" ]
}

# s6_sends_usr1: up, not ready, and then ready
s6_sends_usr1()
{
	s6_says 'true true' && return
	[ -z "$(nook_of samples-service)" ] || ! s6_says 'true false' || s6-svc -1 web
	return 1
}

root_case inittab__respawns 'busybox init starts it, starts it again, and ends it when the machine goes down'
inittab__respawns_body()
{
	machine
	cp "$config/inittab" root/etc/inittab
	boot /bin/busybox init
	serves
	serves_again
	shut_down
}

root_case finit__supervises 'finit takes it to be up by its pid file, starts it again, and ends it'
finit__supervises_body()
{
	unpacked /sbin/finit
	finit=$found
	machine "$finit:/sbin/finit"
	mkdir -p root/etc/finit.d
	: >root/etc/finit.conf
	cp "$config/finit/nook.conf" root/etc/finit.d/httpd.conf
	boot /sbin/finit
	serves
	file=/proc/$number/root/run/httpd.pid
	poll_until 10 test -s "$file"
	atf_check_equal "$(sed -n 's/^NSpid:.*\t//p' "/proc/$number/status")" "$(cat "$file")"
	serves_again
	shut_down
	atf_check -s exit:0 -o match:'Starting Web server in a nook' -e empty cat out err
}

root_case openrc__service 'its script starts, reloads and stops it, and says why it would not start'
openrc__service_body()
{
	unpacked /sbin/openrc-run
	openrc=${found%/sbin/openrc-run}
	[ -n "$openrc" ] || atf_skip 'OpenRC is only taken from build/debian'
	set -- "$(realpath "$(command -v start-stop-daemon)"):/bin/start-stop-daemon"
	for each in "$openrc"/sbin/* "$openrc"/lib/rc/*bin/*; do
		set -- "$@" "$each:${each#"$openrc"}"
	done
	machine "$@"
	cp -a "$openrc/lib/rc/sh" root/lib/rc
	mkdir -p root/etc/init.d root/etc/conf.d root/etc/runlevels root/etc/insserv.conf.d
	: >root/etc/insserv.conf
	cp "$config/alpine/nook.initd" root/etc/init.d/nook
	ln -s nook root/etc/init.d/nook.httpd
	cat >root/steps <<-'EOF'
		mkdir -p /run/openrc && cd /run/openrc
		mkdir daemons exclusive failed hotplugged inactive init.d options scheduled started starting stopping tmp \
		    wasinactive
		: >softlevel
		rc=/etc/init.d/nook.httpd
		is_up() { ps -o args | grep -qx "/bin/busybox sleep 335"; }
		is_down() { ! is_up; }
		soon() { for try in $(seq 100); do "$@" && echo "$*" && return; sleep 0.1; done; echo "not $*"; }
		$rc start
		soon is_up
		$rc status
		$rc reload
		soon is_down
		$rc zap
		$rc start
		soon is_up
		$rc stop
		is_down && echo 'is_down at once'
		echo 'colour = red' >>/etc/nook/httpd.conf
		$rc start
		rm /etc/nook/httpd.conf
		$rc start
		/etc/init.d/nook start
	EOF
	# shellcheck disable=SC2086 # options
	"$nook" $all_rights --timeout 50s -- /bin/sh /steps >said 2>&1 </dev/null
	sed 's,stopped /.*,,' said | grep -v -e '^ \[ ok \]' -e Caching -e zap >steps
	cat >expected <<-'EOF'
		 * Starting httpd in a nook ... [ ok ]
		is_up
		 * status: started
		 * Reloading httpd in a nook ... [ ok ]
		is_down
		 * Manually resetting nook.httpd to stopped state
		 * Starting httpd in a nook ... [ ok ]
		is_up
		 * Stopping httpd in a nook ...
		is_down at once
		 * nook: /etc/nook/httpd.conf:6: colour: unknown setting (nook --help all lists them)
		 * ERROR: nook.httpd failed to start
		 * nook: cannot open settings file /etc/nook/httpd.conf: No such file or directory
		 * ERROR: nook.httpd failed to start
		 * make a link to this: /etc/init.d/nook.NAME, for /etc/nook/NAME.conf
		 * ERROR: nook failed to start
	EOF
	atf_check -s exit:0 -o empty -e empty diff -u expected steps
	nothing_left
}

root_case systemd__protocol 'as its unit starts it, over a socket: READY only when it is, STOPPING; reload, status'
systemd__protocol_body()
{
	with_nook
	mkdir nook
	# ready when told to, and it hears of a reload
	cat >ready.sh <<-'EOF'
		trap 'echo reloads' HUP
		trap 'python3 -c "import socket; socket.socket(1, 2).sendto(b\"READY=1\", \"/dev/notify\")"' USR1
		while :; do sleep 0.05; done
	EOF
	printf '%s\n' 'name = samples-service' 'pids-limit = 8' 'notify = systemd' "command = /bin/sh $PWD/ready.sh" \
	    >nook/httpd.conf
	unit=$config/nook@.service
	atf_check -s exit:0 -o inline:'Type=notify\nNotifyAccess=main\nDelegate=yes\nKillMode=mixed\n' -e empty \
	    grep -E '^(Type|NotifyAccess|Delegate|KillMode)=' "$unit"
	line=$(sed -n "s|^ExecStart=/usr/sbin/nook \(.*\)/etc/nook/%i.conf$|\1$PWD/nook/httpd.conf|p" "$unit")
	# shellcheck disable=SC2016 # of systemd
	reload=$(sed -n 's|^ExecReload=\(.*\) \$MAINPID$|\1|p' "$unit")
	atf_check_equal 'kill -HUP' "$reload"
	# shellcheck disable=SC2086 # arguments
	supervise python3 -c 'import os, socket, struct, subprocess, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind("notify")
main = subprocess.Popen(sys.argv[1:], env={**os.environ, "NOTIFY_SOCKET": os.path.abspath("notify")})
print("main", main.pid, flush=True)
s.settimeout(0.05)
while True:
	try:
		text, more, _, _ = s.recvmsg(4096, 64)
	except TimeoutError:
		if main.poll() is not None:
			break
		continue
	sender = struct.unpack("3i", more[0][2])[0]
	print("main says" if sender == main.pid else "another says", text.decode().strip(), flush=True) # NotifyAccess=main
sys.exit(main.returncode)' nook $line
	poll_until 10 grep -q '^main [0-9]' out
	main=$(sed -n 's/^main \([0-9]*\)$/\1/p' out)
	poll_until 10 pgrep -fx "/bin/sh $PWD/ready.sh"
	inside=$(pgrep -fx "/bin/sh $PWD/ready.sh")
	atf_check -s exit:1 -o empty -e empty grep READY out
	poll_until 10 sends_until "$inside" '^main says READY=1$'
	$reload "$main"
	poll_until 10 grep -qx reloads out
	kill -TERM "$main"
	ended 143 # of SuccessExitStatus
	atf_check -s exit:0 -o inline:'SuccessExitStatus=143\n' -e empty grep SuccessExitStatus "$unit"
	atf_check -s exit:0 -o inline:'main says READY=1\nmain says STOPPING=1\n' -e empty grep says out
	nothing_left
}

# sends_until PID TEXT: it is told once, as soon as it has a handler; succeeds when the text is there
sends_until()
{
	grep -q "$2" out && return
	[ -e sent ] || ! caught "$1" || { kill -USR1 "$1" && : >sent; }
	return 1
}

# caught PID: it has a handler for SIGUSR1
caught()
{
	[ $((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status") & 512)) != 0 ]
}

# ---- packages -------------------------------------------------------------------------------------

unprivileged_case scripts__lint 'sh and shellcheck find nothing to say about any script'
scripts__lint_body()
{
	grep -rlE '^#!/(bin/sh|sbin/openrc-run)' "$config" >scripts
	echo "$config/alpine/APKBUILD" >>scripts
	[ "$(wc -l <scripts)" -ge 8 ] || atf_fail "just these scripts were found: $(tr '\n' ' ' <scripts)"
	while read -r script; do
		atf_check -s exit:0 -o empty -e empty sh -n "$script"
		atf_check -s exit:0 -o empty -e empty busybox sh -n "$script"
		atf_check -s exit:0 -o empty -e empty shellcheck -s sh "$script"
	done <scripts
}

unprivileged_case packages__version 'each package has the version of this nook'
packages__version_body()
{
	version=$("$nook" --version | sed 's/^nook //')
	atf_check -s exit:0 -o inline:"PKG_VERSION:=$version\n" -e empty grep ^PKG_VERSION "$config/openwrt/Makefile"
	atf_check -s exit:0 -o inline:"NOOK_VERSION = $version\n" -e empty grep ^NOOK_VERSION "$config/buildroot/nook.mk"
	atf_check -s exit:0 -o inline:"pkgver=$version\n" -e empty grep ^pkgver "$config/alpine/APKBUILD"
}

# toolchain: as OpenWrt and Buildroot lay out theirs, in toolchain/: musl and the kernel's headers side by side
toolchain()
{
	mkdir -p toolchain/include
	machine=$(gcc -dumpmachine)
	ln -s "/usr/lib/${machine%%-*}-linux-musl" toolchain/lib
	ln -s "/usr/include/${machine%%-*}-linux-musl"/* /usr/include/linux /usr/include/asm-generic toolchain/include
	ln -s "/usr/include/$machine/asm" toolchain/include/asm
}

unprivileged_case openwrt__builds 'its Makefile, with stubs for those of OpenWrt, builds and installs all'
openwrt__builds_body()
{
	toolchain
	mkdir -p include
	printf '%s\n' "TARGET_CC = gcc" "TARGET_OPTIMIZATION = -O1" "TOOLCHAIN_DIR = $PWD/toolchain" 'CP = cp -fpR' \
	    'INSTALL_DIR = install -d -m 755' 'INSTALL_BIN = install -m 755' >rules.mk
	echo "PKG_BUILD_DIR = $PWD/built" >include/package.mk
	cat >>include/package.mk <<-'EOF'
		define BuildPackage
		all:
			$(Build/Prepare)
			$(Build/Compile)
			$(call Package/$(1)/install,$(DESTINATION))
		endef
	EOF
	atf_check -s exit:0 -o ignore -e empty make -C "$config/openwrt" -s TOPDIR="$PWD" INCLUDE_DIR="$PWD/include" \
	    DESTINATION="$PWD/target"
	"$nook" --version >expected
	atf_check -s exit:0 -o file:expected -e empty target/usr/sbin/nook --version
	atf_check -s exit:0 -o empty -e empty cmp "$config/openwrt/files/nook.init" target/etc/init.d/nook
	atf_check -s exit:0 -o empty -e empty test -x target/etc/init.d/nook -a -d target/etc/nook
}

root_case openwrt__procd 'its init script, with stubs for those of procd, has one instance a file, whose command runs'
openwrt__procd_body()
{
	cat >stubs <<-'EOF'
		procd_open_instance() { echo "open $*"; }
		procd_set_param() { echo "$*"; }
		procd_close_instance() { echo close; }
	EOF
	service nook/one.conf
	service nook/two.conf
	sed -e "s|/etc/nook/|$PWD/nook/|" -e "s|/usr/sbin/nook|$(realpath "$nook")|" \
	    "$config/openwrt/files/nook.init" >script
	# shellcheck disable=SC2016 # of the inner shell
	atf_check -s exit:0 -o save:said -e empty sh -euc '. ./stubs; . ./script; start_service; [ "$USE_PROCD" = 1 ]'
	atf_check -s exit:0 -o inline:"open one\nopen two\n" -e empty grep '^open' said
	atf_check -s exit:0 -o inline:"file $PWD/nook/one.conf\nfile $PWD/nook/two.conf\n" -e empty grep '^file' said
	command=$(sed -n 's/^command //p' said | head -n 1)
	# shellcheck disable=SC2086 # a command
	supervise $command
	serves
	kill -TERM "$pid"
	ended 143 # within the 5 s of procd, as it has no handler
	serves_no_more
}

unprivileged_case buildroot__kernel_options 'its fix-ups are the options of kernel.config'
buildroot__kernel_options_body()
{
	sed -n 's/^\(CONFIG_.*\)=y$/\1/p' "$config/kernel.config" >expected
	sed -n 's/^.*KCONFIG_ENABLE_OPT,\(CONFIG_.*\)).*$/\1/p' "$config/buildroot/nook.mk" >enabled
	[ "$(wc -l <expected)" -gt 30 ] || atf_fail 'no options were found in kernel.config'
	atf_check -s exit:0 -o empty -e empty diff -u expected enabled
}

unprivileged_case buildroot__builds 'its nook.mk, with stubs for those of Buildroot, says how to build, and installs all'
buildroot__builds_body()
{
	cat >Makefile <<-'EOF'
		TARGET_CC = gcc
		STAGING_DIR = staging
		TARGET_DIR = target
		INSTALL = install
		NOOK_PKGDIR = $(PACKAGE)
		KCONFIG_ENABLE_OPT = enable $(1)
		.RECIPEPREFIX = >
		define generic-package
		all: built
		> $$(NOOK_INSTALL_TARGET_CMDS)
		> $$(NOOK_INSTALL_INIT_SYSV)
		> $$(NOOK_INSTALL_INIT_SYSTEMD)
		built:
		> $$(NOOK_BUILD_CMDS)
		fixups:
		> $$(NOOK_LINUX_CONFIG_FIXUPS)
		site:
		> @echo $$(NOOK_SITE)
		.PHONY: all built fixups site
		endef
		include $(PACKAGE)/nook.mk
	EOF
	atf_check -s exit:0 -o inline:"$top\n" -e empty make -s PACKAGE="$config/buildroot" site
	atf_check -s exit:0 -o match:'^enable CONFIG_MEMCG$' -e empty make -n PACKAGE="$config/buildroot" fixups
	atf_check -s exit:0 -o match:' CC="gcc" MUSL="staging/usr/lib" ' -o match:' HEADERS="staging/usr/include" ' \
	    -e empty make -n PACKAGE="$config/buildroot" built
	atf_check -s exit:0 -o match:'S80nook target/etc/init.d/S80nook$' -o match:'nook@.service target/.*/nook@.service$' \
	    -e empty make -n -o built PACKAGE="$config/buildroot" all
	# and these are there
	: >nook
	atf_check -s exit:0 -o ignore -e empty make -o built PACKAGE="$config/buildroot" all
	atf_check -s exit:0 -o empty -e empty test -x target/etc/init.d/S80nook
	atf_check -s exit:0 -o empty -e empty test -s target/usr/lib/systemd/system/nook@.service
}

root_case buildroot__start_script 'S80nook starts each file of the directory, reloads and stops it, with busybox'
buildroot__start_script_body()
{
	with_nook
	mkdir tools
	for applet in start-stop-daemon sleep mkdir basename cat grep rm; do
		ln -s /bin/busybox "tools/$applet"
	done
	service nook/web.conf
	sed -e "s|^nook=.*|nook=$(realpath "$nook")|" -e "s|^settings=.*|settings=$PWD/nook|" \
	    -e "s|^pids=.*|pids=$PWD/run|" "$config/buildroot/S80nook" >script
	printf '%s\n' "#!/bin/sh" "PATH=$PWD/tools exec $(command -v busybox) sh $PWD/script \"\$@\"" >s80
	chmod +x s80
	atf_check -s exit:0 -o inline:'Starting web: OK\n' -e empty ./s80 start
	serves
	atf_check_equal "$number" "$(cat run/web.pid)"
	atf_check -s exit:0 -o inline:'Starting web: OK, it runs already\n' -e empty ./s80 start
	atf_check -s exit:0 -o inline:'Stopping web: OK\nStarting web: OK\n' -e empty ./s80 restart
	before=$number
	serves
	[ "$number" != "$before" ] || atf_fail 'it is not another one'
	# it has no handler, and so ends
	atf_check -s exit:0 -o inline:'Reloading web: OK\n' -e empty ./s80 reload web
	serves_no_more
	echo 1 >run/web.pid # not of a nook: the one that wrote it was killed
	atf_check -s exit:0 -o inline:'Starting web: OK\n' -e empty ./s80 start
	serves
	atf_check -s exit:0 -o inline:'Stopping web: OK\n' -e empty ./s80 stop web
	echo 'colour = red' >>nook/web.conf
	atf_check -s exit:0 -o match:'^Starting web: FAIL$' -o match:'^nook: .*/web.conf:6: colour: unknown setting ' \
	    -e empty ./s80 start
	atf_check -s exit:2 -o empty -e match:'^usage: ' ./s80 something
	serves_no_more
}

unprivileged_case alpine__package 'what its APKBUILD installs is a package'
alpine__package_body()
{
	cat >expected <<-'EOF'
		etc/init.d/nook
		usr/sbin/nook
		usr/share/man/man8/nook.8
	EOF
	# shellcheck disable=SC2016 # of the inner shell
	atf_check -s exit:0 -o ignore -e empty sh -euc 'pkgdir=$PWD/package srcdir=$1/config/alpine top=$1
	. "$srcdir/APKBUILD"
	[ "$pkgname-$pkgver" = "$(basename "$(echo $source | cut -d" " -f1)" .tar.gz)" ]
	# what is built already is not built with the directories of Alpine
	make() { command make -s -C "$top" -o nook "$@"; }
	package' sh "$top"
	find package -type f -printf '%P\n' | sort >installed
	atf_check -s exit:0 -o empty -e empty diff -u expected installed
}

# ---- jobs -----------------------------------------------------------------------------------------

unprivileged_case crontab__line 'each line is one of cron, whose command nook understands'
crontab__line_body()
{
	grep -v -e '^#' -e '^$' -e '^[A-Z]*=' "$config/crontab" >lines
	atf_check -s exit:0 -o match:'nook' -e empty cat lines
	with_nook
	while read -r minute hour day month weekday user command; do
		for each in "$minute" "$hour" "$day" "$month" "$weekday"; do
			case $each in *[!0-9*/,-]*) atf_fail "$each is no time" ;; esac
		done
		atf_check -s exit:0 -o inline:'0\n' -e empty id -u "$user"
		case $command in *%*) atf_fail 'cron makes a line break of %' ;; esac
		atf_check -s exit:0 -o match:'^timeout = ' -e empty sh -c "nook explain ${command#nook }"
	done <lines
}

root_case parallel__runs 'GNU parallel: a line for each input, each limited by itself, the failures counted'
parallel__runs_body()
{
	unpacked /usr/bin/parallel
	PATH=$(dirname "$found"):$PATH
	with_nook
	cat >program <<-'EOF'
		#!/bin/sh
		read word
		case $word in
		hog) exec tail /dev/zero ;;
		*) echo "$word!"; exit "${#word}" ;;
		esac
	EOF
	chmod +x program
	echo >'an input'
	echo ab >two
	echo hog >hog
	atf_check -s exit:2 -o save:said -e match:'killed by the memory limit of 64m' \
	    "$config/parallel.sh" ./program 'an input' two hog
	atf_check -s exit:0 -o match:'^an input: status=0 reason=exited wall-seconds=[0-9.]+ memory-peak=[0-9]+$' \
	    -o match:'^two: status=2 reason=exited ' -o match:'^hog: status=137 reason=oom ' -e empty cat said
	atf_check -s exit:0 -o inline:'!\nab!\n' -e empty cat 'an input.out' two.out
	nothing_left
}

root_case judge__verdicts 'each way to fail has its verdict, and what is right is accepted'
judge__verdicts_body()
{
	with_nook
	mkdir tests
	echo 3 >tests/a.in
	echo 6 >tests/a.out
	echo 5 >tests/b.in
	echo 10 >tests/b.out
	judge 0 accepted 'int n; scanf("%d", &n); printf("%d\n", 2 * n);'
	atf_check -s exit:0 -o match:'^a: accepted, 0\.[0-9]+ s, [0-9]+ bytes$' -o match:'^b: accepted, ' -e empty cat said
	judge 1 'wrong answer' 'puts("6");'
	atf_check -s exit:0 -o match:'^a: accepted, ' -o match:'^b: wrong answer, ' -e empty cat said
	rm tests/b.*
	judge 1 'runtime error' 'return 3;'
	judge 1 'runtime error' 'abort();'
	judge 1 'time limit' 'for (;;) getpid();'
	judge 1 'memory limit' 'for (;;) memset(malloc(1 << 20), 1, 1 << 20);'
	judge 1 'output limit' 'for (;;) puts("a line of it");'
	judge 1 'wrong answer' 'printf("%d\n", fork());'
	judge 1 'compile error' 'this is no program'
	nothing_left
}

# judge STATUS VERDICT BODY: of a program
judge()
{
	printf '#include <%s.h>\n' stdio stdlib string unistd >source.c
	printf '%s\n' "int main(void) { $3 }" >>source.c
	atf_check -s exit:"$1" -o save:said -e empty "$config/judge.sh" source.c tests
	atf_check -s exit:0 -o inline:"$2\n" -e empty tail -n 1 said
}

atf_init_test_cases()
{
	add_cases
}

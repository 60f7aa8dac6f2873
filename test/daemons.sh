# daemons.sh - real daemons through config/*.conf: each answers, is limited, reloads, is started anew, ends; sourced by *_test.sh
#
# They are this machine's, or those of the root that is in $system.
# shellcheck shell=sh disable=SC2034,SC2154

system=

# have_system, is_of_system: for who has another one: to make it; to look whether the daemon is of it
have_system()
{
	:
}

is_of_system()
{
	:
}

top=$(realpath "$(atf_get_srcdir)/..")

# the daemon of a failed case goes with its nook
clean_up()
{
	[ ! -s nook.pid ] || kill -KILL "$(cat nook.pid)" 2>/dev/null
	sweep daemons-
}

# a_port: one that nobody listens on, TCP or UDP, in $port
a_port()
{
	port=$(python3 -c 'import socket
while True:
	t, u = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
	t.bind(("127.0.0.1", 0))
	try:
		u.bind(t.getsockname())
		break
	except OSError:
		pass
print(t.getsockname()[1])')
}

# ask dns NAME|http PATH|ssh|ntp|mqtt: a request to $port; what is answered, on standard output
ask()
{
	timeout 5 python3 -c 'import socket, struct, sys
to = ("127.0.0.1", int(sys.argv[1]))
def udp(request):
	s = socket.socket(type=socket.SOCK_DGRAM)
	s.settimeout(1)
	s.connect(to)
	s.send(request)
	return s.recv(2048)
def tcp(request, most):
	s = socket.create_connection(to, 1)
	s.sendall(request)
	a = b""
	while len(a) < most and (more := s.recv(most - len(a))):
		a += more
	return a
def dns(name):
	labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
	a = udp(struct.pack(">6H", 0x6e6b, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1")
	if a[:2] != b"nk" or a[3] & 15 or a[6:8] != b"\0\1":
		sys.exit("no such name")
	return ".".join(map(str, a[-4:]))
def http(path):
	head, _, body = tcp(b"GET %s HTTP/1.0\r\n\r\n" % path.encode(), 4096).partition(b"\r\n\r\n")
	return head.split(b"\r\n")[0].decode() + "\n" + body.decode()
def ssh():
	return tcp(b"", 99).split(b"\r\n")[0].decode()
def ntp():
	sent = b"nook-ask"
	a = udp(b"\x23" + bytes(39) + sent)
	return "mode %d stratum %d %s" % (a[0] & 7, a[1], "ours" if a[24:32] == sent else "not ours")
def mqtt():
	return tcp(b"\x10\x10\0\4MQTT\4\2\0\x3c\0\4nook", 4).hex()
kinds = {"dns": dns, "http": http, "ssh": ssh, "ntp": ntp, "mqtt": mqtt}
print(kinds[sys.argv[2]](*sys.argv[3:]), end="")' "$port" "$@"
}

# ---- the samples, on ports and files of ours -------------------------------------------------------

# daemon_at PATH: the same for a daemon or what belongs to it, in whichever system
daemon_at()
{
	found=$system$1
	[ -n "$system" ] || unpacked "$1"
}

# adapt SAMPLE PROGRAM ID [SED-ARGUMENT...]: config/SAMPLE.conf to daemons.conf, with the program from where it
# is, as the user of that number, whatever its name on this host, and with what is asked for besides
adapt()
{
	sample=$1 program=$2 id=$3
	shift 3
	have_system
	daemon_at "$program"
	[ -z "$system" ] || set -- "$@" -e "s|^volume = \\(/bin/busybox:/\\)|volume = $system\\1|" \
	    -e "s|^volume = \\(/[a-z/0-9]*\\):\\([^/]*\\)\$|volume = $system\\1:\\1:\\2|"
	mkdir etc
	user=$(sed -n 's/^user = //p' "$top/config/$sample.conf")
	printf '%s\n' root:x:0:0:root:/:/bin/sh nobody:x:65534:65534::/:/bin/false \
	    "$user:x:$id:$id:$user:/home/$user:/bin/sh" >etc/passwd
	printf '%s\n' root:x:0: nogroup:x:65534: "$user:x:$id:" >etc/group
	chmod 755 .
	sed -e "s|^name = .*|name = daemons-$sample|" -e "s|^volume = $program:|volume = $found:$program:|" \
	    -e "s,^volume = \\(/etc/passwd\\|/etc/group\\):,volume = $PWD\\1:\\1:," \
	    -e 's/^restart-delay = .*/restart-delay = 50ms/' -e '/^cap-add = net_bind_service$/d' \
	    "$@" "$top/config/$sample.conf" >daemons.conf
}

# directory NAME: one of ours, which belongs to the daemon
directory()
{
	mkdir -p "$1"
	chown "$id:$id" "$1"
}

# ours PATH DIR: for adapt: the volume of that place is a directory of ours
ours()
{
	printf '%s\n' "s|^volume = $1\\(:[^/]*\\)\\{0,1\\}\$|volume = $PWD/$2:$1\\1|"
}

# goes_up REQUEST...: nook runs it, and it answers $answer
goes_up()
{
	start -f daemons.conf --report report
	echo "$pid" >nook.pid
	answers "$@"
}

answers()
{
	poll_until 15 answered_or_over "$@"
	is_over "$pid" && atf_fail "it is over; it said: $(cat out err | tr '\n' ' ')"
	is_answered "$@"
}

# is_answered REQUEST...: with $answer
is_answered()
{
	ask "$@" >answer 2>&1
	atf_check -s exit:0 -o inline:"$answer" -e empty cat answer
}

answered_or_over()
{
	ask "$@" || is_over "$pid"
}

# group FILE: of its group, on v2 or in whichever hierarchy of v1
group()
{
	find /sys/fs/cgroup -path "*/nook/daemons-$sample/$1" -exec cat {} + | sort -u
}

# the_daemon: its first process: the lowest of its pids
the_daemon()
{
	group cgroup.procs | sort -n | head -n 1
}

# size NAME: a limit of the sample, as the kernel writes it
size()
{
	numfmt --from=iec "$(sed -n "s/^$1 = //p" daemons.conf | tr '[:lower:]' '[:upper:]')"
}

# is_limited: memory and processes are, as the sample says; it is its user, without any right, on its own root
is_limited()
{
	limit=$(group memory.max)
	atf_check_equal "$(size memory)" "${limit:-$(group memory.limit_in_bytes)}"
	atf_check_equal "$(size pids-limit)" "$(group pids.max)"
	status=/proc/$(the_daemon)/status
	is_of_system
	for each in CapInh CapPrm CapEff CapBnd CapAmb; do
		atf_check -s exit:0 -o inline:"$each:\t0000000000000000\n" -e empty grep "^$each:" "$status"
	done
	atf_check -s exit:0 -o inline:"Uid:\t$id\t$id\t$id\t$id\n" -e empty grep ^Uid: "$status"
	atf_check -s exit:0 -o inline:"NoNewPrivs:\t1\n" -e empty grep ^NoNewPrivs: "$status"
	root=/proc/$(the_daemon)/root
	atf_check -s exit:0 -o not-match:'^(root|boot|opt|mnt)$' -e empty ls "$root/"
	atf_check -s not-exit:0 -o empty -e match:'Read-only' touch "$root/new"
}

# comes_back REQUEST...: killed, it is another process that answers
comes_back()
{
	before=$(the_daemon)
	[ -n "$before" ] || atf_fail 'no daemon in its group'
	kill -KILL "$before"
	poll_until 15 is_another "$before"
	answers "$@"
}

is_another()
{
	now=$(the_daemon)
	[ -n "$now" ] && [ "$now" != "$1" ]
}

# ends STATUS [COMMAND...]: told to by TERM or the command, in time, with that status; it had been started once again
ends()
{
	status=$1
	shift
	[ $# -gt 0 ] || set -- kill -TERM "$pid"
	told=$(date +%s%N)
	atf_check -s exit:0 -o save:said -e empty "$@"
	ended "$status"
	at_most "$((($(date +%s%N) - told) / 1000000))" 4000 # its stop-timeout is two seconds
	atf_check -s exit:0 -o inline:"reason=stopped\nstatus=$status\nrestarts=1\n" -e empty \
	    grep -E '^(reason|status|restarts)=' report
	nothing_ours_left
}

# says_later TEXT: the daemon does, in the end
says_later()
{
	poll_until 10 grep -q "$1" out err
}

# ---- each of them -----------------------------------------------------------------------------------

root_case dnsmasq__resolves 'config/dnsmasq.conf: a name of its hosts, and of the changed hosts after SIGHUP'
dnsmasq__resolves_body()
{
	a_port
	adj=500 # root without the right to less, as in some containers, cannot have the sample's -500
	! sh -c 'echo -500 >/proc/self/oom_score_adj' 2>/dev/null || adj=-500
	adapt dnsmasq /usr/sbin/dnsmasq 993 -e "$(ours /var/lib/dnsmasq leases)" -e "$(ours /etc/hosts hosts)" \
	    -e "$(ours /etc/dnsmasq.conf dnsmasq.conf)" -e '/^volume = .*resolv/d' -e '/^volume = .*dnsmasq\.d/d' \
	    -e '/^cap-add = net_\(raw\|admin\)$/d' -e "s/^oom-score-adj = .*/oom-score-adj = $adj/"
	directory leases
	echo 192.0.2.1 one.test >hosts
	printf '%s\n' "port=$port" listen-address=127.0.0.1 bind-interfaces no-resolv >dnsmasq.conf
	answer=192.0.2.1
	goes_up dns one.test
	is_limited
	atf_check_equal "$adj" "$(cat "/proc/$(the_daemon)/oom_score_adj")"
	ask dns two.test >answer 2>&1 && atf_fail "there is a two.test: $(cat answer)"
	echo 192.0.2.2 two.test >>hosts # rewritten, not replaced
	kill -HUP "$pid"
	answer=192.0.2.2
	answers dns two.test
	comes_back dns two.test
	ends 0
}

root_case lighttpd__serves 'config/lighttpd.conf: a page, and that of the changed settings after SIGUSR1'
lighttpd__serves_body()
{
	a_port
	daemon_at /usr/lib/lighttpd
	modules=$found
	adapt lighttpd /usr/sbin/lighttpd 33 -e "$(ours /var/www www)" -e "$(ours /etc/lighttpd own)" \
	    -e "s|^network = |volume = $modules:/modules:ro\\n&|" -e 's|^command = .*|& -m /modules|'
	mkdir -p www/old www/new own
	echo 'the old page' >www/old/page.txt
	echo 'the new page' >www/new/page.txt
	printf '%s\n' "server.port = $port" 'server.bind = "127.0.0.1"' 'server.document-root = "/var/www/old"' \
	    'server.upload-dirs = ( "/var/tmp" )' 'server.modules = ( "mod_dirlisting" )' >own/lighttpd.conf
	answer='HTTP/1.0 200 OK\nthe old page\n'
	goes_up http /page.txt
	is_limited
	kill -HUP "$pid"
	says_later 'logfiles cycled'
	sed -i s/old/new/ own/lighttpd.conf
	kill -USR1 "$pid"
	poll_until 15 is_new_page
	answer='HTTP/1.0 200 OK\nthe new page\n'
	comes_back http /page.txt
	ends 0
}

is_new_page()
{
	ask http /page.txt | grep -q 'the new page'
}

root_case dropbear__logs_in 'config/dropbear.conf: it greets, and lets in who has the key, to the shell inside'
dropbear__logs_in_body()
{
	a_port
	unpacked /usr/bin/dropbearkey
	key=$found
	unpacked /usr/bin/dbclient
	client=$found
	adapt dropbear /usr/sbin/dropbear 4321 -e "$(ours /home/guest home)" \
	    -e "s|^volume = /etc/nook/guest.key:|volume = $PWD/key:|" -e "s|^volume = /srv/guest:|volume = $PWD/home:|" \
	    -e "s| -p 2222\$| -p 127.0.0.1:$port|"
	directory home
	directory home/.ssh
	chmod 700 home home/.ssh
	atf_check -s exit:0 -o ignore -e ignore "$key" -t ed25519 -f key
	atf_check -s exit:0 -o save:said -e ignore "$key" -t ed25519 -f mine
	grep '^ssh-ed25519 ' said >home/.ssh/authorized_keys
	chown "$id" key home/.ssh/authorized_keys
	answer='SSH-2.0-dropbear_2022.83'
	goes_up ssh
	is_limited
	logs_in
	atf_check -s exit:0 -o inline:"received\n" -e empty cat home/file
	comes_back ssh
	rm home/file
	logs_in
	ends 1
}

# logs_in: a session inside runs a command, is one of the group's processes, and gets its status back
logs_in()
{
	export HOME="$PWD" # for what it knows of hosts
	# shellcheck disable=SC2016 # of the shell inside
	atf_check -s exit:7 -o inline:"guest 4321\n" -e ignore "$client" -y -i mine -p "$port" guest@127.0.0.1 \
	    'echo received >file; echo "$(busybox id -un) $(busybox id -u)"; exit 7'
}

root_case chrony__tells_time 'config/chrony.conf: it answers what it was asked, and leaves the clock alone here'
chrony__tells_time_body()
{
	a_port
	adapt chrony /usr/sbin/chronyd 992 -e "$(ours /var/lib/chrony lib)" -e "$(ours /etc/chrony own)" \
	    -e '/^volume = .*resolv/d' -e '/^cap-add = sys_time$/d' -e 's| -d | -d -x |'
	directory lib
	mkdir own
	printf '%s\n' "port $port" 'bindaddress 127.0.0.1' 'cmdport 0' 'local stratum 7' 'allow 127.0.0.1' \
	    'driftfile /var/lib/chrony/drift' >own/chrony.conf
	answer='mode 4 stratum 7 ours'
	goes_up ntp
	is_limited
	atf_check_equal -5 "$(cut -d' ' -f19 "/proc/$(the_daemon)/stat")"
	comes_back ntp
	ends 0
}

root_case mosquitto__accepts 'config/mosquitto.conf: ready, it accepts a client; after SIGHUP, with other settings, not'
mosquitto__accepts_body()
{
	a_port
	adapt mosquitto /usr/sbin/mosquitto 991 -e "$(ours /var/lib/mosquitto lib)" -e "$(ours /etc/mosquitto own)"
	directory lib
	mkdir own
	printf '%s\n' "listener $port 127.0.0.1" 'allow_anonymous true' 'persistence true' \
	    'persistence_location /var/lib/mosquitto/' 'log_dest stderr' >own/mosquitto.conf
	echo "pidfile = $PWD/ready" >>daemons.conf
	start -f daemons.conf --report report
	echo "$pid" >nook.pid
	poll_until 15 test -s ready # told only when it listens: no second try is needed
	answer=20020000
	is_answered mqtt
	is_limited
	sed -i 's/anonymous true/anonymous false/' own/mosquitto.conf
	kill -HUP "$pid"
	poll_until 15 is_refused
	sed -i 's/anonymous false/anonymous true/' own/mosquitto.conf
	comes_back mqtt
	ends 0
	atf_check -s exit:1 -o empty -e empty test -e ready
}

# is_refused: as not authorized
is_refused()
{
	[ "$(ask mqtt)" = 20020005 ]
}

root_case httpd__serves 'config/httpd.conf: busybox httpd, killed, serves its page again; nook list and stop know it'
httpd__serves_body()
{
	a_port
	adapt httpd /bin/busybox 65534 -e "$(ours /srv/www www)" -e "s/ -p 80 / -p 127.0.0.1:$port /"
	mkdir www
	echo 'a page' >www/page.txt
	answer='HTTP/1.1 200 OK\na page\n'
	goes_up http /page.txt
	is_limited
	comes_back http /page.txt
	atf_check -s exit:0 -o match:"^daemons-httpd +$pid " -e empty "$nook" list
	ends 143 "$nook" stop daemons-httpd
	atf_check -s exit:0 -o inline:'daemons-httpd has stopped\n' -e empty cat said
}

atf_init_test_cases()
{
	add_cases
}

# programs.sh - real programs with nothing opened: each does inside what it does outside; sourced by *_test.sh
#
# Who sources it has a function outside, which runs a command in the directory work without nook, and says how it is
# in nook: place, its arguments for that, and here, what the directory of the case is called in there.
# The daemons of config/ are in daemons.sh.
# shellcheck shell=sh disable=SC2016,SC2154

top=$(realpath "$(atf_get_srcdir)/..")

clean_up()
{
	sweep none-by-name
}

# have_system: for who has another one, to make it
have_system()
{
	:
}

# alike COMMAND...: inside as outside: for root and another user, with the init and without
alike()
{
	have_system
	cp "$top/test/applets.sh" . # where others than root may read it
	rm -rf work
	mkdir -m 777 work
	outside "$@" >want 2>want.err </dev/null
	echo "ended with $?" >>want
	[ ! -s want.err ] || atf_fail "outside it says: $(tr '\n' ' ' <want.err)"
	for how in '' --init=no '--user 1000' "--read-only --volume $PWD/work:$here/work"; do
		rm -rf work
		mkdir -m 777 work
		# shellcheck disable=SC2086
		timeout -k 1 60 "$nook" $place $how -e LANG=C.UTF-8 -e HOME="$here/work" -w "$here/work" -- "$@" >out 2>err </dev/null
		echo "ended with $?" >>out
		atf_check -s exit:0 -o empty -e empty diff want out
		[ ! -s err ] || grep -q '^nook: killed by\|^nook: ended' err || atf_fail "inside, $how, it says: $(tr '\n' ' ' <err)"
	done
	chmod 755 .
}

root_case shell__pipelines 'dash and bash: pipelines, jobs, here documents, substitutions'
shell__pipelines_body()
{
	chmod 755 .
	for shell in dash bash busybox; do
		[ $shell != busybox ] || shell='busybox sh'
		# shellcheck disable=SC2086
		alike $shell -c 'seq 1000 | sort -rn | head -n 3 | while read -r n; do echo $((n * 2)); done
		    printf "%s\n" "here $(echo inner | rev) document" | tr a-z A-Z
		    (sleep 0.1; exit 3) & wait $!; echo $?
		    trap "echo caught" USR1; kill -USR1 $$; ulimit -n 64; mkdir d; cd d; pwd | sed "s,.*/,,"
		    find / -maxdepth 1 -name proc; exec 5>f; echo x >&5; cat f; sh -c "exit 9"; echo $?'
	done
}

root_case busybox__applets 'a hundred uses of the applets of busybox'
busybox__applets_body()
{
	chmod 755 .
	alike busybox sh "$here/applets.sh" busybox
	[ "$(wc -l <want)" -gt 100 ] || atf_fail "little is said: $(tr '\n' '|' <want)"
}

root_case python__runs 'threads, processes, sockets, files, signals, a pool of workers'
python__runs_body()
{
	chmod 755 .
	cat >all.py <<-'END'
		import asyncio, ctypes, concurrent.futures, fcntl, json, mmap, multiprocessing, os, pty, select, signal
		import shutil, socket, sqlite3, ssl, subprocess, sys, tempfile, threading, time, urllib.request, http.server
		done = []
		threads = [threading.Thread(target=done.append, args=(n,)) for n in range(20)]
		[t.start() for t in threads], [t.join() for t in threads]
		print(sorted(done))
		print(subprocess.run(["tr", "a", "b"], input="aaa", capture_output=True, text=True).stdout)
		with concurrent.futures.ProcessPoolExecutor(2) as pool:
		    print(list(pool.map(abs, range(-5, 0))))
		queue = multiprocessing.Queue(); p = multiprocessing.Process(target=queue.put, args=("of a child",)); p.start(); print(queue.get()); p.join()
		lock = multiprocessing.Semaphore(); print(lock.acquire())
		server = http.server.HTTPServer(("127.0.0.1", 0), type("H", (http.server.BaseHTTPRequestHandler,), {
		    "do_GET": lambda s: (s.send_response(200), s.end_headers(), s.wfile.write(b"over loopback")), "log_message": lambda *a: None}))
		threading.Thread(target=server.serve_forever, daemon=True).start()
		print(urllib.request.urlopen("http://127.0.0.1:%d/" % server.server_port).read().decode())
		six = socket.socket(socket.AF_INET6); six.bind(("::1", 0)); six.close()
		a, b = socket.socketpair(); socket.send_fds(a, [b"x"], [0]); print(len(socket.recv_fds(b, 1, 1)[1]))
		async def main():
		    process = await asyncio.create_subprocess_exec("echo", "async", stdout=-1)
		    return (await process.communicate())[0].decode()
		print(asyncio.run(main()), end="")
		with tempfile.TemporaryFile(dir=".") as f:
		    f.truncate(4096); m = mmap.mmap(f.fileno(), 4096); m[:4] = b"mmap"; fcntl.flock(f, fcntl.LOCK_EX); print(m[:4])
		signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)
		master, slave = pty.openpty(); os.write(slave, b"pty"); print(os.read(master, 3))
		poll = select.epoll(); poll.register(a); print(len(poll.poll(0)))
		db = sqlite3.connect("db"); db.execute("create table t(n)"); db.executemany("insert into t values(?)", [(n,) for n in range(100)])
		db.commit(); print(db.execute("select sum(n) from t").fetchone())
		os.sched_setaffinity(0, os.sched_getaffinity(0)); os.nice(1); os.getrandom(4); os.eventfd(0); os.memfd_create("m")
		print(json.dumps(shutil.which("sh") is not None), ssl.OPENSSL_VERSION[:7], ctypes.CDLL(None).getpid() == os.getpid())
	END
	alike python3 "$here/all.py"
	[ "$(wc -l <want)" -gt 12 ] || atf_fail "it says: $(tr '\n' '|' <want)"
}

root_case perl__runs 'forks, pipes, sockets, files'
perl__runs_body()
{
	chmod 755 .
	alike perl -MSocket -MIO::Socket::INET -MFile::Temp -MPOSIX -e '$| = 1;
	    my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
	    unless (fork) { my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport); print $c "hello\n"; exit 0 }
	    print $server->accept->getline; wait; print $? >> 8, "\n";
	    print `echo backticks | tr a-z A-Z`; open(my $p, "|-", "sort") or die; print $p "b\na\n"; close $p;
	    my $t = File::Temp->new(DIR => "."); print $t "x"; $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; sleep 2; POSIX::_exit(4)'
}

root_case sqlite__runs 'a database with locks, a journal and a write-ahead log'
sqlite__runs_body()
{
	chmod 755 .
	alike sh -c 'sqlite3 db "pragma journal_mode=wal; create table t(n); with recursive c(x) as (select 1 union all select x+1 from c
	    limit 5000) insert into t select x from c; select sum(n) from t; create index i on t(n); pragma integrity_check; vacuum;"
	    sqlite3 db "select count(*) from t where n > 4990" & wait; ls db'
}

root_case curl__over_loopback 'curl fetches from a server of python in the same place, by name, and with TLS off'
curl__over_loopback_body()
{
	chmod 755 .
	alike sh -c 'echo served >page; : >log; python3 -u -m http.server --bind 127.0.0.1 0 >log 2>&1 & server=$!
	    until port=$(sed -n "s/.* port \([0-9]*\) .*/\1/p" log) && [ -n "$port" ]; do sleep 0.05; done
	    curl -sS --max-time 10 "http://127.0.0.1:$port/page"; curl -sS --max-time 10 "http://localhost:$port/nosuch" -o /dev/null -w "%{http_code}\n"
	    kill $server; wait; echo over'
}

root_case compiler__builds 'gcc builds and links a program, which runs; make runs two jobs'
compiler__builds_body()
{
	chmod 755 .
	alike sh -c 'printf "%s\n" "#include <stdio.h>" "#include <pthread.h>" "static void *t(void *a) { return a; }" "int main(void) { pthread_t p;" \
	    "pthread_create(&p, 0, t, 0); pthread_join(p, 0); puts(\"hello\"); return 7; }" >hello.c
	    printf "all: a b\n\ta b: ; @gcc -pthread -O2 -o \$@ hello.c\n" | tr -d "\t" >Makefile
	    make -s -j2 all && ./a && echo never; ./b; echo $?; gcc -static -o c hello.c -pthread && ./c; musl-gcc -o d hello.c && ./d'
}

# SPDX-License-Identifier: ISC
# clock.sh - the wall clock jumps by ten years, back and forth: no time limit, no grace and no backoff notices
# shellcheck shell=sh
. /vm/checks

# now: hundredths of a second since the start of the machine
now()
{
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# jump: to and fro, until what up began is over
jump()
{
	while kill -0 "$pid" 2>/dev/null; do
		for year in 2016 2036; do
			date -s "$year-01-01 00:00:00" >/dev/null
		done
		usleep 20000
	done
}

begun=$(now)
up --timeout 2s -- sh -c 'echo up; exec sleep 60'
jump
down 124
took=$(($(now) - begun))
more 'hundredths until the timeout' "$took" 190
more 'ten seconds' 1000 "$took"

up --stop-timeout 1s -- sh -c 'trap "" TERM; echo up; while :; do sleep 61; done'
begun=$(now)
kill -TERM "$pid"
jump
down 137
took=$(($(now) - begun))
more 'hundredths of the grace' "$took" 90
more 'ten seconds' 1000 "$took"

begun=$(now)
up --restart on-failure:3 --restart-delay 200ms --report report -- sh -c 'echo up; exit 3'
jump
down 3
took=$(($(now) - begun))
is 'restarts' "$(figure restarts)" 3
more 'hundredths of three pauses' "$took" 135
more 'ten seconds' 1000 "$took"
more 'wall-seconds, as a clock that does not jump has them' 1 "$(figure wall-seconds)"
finish

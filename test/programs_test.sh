#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# programs_test.sh - real programs of this machine inside nook
# shellcheck shell=sh disable=SC1091,SC2016,SC2154

. "$(atf_get_srcdir)/helpers.sh"
. "$(atf_get_srcdir)/programs.sh"

here=$PWD
place=

outside()
{
	command -v "$1" >/dev/null || atf_skip "no $1 here"
	(cd work && "$@")
}

root_case toybox__applets 'and of toybox, and of the system'
toybox__applets_body()
{
	chmod 755 .
	alike sh "$here/applets.sh" toybox
	alike sh "$here/applets.sh"
}

root_case node__runs 'workers, processes, a server and its client'
node__runs_body()
{
	chmod 755 .
	cat >all.js <<-'END'
		const { Worker, isMainThread, parentPort } = require('worker_threads');
		const { execFileSync, spawn } = require('child_process');
		const http = require('http'), fs = require('fs'), zlib = require('zlib'), crypto = require('crypto');
		if (!isMainThread) { parentPort.postMessage('of a worker'); return; }
		console.log(execFileSync('echo', ['of a child']).toString().trim());
		fs.writeFileSync('file', zlib.gzipSync('packed')); console.log(zlib.gunzipSync(fs.readFileSync('file')).toString());
		console.log(crypto.createHash('sha256').update('x').digest('hex'));
		new Worker(__filename).on('message', said => { console.log(said);
		    const server = http.createServer((q, a) => a.end('over loopback')).listen(0, '127.0.0.1', () =>
			http.get({ port: server.address().port, host: '127.0.0.1' }, a => a.on('data', d => { console.log(d.toString()); server.close();
			    spawn('sh', ['-c', 'exit 5']).on('exit', code => { console.log(code); process.exit(6); }); }))); });
	END
	alike node "$here/all.js"
}

atf_init_test_cases()
{
	add_cases
}

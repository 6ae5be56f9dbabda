// SPDX-License-Identifier: ISC
//
// Appends to a file what it reads: smuggle_server.js FILE.  Prints its port.
'use strict';

const fs = require('fs');
const http = require('http');
const log = fs.openSync(process.argv[2], 'a');

function note(req, chunks, ok) {
	fs.writeSync(log, JSON.stringify({
		m: Buffer.from(req.method).toString('hex'),
		t: Buffer.from(req.url, 'latin1').toString('hex'),
		h: Buffer.from(req.headers.host || '', 'latin1')
		    .toString('hex'),
		b: Buffer.concat(chunks).toString('hex'),
		ok: ok
	}) + '\n');
}

function serve(req, res) {
	const chunks = [];
	let done = false;
	function answer() {
		const seen = /[ch][0-9]+-[0-9x]+/.exec(req.url);
		res.setHeader('X-Seen', seen ? seen[0] : 'none');
		res.end('ok');
	}
	req.on('data', (c) => chunks.push(c));
	req.on('end', () => {
		if (done)
			return;
		done = true;
		note(req, chunks, true);
		if (!res.writableEnded)
			answer();
	});
	req.on('error', () => {});
	/* After an early answer nothing more is told of the request. */
	res.on('close', () => {
		if (!done)
			note(req, chunks, false);
		done = true;
	});
	if (req.url.includes('early'))
		answer();
}

const server = http.createServer({ keepAliveTimeout: 60000 }, serve);
server.on('checkContinue', (req, res) => {
	res.writeContinue();
	serve(req, res);
});
server.on('checkExpectation', (req, res) => serve(req, res));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
// All that is connected has gone by then, and is noted first.
process.stdin.on('end', () => server.close());

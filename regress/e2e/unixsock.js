// SPDX-License-Identifier: ISC
'use strict';

// node's own ways to talk to itself: a forked child, a server on a path.
const { fork } = require('child_process');
const net = require('net');

if (process.argv[2] === 'child') {
	process.on('message', (text) => {
		process.send(text + ' and back');
		process.disconnect();
	});
} else {
	const child = fork(__filename, ['child']);
	child.on('message', (text) => console.log(`fork: ${text}`));
	child.send('there');
	child.on('exit', () => {
		const server = net.createServer((socket) => socket.pipe(socket));
		server.listen('node.sock', () => {
			const socket = net.connect('node.sock');
			socket.write('echo');
			socket.on('data', (data) => {
				console.log(`path: ${data}`);
				socket.end();
				server.close();
			});
		});
	});
}

// SPDX-License-Identifier: ISC
'use strict';

// node's three ways to reach a host, and what it is told of a refusal.
const http = require('http');
const net = require('net');

function by_http(url) {
	return new Promise((resolve, reject) => {
		http.get(url, (res) => {
			let text = '';
			res.on('data', (data) => { text += data; });
			res.on('end', () => resolve(text.trim()));
		}).on('error', reject);
	});
}

function by_net(host, port) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, host);
		let text = '';
		socket.on('connect', () => socket.end('GET / HTTP/1.0\r\n' +
		    'Host: node.test\r\n\r\n'));
		socket.on('data', (data) => { text += data; });
		socket.on('end', () => resolve(text.trim().split('\n').pop()));
		socket.on('error', reject);
	});
}

async function say(name, call) {
	let text;

	try {
		text = await call();
	} catch (error) {
		text = error.code || (error.cause && error.cause.code) || error;
	}
	console.log(`${name}: ${text}`);
}

async function main() {
	await say('http', () => by_http('http://allowed.test/'));
	await say('net', () => by_net('allowed.test', 80));
	await say('fetch', async () => {
		const res = await fetch('http://allowed.test/');
		return (await res.text()).trim();
	});
	await say('name', () => by_http('http://other.test/'));
	await say('fetch name', () => fetch('http://other.test/'));
	await say('address', () => by_net('203.0.113.11', 80));
	await say('closed', () => by_net('allowed.test', 9));
	process.exit(0);
}

main();

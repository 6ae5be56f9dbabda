// SPDX-License-Identifier: ISC
'use strict';

// node's ways to reach a host, and what it is told of a refusal.
const crypto = require('crypto');
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

// A web socket by node's own client, which newer ones have.
function by_websocket(url) {
	return new Promise((resolve, reject) => {
		const ws = new WebSocket(url);
		ws.onopen = () => ws.send('olleh');
		ws.onmessage = (event) => { ws.close(); resolve(event.data); };
		ws.onerror = (event) => reject(event.error || event);
	});
}

// And by hand.
function by_upgrade(url) {
	return new Promise((resolve, reject) => {
		const req = http.get(url, { headers: {
			'Connection': 'Upgrade',
			'Upgrade': 'websocket',
			'Sec-WebSocket-Key':
			    crypto.randomBytes(16).toString('base64'),
			'Sec-WebSocket-Version': '13'
		} });
		req.on('upgrade', (res, socket, head) => {
			const done = (data) => {
				socket.destroy();
				resolve(data.subarray(2, 2 + data[1]).toString());
			};
			// One message, masked with zeros.
			socket.write(Buffer.concat([Buffer.from(
			    [0x81, 0x85, 0, 0, 0, 0]), Buffer.from('olleh')]));
			if (head.length > 0)
				done(head);
			else
				socket.once('data', done);
		});
		req.on('response', () => reject(new Error('no upgrade')));
		req.on('error', reject);
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
	await say('upgrade', () => by_upgrade('http://allowed.test:8081/'));
	if (globalThis.WebSocket) {
		await say('websocket',
		    () => by_websocket('ws://allowed.test:8081/'));
	}
	await say('name', () => by_http('http://other.test/'));
	await say('fetch name', () => fetch('http://other.test/'));
	await say('address', () => by_net('203.0.113.11', 80));
	await say('closed', () => by_net('allowed.test', 9));
	process.exit(0);
}

main();

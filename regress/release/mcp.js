// SPDX-License-Identifier: ISC
//
// A client of an MCP server on its standard input and output:
//
//	node mcp.js SECONDS FILE ... -- COMMAND WORD ...
//
// asks it to write each of the files; prints "ok FILE" or "error FILE: why".

const { spawn } = require('child_process');
const split = process.argv.indexOf('--');
const seconds = Number(process.argv[2]);
const files = process.argv.slice(3, split);
const [command, ...words] = process.argv.slice(split + 1);

const server = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
let id = 0;
let rest = '';

const timer = setTimeout(() => {
	console.error('no answer');
	server.kill('SIGKILL');
	process.exitCode = 1;
}, seconds * 1000);

function send(message) {
	server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
}

function ask(method, params) {
	return new Promise((resolve) => {
		waiting.set(++id, resolve);
		send({ id, method, params });
	});
}

server.stdout.on('data', (data) => {
	const lines = (rest + data).split('\n');
	rest = lines.pop();
	for (const line of lines) {
		const message = JSON.parse(line);
		if (message.method === undefined)
			waiting.get(message.id)?.(message);
		else if (message.id !== undefined)
			send({ id: message.id, result: { roots: [] } });
	}
});

server.on('error', (error) => {
	console.error(error.message);
	process.exitCode = 1;
	clearTimeout(timer);
});
server.on('exit', (code) => {
	console.log(`exit ${code}`);
	clearTimeout(timer);
});

(async () => {
	const hello = await ask('initialize', { protocolVersion: '2024-11-05',
		capabilities: {}, clientInfo: { name: 'test', version: '1' } });
	console.log(`server ${hello.result.serverInfo.name}`);
	send({ method: 'notifications/initialized' });
	for (const path of files) {
		const { result, error } = await ask('tools/call',
			{ name: 'write_file', arguments: { path, content: 'it' } });
		const text = error?.message ?? result.content[0].text;
		if (error || result.isError)
			console.log(`error ${path}: ${text}`);
		else
			console.log(`ok ${path}`);
	}
	server.stdin.end();
})();

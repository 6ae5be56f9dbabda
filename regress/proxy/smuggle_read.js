// SPDX-License-Identifier: ISC
//
// Reads lines of JSON, [bytes in hexadecimal, "Q" or "R", was it HEAD], and
// prints for each what node's parser makes of it: {"messages": [{method, url,
// fields, code, minor, body, end}], "error": true if it refused something}.
'use strict';

const { HTTPParser, methods, allMethods } = process.binding('http_parser');

function hex(text) {
	return Buffer.from(text, 'latin1').toString('hex');
}

function read(data, kind, head) {
	const messages = [];
	const parser = new HTTPParser();
	let early = [];
	let earlyUrl = '';
	let at;
	parser.initialize(kind === 'Q' ? HTTPParser.REQUEST :
	    HTTPParser.RESPONSE, {});
	/* Many fields, or trailers, come here. */
	parser[HTTPParser.kOnHeaders | 0] = (fields, url) => {
		if (at === undefined) {
			early.push(...fields);
			earlyUrl += url || '';
		} else
			at.fields.push(...fields.map(hex));
	};
	parser[HTTPParser.kOnHeadersComplete | 0] = function (major, minor,
	    fields, method, url, code) {
		at = {
			method: kind === 'Q' ?
			    (allMethods || methods)[method] : '',
			url: hex(earlyUrl + (url || '')),
			fields: early.concat(fields || []).map(hex),
			code: code,
			minor: minor,
			body: '',
			end: false
		};
		early = [];
		earlyUrl = '';
		messages.push(at);
		return head ? 1 : 0;
	};
	parser[HTTPParser.kOnBody | 0] = (piece, off, len) => {
		at.body += Buffer.from(off === undefined ? piece :
		    piece.subarray(off, off + len)).toString('hex');
	};
	parser[HTTPParser.kOnMessageComplete | 0] = () => {
		at.end = true;
		at = undefined;
	};
	const used = parser.execute(data, 0, data.length);
	const error = used instanceof Error ||
	    parser.finish() instanceof Error;
	return { messages: messages, error: error };
}

const lines = require('fs').readFileSync(0, 'latin1').split('\n');
for (const line of lines) {
	if (line === '')
		continue;
	const [bytes, kind, head] = JSON.parse(line);
	console.log(JSON.stringify(read(Buffer.from(bytes, 'hex'), kind,
	    head)));
}

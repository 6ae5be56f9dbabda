#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Hosts in every spelling that is read as an address, some that are not, and
# names of many scripts: node's URL parser and ours must agree on the form.

command -v node >/dev/null || {
	echo '1..0 # SKIP no node to compare with'
	exit 0
}

exec node - "$SRT_HELPERS/hostform" <<'EOF'
'use strict';
const { spawnSync } = require('child_process');
const url = require('url');

const helper = process.argv[2];
const ROUNDS = 4000;

// The same spellings each time, so that a failure can be looked at.
let state = 20251;
function rand(n) {
	state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
	return Math.floor(state / 4294967296 * n);
}
const pick = (list) => list[rand(list.length)];

function run(mode, lines) {
	const r = spawnSync(helper, [mode], {
		input: lines.join('\n') + '\n', maxBuffer: 1 << 26
	});
	if (r.error || r.status !== 0)
		throw r.error || new Error(`hostform: ${r.status} ${r.stderr}`);
	return r.stdout.toString().split('\n').slice(0, -1);
}

function canonical(spelling) {
	let host;
	const text = spelling.includes(':') && spelling[0] !== '[' ?
	    `[${spelling}]` : spelling;
	if (spelling === '' || /[^A-Za-z0-9._:[\]-]/.test(spelling))
		return 'malformed';
	try {
		host = new URL(`http://${text}/`).hostname;
	} catch (e) {
		return 'malformed';
	}
	host = host.replace(/^\[(.*)\]$/, '$1');
	const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host);
	if (mapped !== null) {
		const [hi, lo] = mapped.slice(1).map((x) => parseInt(x, 16));
		return [hi >> 8, hi & 255, lo >> 8, lo & 255].join('.');
	}
	host = host.replace(/\.$/, '');
	// The URL standard has nothing against empty labels; we have.
	return host === '' || host.split('.').includes('') ?
	    'malformed' : host;
}

const number = (v) => pick([
	() => String(v),
	() => '0x' + v.toString(16),
	() => '0X' + v.toString(16).toUpperCase(),
	() => '0' + v.toString(8),
	() => '000' + v.toString(8),
	() => '0x00' + v.toString(16),
	() => v.toString(16),
])();

function inet() {
	const limits = [0, 1, 7, 8, 9, 127, 169, 254, 255, 256, 257, 65535,
	    65536, 16777215, 16777216, 4294967295, 4294967296, 1e18];
	const parts = [];
	for (let n = pick([1, 2, 3, 4, 4, 4, 5]); n > 0; n--)
		parts.push(rand(4) === 0 ? pick(['', '0x', '08', 'a', '-1', '_',
		    '0xg', '1e1', '0']) :
		    number(rand(3) === 0 ? pick(limits) : rand(256)));
	return parts.join('.') + pick(['', '', '', '.', '..']);
}

function inet6() {
	const piece = () => pick(['0', '0', '0', '1', 'a', 'FfFf', '00ab',
	    rand(65536).toString(16), rand(65536).toString(16)]);
	let parts = Array.from({ length: pick([8, 8, 8, 7, 6, 5, 3, 9]) },
	    piece);
	if (rand(4) === 0)
		parts[parts.length - 1] = pick(['1.2.3.4', '169.254.169.254',
		    '01.2.3.4', '1.2.3', '1.2.3.256', '1.2.3.4.5', '0.0.0.0']);
	let text = parts.join(':');
	switch (rand(6)) {
	case 0:
		text = text.replace(/(^|:)0(:0)*(:|$)/, '::');
		break;
	case 1:
		text = text.replace(':', '::');
		break;
	case 2: {
		const cut = rand(parts.length);
		text = parts.slice(0, cut).join(':') + '::' +
		    parts.slice(cut + 1 + rand(4)).join(':');
		break;
	}
	case 3:
		text = pick(['::', '::ffff:', '64:ff9b::', '2002:', '::ffff:0:',
		    '0:0:0:0:0:ffff:']) + parts.slice(-pick([1, 2])).join(':');
		break;
	}
	if (rand(12) === 0)
		text += pick([':', '::', '%1', ' ', 'g', '.']);
	return rand(2) === 0 ? `[${text}]` : text;
}

const name = () => Array.from({ length: 1 + rand(4) }, () =>
    pick(['a', 'Example', '_x', '1a', '0x', '1', '-b', 'c-', 'COM', '0x1f',
    '09', 'co', 'localhost'])).join('.') + pick(['', '', '.']);

let count = 0, failed = 0;
function report(what, total, wrong) {
	count++;
	for (const line of wrong.slice(0, 10))
		console.log(`# ${line}`);
	if (wrong.length > 0 || total === 0)
		failed++;
	console.log(`${wrong.length || !total ? 'not ok' : 'ok'} ${count} - ` +
	    `${total} ${what}`);
}

for (const [what, make] of [['spellings of IPv4', inet],
    ['spellings of IPv6', inet6], ['names', name]]) {
	const lines = Array.from({ length: ROUNDS }, make);
	const got = run('host', lines);
	const wrong = [];
	let valid = 0;
	lines.forEach((line, i) => {
		const want = canonical(line);
		if (want !== 'malformed')
			valid++;
		if (got[i] !== want)
			wrong.push(`${line}: ${got[i]}, not ${want}`);
	});
	// A generator whose spellings are all refused would show nothing.
	if (got.length !== ROUNDS || valid < ROUNDS / 10)
		wrong.push(`${got.length} answers, ${valid} valid`);
	report(what, ROUNDS, wrong);
}

// Each letter by itself, and words of a few of one script.
const entries = [];
for (let c = 0x80; c < 0x10000; c++) {
	if (c >= 0xd800 && c <= 0xdfff)
		continue;
	const l = String.fromCodePoint(c);
	entries.push(`${l}${l}.com`);
	if (c % 16 === 0)
		entries.push(`*.x.${Array.from({ length: 2 + rand(9) }, () =>
		    String.fromCodePoint(c + rand(16))).join('')}.com:443`);
}
const answers = run('rule', entries);
const wrong = [];
let cures = 0;
answers.forEach((answer, i) => {
	const cure = /; write "(.*)"$/.exec(answer);
	const parts = /^(\*\.)?(.*?)(:443)?$/s.exec(entries[i]);
	const want = (parts[1] || '') + url.domainToASCII(parts[2]) +
	    (parts[3] || '');
	if (!answer.startsWith('can never match: ') &&
	    !answer.startsWith('Invalid domain pattern.'))
		wrong.push(`${entries[i]}: ${answer}`);
	if (cure === null)
		return;
	cures++;
	if (cure[1] !== want)
		wrong.push(`${entries[i]}: ${cure[1]}, not ${want}`);
});
if (answers.length !== entries.length || cures < 30000)
	wrong.push(`${answers.length} answers, ${cures} with a cure`);
report(`entries in other scripts, ${cures} with a cure`, answers.length,
    wrong);

console.log(`1..${count}`);
process.exitCode = failed > 0 ? 1 : 0;
EOF

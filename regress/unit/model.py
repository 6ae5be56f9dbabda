# SPDX-License-Identifier: ISC
#
# Domain rules and path patterns beside a model of what the reference says
# about them, written anew with other means: regular expressions, ipaddress.
# Usage: model.py helpers [cases [seed]]
#
# srt refuses more entries than the reference: those that no destination can
# match; and takes two more kinds: networks and ranges of ports.

import ipaddress
import random
import re
import subprocess
import sys

HELPERS = sys.argv[1]
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 30000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
number = 0
failed = 0


def ok(good, what, *why):
    global number, failed
    number += 1
    failed += not good
    print('%s %d - %s' % ('ok' if good else 'not ok', number, what))
    if not good:
        for w in why[:10]:
            print('#', w)


def ask(questions):
    text = ''.join('\t'.join(q) + '\n' for q in questions)
    out = subprocess.run([HELPERS + '/decide'], check=True,
                         input=text.encode('utf-8', 'surrogateescape'),
                         stdout=subprocess.PIPE).stdout
    lines = out.decode().splitlines()
    assert len(lines) == len(questions)
    return lines


# --- destinations

def number_of(text):
    """A part of an address as inet_aton(3) has it, or None."""
    if re.fullmatch('0[xX][0-9a-fA-F]*', text):
        return int(text[2:] or '0', 16)
    if re.fullmatch('0[0-7]+', text):
        return int(text, 8)
    return int(text) if re.fullmatch('0|[1-9][0-9]*', text) else None


def canonical(host):
    """As the URL standard reads it: ('name' or an address, text); or None."""
    if not 1 <= len(host) <= 255 or '%' in host:
        return None
    bare = host[1:-1] if host[0] == '[' and host[-1] == ']' else host
    if ':' in bare:
        try:
            a = ipaddress.IPv6Address(bare)
        except ValueError:
            return None
        return a.ipv4_mapped or a
    if bare != host or not re.fullmatch('[A-Za-z0-9._-]+', host):
        return None
    name = host[:-1] if host.endswith('.') else host
    parts = name.split('.')
    if '' in parts:
        return None
    last = parts[-1]
    if re.fullmatch('[0-9]+|0[xX][0-9a-fA-F]*', last):
        values = [number_of(p) for p in parts]
        if len(parts) > 4 or None in values:
            return None
        if any(v > 255 for v in values[:-1]) or \
                values[-1] >= 256 ** (5 - len(values)):
            return None
        a = values[-1]
        for i, v in enumerate(values[:-1]):
            a += v << (24 - 8 * i)
        return ipaddress.IPv4Address(a)
    return name.lower()


# --- entries, COMPAT section 5

def split(entry):
    """(host, ports) as the reference splits; a range is ours."""
    port = r'[1-9][0-9]{0,4}'
    if entry.startswith('['):
        m = re.fullmatch(r'(\[[^\]]*\](?:/[0-9]+)?)(?::(%s)(?:-(%s))?)?' %
                         (port, port), entry)
    else:
        m = re.fullmatch(r'([^:]*)(?::(%s)(?:-(%s))?)?' % (port, port), entry)
    if not m:
        return None
    lo = int(m.group(2)) if m.group(2) else None
    hi = int(m.group(3)) if m.group(3) else lo
    if lo is not None and (lo > 65535 or hi > 65535):
        return None
    return m.group(1), lo, hi


def network(host):
    m = re.fullmatch(r'(\[?)([0-9a-fA-F.:]+)(\]?)/([0-9]{1,3})', host)
    if not m or (m.group(1) == '[') != (':' in m.group(2)) or \
            (m.group(1) == '[') != (m.group(3) == ']'):
        return None
    try:
        return ipaddress.ip_network('%s/%s' % (m.group(2), m.group(4)))
    except ValueError:
        return None


def valid(entry, deny):
    """By the grammar of the reference, ranges of ports aside."""
    s = split(entry)
    if s is None:
        return False
    host = s[0]
    if host == '*':
        return deny
    if host.startswith('['):
        # Brackets around IPv4 are cut off like others.
        try:
            ipaddress.ip_address(host[1:-1].split('%')[0])
            return True
        except ValueError:
            return False
    if '/' in host:
        return False
    if host == 'localhost':
        return True
    if host.startswith('*.'):
        rest = host[2:]
        return '.' in rest and '' not in rest.split('.') and '*' not in rest
    return '*' not in host and '.' in host and host[0] != '.' and \
        host[-1] != '.'


def inert(entry):
    """Valid, and matched by nothing: what srt refuses beyond it."""
    host, lo, hi = split(entry)
    if lo is not None and hi < lo:
        return True
    if host.startswith('['):
        return '%' in host
    name = host[2:] if host.startswith('*.') else host
    c = canonical(name)
    if c is None or name.endswith('.'):
        return True
    if isinstance(c, ipaddress.IPv4Address):
        return host.startswith('*.') or str(c) != host
    # A name is at most 255 bytes with what stands before the base.
    return len(name) > 253 or any(len(x) > 63 for x in name.split('.'))


def matches(entry, host, port):
    name, lo, hi = split(entry)
    if lo is not None and not lo <= port <= hi:
        return False
    if name == '*':
        return True
    n = network(name)
    if n is not None:
        return not isinstance(host, str) and host in n
    if name.startswith('*.'):
        return isinstance(host, str) and host.endswith(
            '.' + name[2:].lower())
    if name.startswith('['):
        a = ipaddress.ip_address(name[1:-1])
        return host == (getattr(a, 'ipv4_mapped', None) or a)
    return str(host) == name.lower()


def decide(host, port, allows, denies):
    """COMPAT section 6."""
    c = canonical(host)
    if c is None:
        return 'malformed'
    if any(matches(e, c, port) for e in denies):
        return 'deny'
    return 'allow' if any(matches(e, c, port) for e in allows) else 'deny'


# What COMPAT section 5 says was seen.
ACCEPTED = '''localhost localhost:3000 example.com Example.COM *.example.com
*.a.com:443 *.co.uk 127.0.0.1 127.0.0.1:80 [::1] [::1]:443 [::ffff:1.2.3.4]
_dmarc.a.com xn--mnchen-3ya.de'''.split()
REJECTED = '''example example.com. * *. *.com **.a.com a.*.com *a.com
http://a.com a.com/x ::1 [::1]x .a.com 1 127.1 0x7f.0.0.1 *.127.0.0.1 a..com
user@a.com a.com?x a.com:443.evil.com a.com: a.com:* a.com:0443 a.com:65536
[a]junk [a]:0'''.split()
MATCHES = (
    ('a.example.com', 80, '*.example.com', 'allow'),
    ('x.y.example.com', 80, '*.example.com', 'allow'),
    ('example.com', 80, '*.example.com', 'deny'),
    ('notexample.com', 80, '*.example.com', 'deny'),
    ('example.com', 80, 'example.com:443', 'deny'),
    ('1.2.3.4', 80, '[::ffff:1.2.3.4]', 'allow'),
    ('127.1', 80, '127.0.0.1', 'allow'),
    ('2130706433', 80, '127.0.0.1', 'allow'),
    ('0x7f.1', 80, '127.0.0.1', 'allow'),
    ('0177.0.0.1', 80, '127.0.0.1', 'allow'),
    ('example.com.', 80, 'example.com', 'allow'),
    ('example.com..', 80, 'example.com', 'malformed'),
    ('1.2.3.4%x.example.com', 80, '*.example.com', 'malformed'),
)

LABELS = ('a', 'b', 'com', 'test', 'x-y', '_d', 'A', '1', '0x7f', '127', '0',
          '255', '256', '08', '10', '', '-', 'xn--p1ai', '0177', 'ff',
          'localhost', 'evil', '4294967295', 'x' * 63)
ADDRESSES = ('127.0.0.1', '10.1.2.3', '[::1]', '[::ffff:10.1.2.3]',
             '[fd00::1]', '::1', '[::ffff:a01:203]', '10.1.2.3.',
             '0xa010203', '1.2.3.4',
             '[2001:DB8::0:1]', '[::1', '::1]', '[1.2.3.4]', '10.66051')
MARKS = ('%', ' ', '@', '#', '\x7f', '\x1b', '\u3002', '\xe9', ':', '*', '/')


def some_host(rng):
    if rng.random() < .25:
        return rng.choice(ADDRESSES)
    h = '.'.join(rng.choice(LABELS) for _ in range(rng.randint(1, 4)))
    if rng.random() < .08:
        i = rng.randint(0, len(h))
        h = h[:i] + rng.choice(MARKS) + h[i:]
    return h + ('.' if rng.random() < .1 else '')


def some_entry(rng):
    e = some_host(rng)
    r = rng.random()
    if r < .35:
        e = '*.' + e
    elif r < .38:
        e = '*'
    elif r < .48:
        e = rng.choice(('10.0.0.0/8', '[fd00::]/8', '10.1.0.0/16', '[::]/7',
                        '127.0.0.0/8', '10.1.2.3/32', '10.1.2.3/8', '1.0/8',
                        '[::1]/128', '0.0.0.0/0', 'a.b/8', '10.0.0.0/33'))
    if rng.random() < .3:
        e += ':' + rng.choice(('80', '443', '0', '65535', '65536', '080', '',
                               '80-90', '90-80', '1-65535', '-', '443x', '80-',
                               '99999', '8', '*'))
    return e


def test_rules():
    rng = random.Random('%d rules' % SEED)
    entries = sorted({some_entry(rng) for _ in range(CASES)} - {''})
    bad, good = [], {'allow': [], 'deny': []}
    for kind in good:
        says = ask([('entry', kind, e) for e in entries])
        for e, s in zip(entries, says):
            deny = kind == 'deny'
            host = split(e)
            if host and network(host[0]) is not None:
                n = network(host[0])
                least = 8 if n.version == 4 else 7
                if isinstance(n, ipaddress.IPv6Network) and \
                        n.network_address.ipv4_mapped:
                    continue
                want = (deny or n.prefixlen >= least) and not (
                    host[1] is not None and host[2] < host[1])
            else:
                want = valid(e, deny) and (e.startswith('*') and
                                           split(e)[0] == '*' and
                                           (split(e)[1] or 0) <=
                                           (split(e)[2] or 0) or
                                           not inert(e))
            if want != (s == 'ok'):
                bad.append('%s %r: %s' % (kind, e, s))
            if s == 'ok':
                good[kind].append(e)
    ok(not bad and len(good['allow']) > 500, 'of %d entries %d may be allowed '
       'and %d denied' % (len(entries), len(good['allow']),
                          len(good['deny'])), *bad)

    says = ask([('entry', 'allow', e) for e in ACCEPTED + REJECTED])
    ok(says == ['ok'] * len(ACCEPTED) + ['no'] * len(REJECTED),
       'the entries of the table', *zip(ACCEPTED + REJECTED, says))
    says = ask([('host', h, str(p), e, '') for h, p, e, _ in MATCHES])
    ok(says == [m[3] for m in MATCHES], 'the matches of the table',
       *zip(MATCHES, says))

    cases = []
    for _ in range(CASES):
        allows = rng.sample(good['allow'], rng.randint(0, 4))
        denies = rng.sample(good['deny'], rng.choice((0, 0, 1, 2)))
        host = some_host(rng)
        if allows and rng.random() < .6:
            host = split(rng.choice(allows + denies))[0]
            if host.startswith('*'):
                host = rng.choice(('x', 'x.y', 'X', '')) + host[1:]
        if host:
            cases.append((host, rng.choice((80, 443, 85, 1, 65535)), allows,
                          denies))
    says = ask([('host', h, str(p), ' '.join(a), ' '.join(d))
                for h, p, a, d in cases])
    bad = ['%r: %s' % (c, s) for c, s in zip(cases, says)
           if s != decide(*c)]
    ok(not bad and says.count('allow') > CASES / 20, '%d decisions, %d of '
       'them yes, %d malformed' % (len(cases), says.count('allow'),
                              says.count('malformed')), *bad)


# --- patterns, COMPAT 16.4

def a_set(text):
    """The class that stands at the start, and its length; or None."""
    end = text.find(']', 1)
    if end <= 1:
        return None
    inner, out, i = text[1:end], '', 0
    while i < len(inner):
        if i + 2 < len(inner) and inner[i + 1] == '-':
            if inner[i + 2] < inner[i]:
                return None
            out += re.escape(inner[i]) + '-' + re.escape(inner[i + 2])
            i += 3
        else:
            out += re.escape(inner[i])
            i += 1
    return '[' + out + ']', end + 1


def regex(text):
    while len(text) > 1:
        if text.endswith('/'):
            text = text[:-1]
        elif text.endswith('/**'):
            text = text[:-3] or '/'
        else:
            break
    out = ''
    while text:
        stars = len(text) - len(text.lstrip('*'))
        slash = text[stars:stars + 1] == '/'
        one = a_set(text) if text[0] == '[' else None
        if stars == 2 and slash:
            out, text = out + '(?:.*/)?', text[3:]
        elif stars >= 2 and not (stars == 3 and slash):
            out, text = out + '.*', text[2:]
        elif stars:
            out, text = out + '[^/]*', text[1:]
        elif text[0] == '?':
            out, text = out + '[^/]', text[1:]
        elif one:
            out, text = out + one[0], text[one[1]:]
        else:
            out, text = out + re.escape(text[0]), text[1:]
    return re.compile(out, re.S)


def test_patterns():
    rng = random.Random('%d patterns' % SEED)
    pieces = ('a', 'b', 'A', '.env', '/', '/', '/', '*', '**', '**/', '/**',
              '?', '[ab]', '[a-c]', '[!a]', '[^b]', '[]', '[z-a]', '[a', ']',
              '***', '[/]', '\xe9', '-', '[-a]', '[a-]', '.', '{a,b}', '\\*')
    names = ('a', 'b', 'c', 'A', '.env', 'ab', '\xe9', '!', '^', '-', '[', ']',
             'a]', '[]', 'z', 'abc', '{a,b}', '\\x', '.', '[a', 'aa')
    cases = []
    for _ in range(CASES):
        p = '/' + ''.join(rng.choice(pieces)
                          for _ in range(rng.randint(0, 7)))
        path = '/' + '/'.join(rng.choice(names)
                              for _ in range(rng.randint(0, 5)))
        cases.append((p, path))
    bad, yes = [], 0
    for (p, path), s in zip(cases, ask([('path', *c) for c in cases])):
        r = regex(p)
        above = [path[:i] for i in range(1, len(path)) if path[i] == '/']
        # "/" has no name that a wildcard could stand for; the reference,
        # which has only the text, lets "/*" match it.
        root = r.pattern == '/'
        match = root if path == '/' else r.fullmatch(path) is not None
        covers = match or root or any(r.fullmatch(x) for x in above)
        yes += match
        if s != '%d %d' % (match, covers):
            bad.append('%r %r: %s, not %d %d' % (p, path, s, match, covers))
    ok(not bad and yes > CASES / 50, '%d patterns, %d match' % (len(cases),
                                                               yes), *bad)


def main():
    test_rules()
    test_patterns()
    print('1..%d' % number)
    return failed != 0


sys.exit(main())

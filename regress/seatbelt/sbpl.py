# SPDX-License-Identifier: ISC
"""Reads a profile of macOS's sandbox and says what it would decide.

It knows nothing of who wrote the profile: an S-expression reader, the
operations with their wildcards, the filters, and that the last rule that
matches decides.  What it does not know is an error.

    profile = Profile(text)
    profile.allows(b"file-read-data", path=b"/etc/passwd")
"""

import re


class Symbol(bytes):
    """A word that is no string."""


class Raw(bytes):
    """A string of #"...", in which a backslash is one."""


ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b'"': b'"', b"\\": b"\\"}
STRING_MAX = 1025
WORD_ENDS = b" \t\r\n()\";"


def read_string(text, i):
    out = bytearray()
    start = i
    while True:
        if i >= len(text):
            raise ValueError("a string has no end")
        c = text[i:i + 1]
        if c == b'"':
            break
        if c == b"\\":
            i += 1
            if text[i:i + 1] not in ESCAPES:
                raise ValueError(f"escape {text[i:i + 1]!r}")
            c = ESCAPES[text[i:i + 1]]
        elif c in b"\0\n\xff":
            raise ValueError("a byte that the reader would stop at")
        out += c
        i += 1
    if i - start > STRING_MAX:
        raise ValueError("a string is too long")
    return bytes(out), i + 1


def read_raw(text, i):
    end = text.index(b'"', i)
    if end - i > STRING_MAX:
        raise ValueError("a string is too long")
    return Raw(text[i:end]), end + 1


def read_all(text):
    """The expressions of a text: lists of lists, strings and symbols."""
    stack = [[]]
    i = 0
    while i < len(text):
        c = text[i:i + 1]
        if c in b" \t\r\n":
            i += 1
        elif c == b";":
            end = text.find(b"\n", i)
            i = len(text) if end == -1 else end
        elif c == b"(":
            stack.append([])
            i += 1
        elif c == b")":
            done = stack.pop()
            if not stack:
                raise ValueError("a parenthesis is closed too often")
            stack[-1].append(done)
            i += 1
        elif c == b'"':
            s, i = read_string(text, i + 1)
            stack[-1].append(s)
        elif text[i:i + 2] == b'#"':
            s, i = read_raw(text, i + 2)
            stack[-1].append(s)
        else:
            start = i
            while i < len(text) and text[i] not in WORD_ENDS:
                i += 1
            stack[-1].append(Symbol(text[start:i]))
    if len(stack) != 1:
        raise ValueError("a parenthesis is not closed")
    return stack[0]


def string(e):
    if isinstance(e, list) and e and e[0] == b"string-append":
        return b"".join(string(x) for x in e[1:])
    if not isinstance(e, bytes) or isinstance(e, Symbol):
        raise ValueError(f"not a string: {e!r}")
    return bytes(e)


def expression(text):
    """A regular expression over bytes; its end is the end of the path."""
    out = bytearray()
    i, brackets = 0, False
    while i < len(text):
        c = text[i:i + 1]
        if c == b"\\":
            out += text[i:i + 2]
            i += 2
            continue
        if brackets:
            brackets = c != b"]"
        elif c == b"[":
            brackets = True
        elif c == b"$":
            c = rb"\Z"
        out += c
        i += 1
    return re.compile(bytes(out), re.DOTALL)


def subpath(top):
    if top == b"/":
        return lambda p: p.startswith(b"/")
    return lambda p: p == top or p.startswith(top + b"/")


def on(key, test):
    """A filter on one thing that is asked about; none is no match."""
    return lambda q: q.get(key) is not None and test(q[key])


PATHS = {b"literal": lambda s: s.__eq__, b"path-literal": lambda s: s.__eq__,
         b"subpath": subpath,
         b"regex": lambda s: expression(s).search,
         b"path-regex": lambda s: expression(s).search}
NAMES = {b"global-name", b"sysctl-name", b"iokit-registry-entry-class",
         b"iokit-user-client-class"}
WORDS = {b"vnode-type": "vnode", b"socket-domain": "domain",
         b"socket-protocol": "protocol", b"target": "target"}


def address(e):
    """What follows local and remote."""
    if e[1] == b"unix-socket":
        if len(e) == 2:
            return lambda a: a[0] == "unix"
        test = any_of([PATHS[f[0]](string(f[1])) for f in e[2:]])
        return lambda a: a[0] == "unix" and test(a[1])
    if e[1] not in (b"ip", b"tcp", b"udp"):
        raise ValueError(f"address {e!r}")
    host, port = string(e[2]).rsplit(b":", 1)
    if host not in (b"*", b"localhost"):
        raise ValueError("only * and localhost are hosts")
    local = (b"127.0.0.1", b"::1")
    return lambda a: a[0] == "ip" and (host == b"*" or a[1] in local) and \
        (port == b"*" or int(port) == a[2])


def any_of(tests):
    return tests[0] if len(tests) == 1 else \
        lambda q: any(t(q) for t in tests)


def compile_filter(e):
    name, rest = e[0], e[1:]
    if name == b"require-not":
        inner = compile_filter(rest[0])
        return lambda q: not inner(q)
    if name in (b"require-all", b"require-any"):
        parts = [compile_filter(x) for x in rest]
        if name == b"require-any":
            return any_of(parts)
        return lambda q: all(p(q) for p in parts)
    if name in PATHS:
        tests = [PATHS[name](string(x)) for x in rest]
        return on("path", any_of(tests))
    if name in (b"local", b"remote"):
        return on(name.decode(), address(e))
    if name in NAMES:
        wanted = {string(x) for x in rest}
        return on("name", wanted.__contains__)
    if name in (b"global-name-prefix", b"sysctl-name-prefix"):
        return on("name", lambda s, p=string(rest[0]): s.startswith(p))
    if name in WORDS:
        wanted = {bytes(x) for x in rest}
        return on(WORDS[name], wanted.__contains__)
    raise ValueError(f"filter {name!r}")


class Rule:
    def __init__(self, e):
        if e[0] not in (b"allow", b"deny"):
            raise ValueError(f"what is {e[0]!r}?")
        self.allow = e[0] == b"allow"
        self.source = e
        self.ops = [bytes(x) for x in e[1:] if isinstance(x, Symbol)]
        self.modifiers = [x for x in e[1:]
                          if isinstance(x, list) and x[0] == b"with"]
        for m in self.modifiers:
            if m[1] not in (b"message", b"no-log", b"report"):
                raise ValueError(f"with {m[1]!r}")
        filters = [compile_filter(x) for x in e[1:]
                   if isinstance(x, list) and x[0] != b"with"]
        self.test = any_of(filters) if filters else lambda q: True
        if not self.ops:
            raise ValueError("a rule without an operation")

    def covers(self, op):
        return any(o in (b"default", op) or
                   (o.endswith(b"*") and op.startswith(o[:-1]))
                   for o in self.ops)


class Profile:
    def __init__(self, text):
        expressions = read_all(text)
        if expressions[0] != [b"version", b"1"]:
            raise ValueError("not of version 1")
        self.rules = [Rule(e) for e in expressions[1:]]
        if self.rules[0].allow or self.rules[0].ops != [b"default"]:
            raise ValueError("the default is not to deny")
        self.by_op = {}

    def decides(self, op, **asked):
        """The rule that decides."""
        if op not in self.by_op:
            self.by_op[op] = [r for r in reversed(self.rules)
                              if r.covers(op)]
        for rule in self.by_op[op]:
            if rule.test(asked):
                return rule
        raise AssertionError("the default decides in any case")

    def allows(self, op, **asked):
        return self.decides(op, **asked).allow

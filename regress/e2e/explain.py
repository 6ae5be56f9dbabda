# SPDX-License-Identifier: ISC
#
# Policies and questions by chance: what "srt --explain -" says of each is what
# a run under the same settings does.
#
#	explain.py SRT DIR SEED COUNT [admin]
#
# "admin": srt is one that reads an administrator's policy of the test's, and
# every third policy is beneath one.
#
# Prints "different ..." for every answer that is not the run's, and at the
# end what was compared: a test in which nothing is refused tests nothing.

import errno
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import threading

SRT, TOP = sys.argv[1:3]
SEED, COUNT = int(sys.argv[3]), int(sys.argv[4])
ADMIN = sys.argv[5:] == ["admin"]
STEPS = 8		# until a change is complete
rnd = random.Random(SEED)
LISTEN = []

# What the command does for every question, in order: [] or the errno's name.
INSIDE = r'''
import errno, json, os, socket, stat, sys

def read(path):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            os.listdir(fd)
    finally:
        os.close(fd)

def write(path):
    if os.path.isdir(path):
        os.utime(path)
        return
    there = os.path.exists(path)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o644))
    # The next question finds everything as it was.
    if not there:
        os.unlink(os.path.realpath(path))

def unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    try:
        s.connect(path)
    finally:
        s.close()

def dial(text):
    host, port = text.rsplit(":", 1)
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family)
    s.settimeout(10)
    try:
        s.connect((host, int(port)))
    finally:
        s.close()

def proxy(text):
    s = socket.create_connection(("127.0.0.1", 3128), 20)
    s.sendall(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" %
        (text, text)).encode())
    got = b""
    while b"\r\n" not in got:
        more = s.recv(4096)
        if not more:
            break
        got += more
    s.close()
    code = got.split(b" ")[1:2]
    if code == [b"403"]:
        raise OSError(errno.EACCES, "denied")

deeds = {"read": read, "write": write, "unix": unix, "dial": dial,
    "proxy": proxy}
out = []
for deed, what in json.load(sys.stdin):
    try:
        deeds[deed](what)
        out.append("")
    except OSError as e:
        out.append(errno.errorcode.get(e.errno, str(e)))
json.dump(out, sys.stdout)
'''
NAMES = ["f", "g.txt", "x.pem", "y.pem", ".env", "a*b", "id[1]", ".bashrc",
    ".gitconfig", "README"]
BARE = ["HEAD", "objects", "refs", "config", "hooks", "info", "commondir"]
DIRS = ["a", "b", "src", "build", ".vscode", ".git", ".claude", "lib[x]"]


def make_file(path):
    with open(path, "w") as f:
        f.write("text\n")


def make_socket(path):
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(os.path.dirname(path))
    s.bind(os.path.basename(path))
    os.chdir(here)
    s.listen(64)
    LISTEN.append(s)


def make_tree(top):
    """A tree; all of its directories, and everything else in it."""
    dirs, others = [top], []
    os.mkdir(top)
    for _ in range(rnd.randint(3, 9)):
        d = os.path.join(rnd.choice(dirs), rnd.choice(DIRS))
        if not os.path.lexists(d):
            os.mkdir(d)
            dirs.append(d)
            if os.path.basename(d) == ".git":
                make_file(d + "/config")
                make_file(d + "/HEAD")
                os.mkdir(d + "/hooks")
                others += [d + "/config", d + "/HEAD"]
    if rnd.random() < 0.4:
        # A repository without a name to know it by, or nearly.
        d = rnd.choice(dirs)
        for part in rnd.sample(BARE, rnd.randint(2, len(BARE))):
            f = os.path.join(d, part)
            if os.path.lexists(f):
                continue
            if part in ("HEAD", "config", "commondir"):
                make_file(f)
                others.append(f)
            else:
                os.mkdir(f)
                dirs.append(f)
    for _ in range(rnd.randint(6, 18)):
        f = os.path.join(rnd.choice(dirs), rnd.choice(NAMES))
        if not os.path.lexists(f):
            make_file(f)
            others.append(f)
    for n in range(rnd.randint(0, 5)):
        to = rnd.choice(dirs + others + [top + "/nowhere", "/etc"])
        at = os.path.join(rnd.choice(dirs), "link%d" % n)
        if rnd.random() < 0.5:
            to = os.path.relpath(to, os.path.dirname(at))
        os.symlink(to, at)
        others.append(at)
    for n in range(rnd.randint(0, 2)):
        s = os.path.join(rnd.choice(dirs), "sock%d" % n)
        make_socket(s)
        others.append(s)
    return dirs, others


def entry(top, dirs, others):
    """An entry for a list of paths."""
    kind = rnd.random()
    path = rnd.choice(dirs * 2 + others)
    if kind < 0.35:
        pass
    elif kind < 0.45:
        path = os.path.join(rnd.choice(dirs), rnd.choice(["new", "f", "a"]))
    elif kind < 0.55:
        path = rnd.choice(["*.pem", "**/.env", "a/**", "**/f", "[ab]/f",
            "*/*.txt", "src/?", "**/build", "b*"])
    elif kind < 0.65:
        path = os.path.join(rnd.choice(dirs), rnd.choice(["*", "*.pem",
            "**/*.txt", ".e*", "[a-f]", "link*", "sock?"]))
    elif kind < 0.8:
        path = os.path.relpath(path, top)
    elif kind < 0.85 and others:
        return {"path": rnd.choice(others), "literal": True}
    if rnd.random() < 0.05 and path.startswith(HOME + "/"):
        path = "~" + path[len(HOME):]
    return path


def entries(most, *args):
    return [entry(*args) for _ in range(rnd.randint(0, most))]


HOSTS = ["one.test", "sub.one.test", "two.test", "deep.sub.one.test",
    "198.51.100.7", "198.51.100.9", "[2001:db8:7::1]", "localhost"]
RULES = ["one.test", "*.one.test", "two.test:443", "sub.one.test:80-90",
    "198.51.100.7", "198.51.100.0/24", "198.51.100.0/28:443",
    "[2001:db8:7::1]", "[2001:db8::]/32:80", "localhost", "*.test.invalid"]


def settings(top, dirs, others):
    args = (top, dirs, others)
    write = entries(3, *args)
    if rnd.random() < 0.6:
        write.append(rnd.choice([".", top]))
    fs = {"denyRead": entries(3, *args), "allowRead": entries(2, *args),
        "allowWrite": write, "denyWrite": entries(3, *args)}
    if rnd.random() < 0.3:
        fs["strictReadGlobs"] = True
    if rnd.random() < 0.3:
        fs["allowGitConfig"] = True
    if rnd.random() < 0.05:
        fs["disabled"] = True
    net = {"allowedDomains": rnd.sample(RULES, rnd.randint(0, 5)),
        "deniedDomains": rnd.sample(RULES + ["*"], rnd.randint(0, 2)),
        "allowUnixSockets": [p for p in entries(3, *args) + [q
            for q in others if "sock" in q and rnd.random() < 0.5]
            if isinstance(p, str)]}
    if rnd.random() < 0.1:
        net["allowAllUnixSockets"] = True
    return {"network": net, "filesystem": fs}


def policy(top, dirs, others):
    """The administrator's: each key or not."""
    args = (top, dirs, others)
    fs = {"allowWrite": entries(3, *args) + ["."],
        "allowRead": entries(2, *args), "denyRead": entries(1, *args),
        "denyWrite": entries(1, *args)}
    net = {"allowedDomains": rnd.sample(RULES, rnd.randint(2, 8)),
        "deniedDomains": rnd.sample(RULES, rnd.randint(0, 1)),
        "allowUnixSockets": [p for p in entries(3, *args) + [top + "/**"]
            if isinstance(p, str)]}
    return {"network": {k: net[k] for k in net if rnd.random() < 0.5},
        "filesystem": {k: fs[k] for k in fs if rnd.random() < 0.5}}


def ports(host):
    return host + ":" + str(rnd.choice([443, 80, 85, 22]))


def questions(top, dirs, others):
    """Each as (deed, what, question)."""
    qs = []
    paths = dirs + others + [os.path.join(rnd.choice(dirs), n)
        for n in ["new", "new.pem", ".env", "f", ".bashrc", ".git", "x/y"]]
    for d in dirs:
        if os.path.exists(d + "/HEAD"):
            paths += [os.path.join(d, n) for n in BARE + ["hooks/x",
                "info/attributes", "config.worktree"]]
    paths += [os.path.join(d, "..", "f") for d in rnd.sample(dirs,
        min(2, len(dirs)))]
    for p in others:
        if os.path.islink(p) and os.path.isdir(p):
            paths += [p + "/f", p + "/new", p + "/g.txt"]
    paths += ["/etc/passwd", "/dev/null", "/dev/zero", "/dev/shm/x",
        "/dev/nothing", "/proc/self/status", "/proc/version", "/sys/kernel"]
    for p in paths:
        if p.startswith(top) and rnd.random() < 0.2:
            qs.append(("read", p, os.path.relpath(p, top)
                if "/.." not in p else p))
            if "/" not in qs[-1][2]:
                qs[-1] = ("read", p, "./" + qs[-1][2])
        else:
            qs.append(("read", p, p))
    writes = paths + ["/usr/new", "/dev/full", "/proc/sys/kernel/hostname"]
    qs += [("write", p, "write:" + p) for p in writes
        if p not in ("/dev/shm/x", "/proc/self/status")]
    qs += [("unix", p, "unix:" + p) for p in others
        if os.path.exists(p) and stat.S_ISSOCK(os.stat(p).st_mode)]
    for host in HOSTS:
        to = ports(host)
        qs.append(("proxy", to, to))
        if host[0] in "1[":
            qs.append(("dial", to, to))
    return qs


def outside(deed, what):
    """The errno without srt, as far as it can be told by looking."""
    try:
        if deed == "read":
            os.close(os.open(what, os.O_RDONLY | os.O_NONBLOCK))
        elif deed == "write":
            if os.path.isdir(what):
                os.utime(what)
            elif os.path.exists(what):
                os.close(os.open(what, os.O_WRONLY | os.O_NONBLOCK))
            else:
                real = os.path.realpath(what)
                os.stat(os.path.dirname(real) + "/.")
                os.stat(os.path.dirname(what) + "/.")
                if not os.access(os.path.dirname(real), os.W_OK):
                    return "EACCES"
        elif deed == "unix":
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(what)
            finally:
                s.close()
    except OSError as e:
        return errno.errorcode[e.errno]
    return ""


def verdict(deed, before, now):
    """What the run has said: "allow", "deny", or "" if it cannot be told."""
    if deed in ("proxy", "dial"):
        # Nobody is there: what is not refused fails otherwise.
        return "deny" if now == "EACCES" else "allow"
    if now == "":
        return "allow"
    return "" if now == before else "deny"


def run(argv, text, top):
    return subprocess.run(argv, input=text, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=top, text=True, timeout=120)


def named(item):
    """An entry as rules name it."""
    text = item["path"] if isinstance(item, dict) else item
    return '"' + (text[:-3] if text.endswith("/**") else text) + '"'


def change(conf, cure):
    """The settings after what an answer says would change it."""
    with open(conf) as f:
        after = json.load(f)
    for step in cure.split(" and "):
        if step.startswith("remove "):
            text, key = step[len("remove "):].rsplit(" from ", 1)
            text = named(text[1:-1])
            part, leaf = key.split(".")
            after[part][leaf] = [e for e in after[part][leaf]
                if named(e) != text]
            continue
        for part, keys in json.loads("{" + step + "}").items():
            for leaf, value in keys.items():
                if isinstance(value, list):
                    value = after[part].get(leaf, []) + value
                after[part][leaf] = value
    return after


def cures(conf, top, answers, seen):
    """What is named as a change changes the answer."""
    answers = [a for a in answers if a["cure"] is not None and
        "make " not in (a["note"] or "") and (a["verdict"] == "deny" or
        "not there now" not in (a["note"] or ""))]
    for a in rnd.sample(answers, min(4, len(answers))):
        verdict = a["verdict"]
        then, base = a, conf
        # Entries that name the same paths are named one after the other.
        for _ in range(STEPS):
            after = change(base, then["cure"])
            base = conf + ".after"
            with open(base, "w") as f:
                json.dump(after, f)
            now = run([SRT, "-s", base, "--json", "--explain", "-"],
                a["query"] + "\n", top)
            then = json.loads(now.stdout) if now.stdout != "" else {}
            if then.get("verdict") != verdict or then["cure"] is None:
                break
        if "cannot be enforced" in now.stderr:
            # Both at once cannot be had, which is said.
            continue
        if (verdict == "allow" and
                then.get("rule", "").startswith("filesystem.allowRead[")):
            # An entry that had nothing to open, until now.
            continue
        if then.get("verdict") in (None, verdict):
            print("different: no cure:", conf, json.dumps(a), now.stdout,
                now.stderr)
        else:
            seen["cure " + verdict] += 1


def one(n, seen):
    top = os.path.join(TOP, "p%d" % n)
    dirs, others = make_tree(top)
    conf = os.path.join(TOP, "p%d.json" % n)
    with open(conf, "w") as f:
        json.dump(settings(top, dirs, others), f, indent=1)
    os.environ.pop("SRT_TEST_POLICY", None)
    if ADMIN and n % 3 == 0:
        os.environ["SRT_TEST_POLICY"] = conf + ".admin"
        with open(conf + ".admin", "w") as f:
            json.dump(policy(top, dirs, others), f, indent=1)
    qs = questions(top, dirs, others)
    want = run([SRT, "-s", conf, "--json", "--explain", "-"],
        "".join(q[2] + "\n" for q in qs), top)
    before = [outside(q[0], q[1]) for q in qs]
    did = run([SRT, "-q", "-s", conf, sys.executable, "-c", INSIDE],
        json.dumps([q[:2] for q in qs]), top)
    if did.returncode == 125 or want.returncode == 125:
        # Where a run cannot begin it is said, and the rest answered.
        if want.returncode != did.returncode and not (
            "the working directory" in did.stderr and
            "the working directory" in want.stderr):
            print("different: the start:", conf, want.stderr, did.stderr)
        seen["refused"] += 1
    elif did.returncode != 0:
        # The settings hide python or what it needs.
        print("different: the run failed:", conf, did.stderr)
    else:
        compare(conf, qs, want, before, json.loads(did.stdout), seen)
        if "SRT_TEST_POLICY" not in os.environ:
            cures(conf, top, [json.loads(line)
                for line in want.stdout.splitlines()], seen)
    for s in LISTEN:
        s.close()
    LISTEN.clear()
    shutil.rmtree(top)


def compare(conf, qs, want, before, did, seen):
    answers = [json.loads(line) for line in want.stdout.splitlines()]
    denied = any(a["verdict"] == "deny" for a in answers)
    if len(answers) != len(qs) or want.returncode != int(denied):
        print("different: answers", len(answers), "of", len(qs), "status",
            want.returncode, want.stderr)
        return
    seen["policies"] += 1
    for q, a, b, d in zip(qs, answers, before, did):
        v = verdict(q[0], b, d)
        if a["query"] != q[2]:
            print("different: query", a["query"], "for", q[2])
        if v == "":
            seen["unknown"] += 1
        elif v != a["verdict"]:
            print("different:", conf, q[0], q[1], "run:", v, repr(d),
                "outside:", repr(b), "explain:", json.dumps(a))
        else:
            seen[q[0] + " " + v] = seen.get(q[0] + " " + v, 0) + 1


HOME = os.environ.get("HOME", "/")
seen = {"policies": 0, "refused": 0, "unknown": 0, "cure allow": 0,
    "cure deny": 0}
for i in range(COUNT):
    one(i, seen)
for key in sorted(seen):
    print("%s: %d" % (key, seen[key]))

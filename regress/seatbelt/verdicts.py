#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""verdicts.py HELPER POLICIES SEED: generated policies and questions, asked
of what --explain says on macOS, by the functions that decide on Linux, and of
the profile for macOS.

Nothing that is denied there may be allowed by the profile.  What the profile
denies beyond that, counted at the end, is one of:

    gaps     a mandatory name with something beyond printable ASCII around or
             between its letters, or in place of some: a file system leaves
             out only some characters, and few stand for letters, but to say
             which takes bytes that are no UTF-8
    beneath  in a directory that a pattern of allowRead matches, where another
             pattern denies: how deep that one has come is not known there
    stays    making or moving, not writing: a directory above something
             protected, a write root, the beginning of a mandatory name
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from sbpl import Profile

NAMES = ["a", "b", "c", "A", "ab", "d.pem", "e.key", "\u00e9", 'q"x', "b\\s",
         "x y", "[z]", "n\nl", "k$", "(p|q)", "c.*", "-", "a]b", "\U0001f600"]
GUARDED = [".git", ".GIT", ".git\u200c", "hooks", "config", "info",
           "attributes", "modules", "worktrees", "commondir", ".claude",
           "settings.json", "commands", ".bashrc", ".Bash_pro\ufb01le",
           ".\u00e9bashrc", ".bashrc.", ".z\u017fhrc", ".vscode",
           ".git\u200bconfig", ".npmrc\u00e9", "hoo\u212as",
           ".ba\u00e9hrc", "\u65e5\u672c.git", ".g\x01it"]
WHOLE = """.gitconfig .gitmodules .bashrc .bash_profile .bash_login .profile
.zshrc .zprofile .zshenv .zlogin .ripgreprc .mcp.json .mcp-settings.json
.npmrc .yarnrc .yarnrc.yml .vscode .idea .claude/settings.json
.claude/settings.local.json .claude/commands .claude/agents .git .git/hooks
.git/config .git/config.worktree .git/commondir .git/info/attributes
.git/modules/a/b/config .git/worktrees/a/commondir
.git/worktrees/a/modules/b/hooks .git/objects .claude/other .git/index""".split()
PATTERNS = ["*", "?", "**", "*.pem", "*.key", "a*", "?b", "[a-c]", "[a-c]*",
            "[]", "[z-a]", "[\u00e0-\u00ff]", "[a\u00e9/]", "**b", "a**",
            "***", "*?", "[$(]", "??", "c.*", "x ?", "[^a]", "[!-~]"]


GAP = re.compile(rb"[^ -~]+")


class Helper:
    def __init__(self, path, cwd):
        self.proc = subprocess.Popen([path], cwd=cwd, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE,
                                     env={**os.environ, "HOME": cwd})

    def send(self, *words):
        self.proc.stdin.write(b" ".join(words) + b"\0")

    def ask_all(self, questions):
        for q in questions:
            self.send(*q)
        self.proc.stdin.flush()
        return [self.proc.stdout.readline() == b"allow\n" for _ in questions]

    def admin(self, policy):
        """The administrator's, for the policies that follow; or None."""
        self.send(b"admin", json.dumps(policy).encode() if policy else b"")
        self.proc.stdin.flush()
        if self.proc.stdout.readline() != b"ok\n":
            raise SystemExit(f"# refused: {json.dumps(policy)}")

    def policy(self, settings):
        self.send(b"policy", json.dumps(settings).encode())
        self.proc.stdin.flush()
        word, rest = self.proc.stdout.readline().split(None, 1)
        if word != b"profile":
            return None, rest.decode()
        return self.proc.stdout.read(int(rest)), None


class Round:
    def __init__(self, rng, top):
        self.rng = rng
        self.top = top
        self.counts = dict.fromkeys(
            ("policies", "ceilings", "questions", "absent", "gaps", "beneath",
             "stays", "refused"), 0)

    def name(self):
        r = self.rng
        return r.choice(GUARDED if r.random() < 0.2 else NAMES)

    def path(self, most=4):
        """Beneath the folder, of which half is there."""
        r = self.rng
        parts = [r.choice(["w", "x"])]
        parts += [self.name() if r.random() < 0.4 else r.choice("abc")
                  for _ in range(r.randrange(most))]
        return os.path.join(self.top, *parts)

    def entry(self, patterns=True):
        r = self.rng
        if not patterns or r.random() < 0.55:
            return {"path": self.path(), "literal": True}
        parts = [r.choice(["w", "x", "*"])]
        for _ in range(r.randrange(1, 4)):
            parts.append(r.choice(PATTERNS) if r.random() < 0.6 else
                         r.choice(["a", "b", "c"]))
        return os.path.join(self.top, *parts)

    def entries(self, most, patterns=True):
        return [self.entry(patterns)
                for _ in range(self.rng.randrange(most + 1))]

    def sockets(self):
        wide = [os.path.join(self.top, self.rng.choice(["w", "x", "*"]), "*")]
        return self.entries(2) + (wide if self.rng.random() < 0.3 else [])

    def settings(self):
        r = self.rng
        roots = [{"path": os.path.join(self.top, d), "literal": True}
                 for d in ("w", "x") if r.random() < 0.8]
        network = {"allowedDomains": r.choice([[], ["localhost:3129"],
                                               ["192.0.2.1:3128"]]),
                   "deniedDomains": [],
                   "allowUnixSockets": self.sockets(),
                   "allowAllUnixSockets": r.random() < 0.1,
                   "allowLocalBinding": r.random() < 0.3,
                   "allowMachLookup": r.choice([[], ["com.a"], ["com.b.*"],
                                                ["*"], ['c"d\\e']])}
        root = [{"path": "/", "literal": True}] if r.random() < 0.1 else []
        files = {"denyRead": self.entries(3) + root,
                 "allowRead": self.entries(2),
                 "allowWrite": roots + self.entries(1),
                 "denyWrite": self.entries(3),
                 "allowGitConfig": r.random() < 0.3,
                 "disabled": r.random() < 0.03}
        return {"network": network, "filesystem": files,
                "allowPty": r.random() < 0.3,
                "allowAppleEvents": r.random() < 0.3,
                "enableWeakerNetworkIsolation": r.random() < 0.3}

    def admin(self):
        """Ceilings, and denies that nobody lifts."""
        r = self.rng
        if r.random() < 0.75:
            return None
        policy = {"network": {}, "filesystem": {}}
        if r.random() < 0.5:
            policy["network"]["allowUnixSockets"] = self.sockets()
        if r.random() < 0.7:
            policy["filesystem"]["allowWrite"] = [
                {"path": os.path.join(self.top, "w"), "literal": True},
                *self.entries(2)]
        for key in ("denyRead", "denyWrite"):
            if r.random() < 0.3:
                policy["filesystem"][key] = self.entries(2)
        return policy

    def fail(self, settings, profile, op, path, why):
        rule = profile.decides(op, path=path, vnode=b"REGULAR-FILE")
        print("# settings:", json.dumps(settings))
        print(f"# {op.decode()} {path!r}: {why}; {rule.source!r}")
        raise SystemExit(1)


def has_allow_pattern(settings):
    return any(isinstance(e, str) for e in settings["filesystem"]["allowRead"])


def is_gap(helper, path):
    """Would some of it, left out or taken for letters, make it a name?"""
    letters = (b"", b"k", b"s", b"ss", b"st", b"ff", b"fi", b"fl", b"ffi",
               b"ffl")
    parts = path.split(b"/")
    bare = [GAP.sub(b"", p) for p in parts]
    spelled = {b"/".join(bare[:i] + [GAP.sub(one, p)] + bare[i + 1:])
               for i, p in enumerate(parts) if GAP.search(p)
               for one in letters}
    return not all(helper.ask_all([(b"name", s) for s in spelled]))


def check_files(rnd, helper, settings, profile, paths):
    reads = helper.ask_all([(b"ask", b"read:" + p) for p in paths])
    writes = helper.ask_all([(b"ask", b"write:" + p) for p in paths])
    for path, read, write in zip(paths, reads, writes):
        rnd.counts["questions"] += 4
        q = {"path": path, "vnode": b"DIRECTORY" if os.path.isdir(path)
             else b"REGULAR-FILE"}
        got = profile.allows(b"file-read-data", **q)
        if got and not read:
            rnd.fail(settings, profile, b"file-read-data", path, "allowed")
        if read and not got:
            if not has_allow_pattern(settings):
                rnd.fail(settings, profile, b"file-read-data", path, "denied")
            rnd.counts["beneath"] += 1
        got_write = profile.allows(b"file-write-data", **q)
        if got_write and not write:
            rnd.fail(settings, profile, b"file-write-data", path, "allowed")
        if write and not got_write:
            if is_gap(helper, path):
                rnd.counts["gaps"] += 1
            elif not got and has_allow_pattern(settings):
                rnd.counts["beneath"] += 1
            else:
                rnd.fail(settings, profile, b"file-write-data", path,
                         "denied")
        for op in (b"file-write-create", b"file-write-unlink"):
            got = profile.allows(op, **q)
            if got and not write:
                rnd.fail(settings, profile, op, path, "allowed")
            if got_write and not got:
                rnd.counts["stays"] += 1


def check_start(rnd, settings, profile):
    """Whatever is denied, dyld opens "/" before it executes a program."""
    rnd.counts["questions"] += 2
    for op in (b"file-read-data", b"file-read-metadata"):
        if not profile.allows(op, path=b"/", vnode=b"DIRECTORY"):
            rnd.fail(settings, profile, op, b"/", "nothing could start")


def check_stays(rnd, settings, profile, helper):
    """Nothing above what is denied can be moved or replaced."""
    files = settings["filesystem"]
    if files["disabled"]:
        return
    held = [e["path"] for e in files["denyWrite"] if isinstance(e, dict)]
    held += [e["path"] for e in files["denyRead"] if isinstance(e, dict)]
    for path in held:
        reopened = [e["path"] for e in files["allowRead"]
                    if isinstance(e, dict)]
        if path in reopened or os.path.realpath(path) != path:
            continue
        raw = path.encode()
        # Opened again by something deeper, it is no longer held.
        if helper.ask_all([(b"ask", b"read:" + raw),
                            (b"ask", b"write:" + raw)]) == [True, True]:
            continue
        while len(raw) > len(rnd.top):
            for op in (b"file-write-unlink", b"file-write-create"):
                rnd.counts["questions"] += 1
                if profile.allows(op, path=raw, vnode=b"DIRECTORY"):
                    rnd.fail(settings, profile, op, raw, f"above {path}")
            raw = raw.rpartition(b"/")[0]


def check_absent(rnd, settings, profile):
    """What denyRead names is denied also where it is not there yet."""
    files = settings["filesystem"]
    if files["disabled"]:
        return
    opened = files["allowRead"] + files["allowWrite"]
    if not all(isinstance(e, dict) for e in opened):
        return
    for e in files["denyRead"]:
        if not isinstance(e, dict) or os.path.lexists(e["path"]) or \
                os.path.realpath(e["path"]) != e["path"] or \
                any((o["path"] + "/").startswith(e["path"] + "/")
                    for o in opened):
            continue
        for path in (e["path"], e["path"] + "/later"):
            for op in (b"file-read-data", b"file-read-metadata",
                       b"file-write-create"):
                rnd.counts["questions"] += 1
                rnd.counts["absent"] += 1
                if profile.allows(op, path=path.encode(),
                                  vnode=b"REGULAR-FILE"):
                    rnd.fail(settings, profile, op, path.encode(), "absent")


def check_sockets(rnd, helper, settings, profile, paths):
    for path, want in zip(paths, helper.ask_all([(b"ask", b"unix:" + p)
                                                 for p in paths])):
        rnd.counts["questions"] += 1
        got = profile.allows(b"network-outbound", remote=("unix", path))
        if got != want:
            print("#", json.dumps(settings))
            raise SystemExit(f"# unix {path!r}: {got} {want}")


def check_hosts(rnd, helper, settings, profile):
    """What --explain allows is there through the proxy, or at once."""
    local = settings["network"]["allowLocalBinding"]
    proxy = profile.allows(b"network-outbound",
                           remote=("ip", b"127.0.0.1", 3128))
    hosts = [("192.0.2.1", 3128), ("192.0.2.1", 443), ("127.0.0.1", 3129),
             ("::1", 8080)]
    answers = helper.ask_all([
        (b"ask", (f"[{h}]:{p}" if ":" in h else f"{h}:{p}").encode())
        for h, p in hosts])
    for (host, port), want in zip(hosts, answers):
        rnd.counts["questions"] += 1
        got = profile.allows(b"network-outbound",
                             remote=("ip", host.encode(), port))
        if (got and not want) or (want and not got and not proxy) or \
                (got and not local):
            print("#", json.dumps(settings["network"]))
            raise SystemExit(f"# {host} {port}: {got} {want}")


def check_rest(rnd, settings, profile):
    local = settings["network"]["allowLocalBinding"]
    mach = settings["network"]["allowMachLookup"]
    asked = [
        (True, b"network-outbound", {"remote": ("ip", b"127.0.0.1", 3128)}),
        (local, b"network-outbound", {"remote": ("ip", b"::1", 3129)}),
        (False, b"network-outbound", {"remote": ("ip", b"192.0.2.1", 3128)}),
        (local, b"network-bind", {"local": ("ip", b"127.0.0.1", 3128)}),
        (local, b"network-inbound", {"local": ("ip", b"0.0.0.0", 80)}),
        (settings["allowPty"], b"pseudo-tty", {}),
        (settings["allowPty"], b"file-write-data", {"path": b"/dev/ptmx"}),
        (True, b"file-write-data", {"path": b"/dev/null"}),
        (settings["allowAppleEvents"], b"appleevent-send", {}),
        (settings["allowAppleEvents"], b"lsopen", {}),
        (settings["enableWeakerNetworkIsolation"] or mach == ["*"],
         b"mach-lookup", {"name": b"com.apple.trustd.agent"}),
        (True, b"mach-lookup", {"name": b"com.apple.logd"}),
        (mach in (["com.a"], ["*"]), b"mach-lookup", {"name": b"com.a"}),
        (mach == ["*"], b"mach-lookup", {"name": b"com.a.b"}),
        (mach in (["com.b.*"], ["*"]), b"mach-lookup", {"name": b"com.b.c"}),
        (mach in (['c"d\\e'], ["*"]), b"mach-lookup", {"name": b'c"d\\e'}),
        (True, b"sysctl-read", {"name": b"hw.ncpu"}),
        (False, b"sysctl-write", {"name": b"kern.hostname"}),
        (False, b"system-reboot", {}),
    ]
    disabled = settings["filesystem"]["disabled"]
    for want, op, q in asked:
        rnd.counts["questions"] += 1
        if disabled and op.startswith(b"file-"):
            want = True
        if profile.allows(op, **q) != want:
            print("#", json.dumps(settings))
            raise SystemExit(f"# {op!r} {q!r}: not {want}")


def plant(top):
    """Something of what the policies name."""
    for one in ("w", "x"):
        for two in ("a", "b", "c", "\u00e9", "[z]", ".git"):
            for three in ("a", "b", "c.*", 'q"x'):
                os.makedirs(os.path.join(top, one, two, three))
            with open(os.path.join(top, one, two, "d.pem"), "w",
                      encoding="ascii"):
                pass


def run(helper_path, policies, seed, top):
    plant(top)
    helper = Helper(helper_path, top)
    rnd = Round(random.Random(seed), top)
    for _ in range(policies):
        settings = rnd.settings()
        admin = rnd.admin()
        if admin is not None:
            # It would not be.
            settings["filesystem"]["disabled"] = False
            rnd.counts["ceilings"] += 1
        helper.admin(admin)
        text, why = helper.policy(settings)
        if text is None:
            # Patterns of allowWrite within what may not be read.
            if "paths" not in why:
                raise SystemExit(f"# {why} {json.dumps(settings)}")
            rnd.counts["refused"] += 1
            continue
        rnd.counts["policies"] += 1
        profile = Profile(text)
        paths = [rnd.path(5).encode() for _ in range(17)]
        paths += [os.path.join(rnd.path(), rnd.rng.choice(WHOLE)).encode()
                  for _ in range(6)]
        for e in settings["filesystem"]["denyWrite"]:
            if isinstance(e, dict):
                paths += [e["path"].encode(), e["path"].encode() + b"/a"]
        paths += [b"/", b"/etc", b"/dev/null", b"/dev/full", b"/proc/self",
                  top.encode()]
        check_start(rnd, settings, profile)
        check_files(rnd, helper, settings, profile, paths)
        check_stays(rnd, settings, profile, helper)
        check_absent(rnd, settings, profile)
        check_sockets(rnd, helper, settings, profile, paths + [
            os.path.join(top, d, n).encode() for d in "wx" for n in "abc"] + [
            e["path"].encode() for e in settings["network"][
                "allowUnixSockets"] if isinstance(e, dict)])
        check_hosts(rnd, helper, settings, profile)
        check_rest(rnd, settings, profile)
    helper.proc.stdin.close()
    if helper.proc.wait() != 0:
        raise SystemExit("# the helper failed")
    print("#", ", ".join(f"{n} {k}" for k, n in rnd.counts.items()))


def main():
    top = os.path.realpath(tempfile.mkdtemp())
    try:
        run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), top)
    finally:
        shutil.rmtree(top)


if __name__ == "__main__":
    main()

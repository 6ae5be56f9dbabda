#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""reference.py HELPER FILE POLICIES SEED: generated policies as profiles of
srt's and of the reference's (its macos-sandbox-utils.js), asked the same.
Where the verdicts differ it is for one of these reasons:

    names       srt protects more names, in any case and everywhere, and
                ".git" as a file; the reference its list, in the working
                directory
    hidden      what may not be read is not written or connected to either
    absent      a path of an allowing list that is not there opens nothing: srt
                looks at what there is when it starts, as on Linux
    root        a path of allowWrite can be read within what denyRead hides
    pattern     what a pattern of an allowing list matches is open with all
                that is beneath it, but where a deny goes deeper; for the
                reference that alone which matches, and there it wins
    characters  a wildcard of the reference's is one byte, so "?" is no letter
                beyond ASCII
    tail        of an entry that ends in "/**" more than once the reference
                takes off one
    seen        the reference lets every directory be looked at, srt those on
                the way to something that can be read
    stays       srt holds the paths of the allowing lists themselves, all
                directories above what is denied, and what begins a protected
                name
    moved       the reference holds what denyRead names, and what is above it,
                although that is opened again
    within      of a directory in allowUnixSockets the reference opens all that
                is beneath, srt nothing, on Linux too (srt-settings.json(5))
    sockets     a pattern in allowUnixSockets, which the reference takes for a
                path
    port        the reference lets the command bind the proxy's port and accept
                connections there
    devices     srt opens /dev/zero, /dev/random and /dev/urandom for writing,
                and leaves every program's devices open where denyRead names
                "/"
"""

import collections
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from sbpl import Profile
from verdicts import Helper, Round, is_gap, plant


class Reference:
    def __init__(self, module, cwd):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "reference.mjs")
        self.proc = subprocess.Popen(
            ["node", script, module], cwd=cwd, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, "HOME": cwd})

    def policy(self, settings):
        self.proc.stdin.write(json.dumps(settings).encode() + b"\n")
        self.proc.stdin.flush()
        words = shlex.split(json.loads(self.proc.stdout.readline()))
        return words[words.index("-p") + 1].encode()


def text_of(entry):
    return entry["path"] if isinstance(entry, dict) else entry


def has_pattern(entries):
    return any(isinstance(e, str) and set(e) & set("*?[]") for e in entries)


def under(path, top):
    return top == b"/" or (path + b"/").startswith(top + b"/")


def beneath(path, entries):
    """Is it one of the paths, or beneath it?"""
    return any(under(path, text_of(e).encode()) for e in entries)


def above(path, entries):
    """Or is it above one, or above what a pattern may match?"""
    texts = [e["path"] if isinstance(e, dict) else
             re.split(r"[*?\[]", e)[0] for e in entries]
    return any(under(t.encode(), path) for t in texts)


def absent(path, entries):
    """Beneath one of those that are not there."""
    return beneath(path, [e for e in entries
                          if not os.path.lexists(text_of(e))])


def near_pattern(path, entries, on_the_way=False):
    """Beneath what a pattern may match, as wide as they get, or above it."""
    for e in entries:
        if not isinstance(e, str) or not set(e) & set("*?[]"):
            continue
        parts = ["(/.*)?" if "**" in p else
                 "/.*" if set(p) & set("*?[]") else "/" + re.escape(p)
                 for p in e.rstrip("/*").split("/")[1:]]
        if on_the_way and any(
                re.fullmatch("".join(parts[:i]), path.decode(), re.DOTALL)
                for i in range(1, len(parts))):
            return True
        if not on_the_way and re.match("".join(parts) + "(/|$)",
                                       path.decode(), re.DOTALL):
            return True
    return False


STEMS = {b"git", b"claude", b"info", b"modules", b"worktrees"}
MOVES = (b"file-write-create", b"file-write-unlink")
SEES = (b"file-read-data", b"file-read-metadata")


def why_moved(settings, path, ours):
    """Making and moving, where writing is the same."""
    files = settings["filesystem"]
    denied = files["denyRead"] + files["denyWrite"]
    if not ours.allow:
        name = path.rpartition(b"/")[2].lower().lstrip(b".")
        if above(path, denied + files["allowRead"] +
                 files["allowWrite"]) or \
                near_pattern(path, denied, True) or name in STEMS:
            return "stays"
        if b"/modules" in path or b"/worktrees" in path:
            return "names"
    elif above(path, denied) or beneath(path, files["denyRead"]):
        return "moved"
    return None


def why(helper, settings, path, op, ours):
    """Which of the explanations it is, or None."""
    read, name = helper.ask_all([(b"ask", b"read:" + path), (b"name", path)])
    files = settings["filesystem"]
    denied = files["denyRead"] + files["denyWrite"]
    if op not in SEES and not ours.allow:
        if not name or is_gap(helper, path):
            return "names"
        if not read:
            return "hidden"
    if op == b"file-read-metadata" and not ours.allow and os.path.isdir(path):
        return "seen"
    if not ours.allow and absent(path, files["allowRead"] +
                                 files["allowWrite"]):
        return "absent"
    if ours.allow and op in SEES and beneath(path, files["allowWrite"]):
        return "root"
    if near_pattern(path, files["allowRead"]) or (
            ours.allow and op not in SEES and
            near_pattern(path, files["allowWrite"])):
        return "pattern"
    if not ours.allow and not path.isascii() and has_pattern(denied):
        return "characters"
    if not ours.allow and any(isinstance(e, str) and e.endswith("/**/**")
                              for e in denied):
        return "tail"
    return why_moved(settings, path, ours) if op in MOVES else None


def why_socket(helper, settings, path, ours):
    read, = helper.ask_all([(b"ask", b"read:" + path)])
    listed = settings["network"]["allowUnixSockets"]
    if not ours.allow and not read:
        return "hidden"
    if not ours.allow and beneath(path, listed):
        return "within"
    if ours.allow and has_pattern(listed):
        return "sockets"
    return None


# What no path or pattern has to do with.
REST = [(b"network-" + way, {end: ("ip", host, port)})
        for way, end in ((b"outbound", "remote"), (b"bind", "local"),
                         (b"inbound", "local"))
        for host, port in ((b"127.0.0.1", 3128), (b"::1", 3129),
                           (b"192.0.2.1", 3128), (b"0.0.0.0", 80))]
REST += [(b"mach-lookup", {"name": name}) for name in (
    b"com.a", b"com.a.b", b"com.b", b"com.b.c", b'c"d\\e', b"com.apple.logd",
    b"com.apple.trustd.agent", b"com.apple.coreservices.appleevents",
    b"com.apple.CoreServices.coreservicesd", b"com.apple.windowserver",
    b"com.apple.coreservices.quarantine-resolver", b"com.apple.fonts")]
REST += [(op, {}) for op in (
    b"pseudo-tty", b"appleevent-send", b"lsopen", b"process-exec",
    b"process-fork", b"user-preference-read", b"ipc-posix-shm",
    b"ipc-posix-sem", b"ipc-sysv-shm", b"iokit-get-properties",
    b"distributed-notification-post", b"system-reboot")]
REST += [(op, {"target": target}) for op in (
    b"signal", b"process-info-pidinfo", b"mach-priv-task-port")
         for target in (b"same-sandbox", b"others")]
REST += [(op, {"path": b"/dev/" + name, "vnode": b"CHARACTER-DEVICE"})
         for op in (b"file-ioctl", b"file-read-data", b"file-write-data")
         for name in (b"null", b"zero", b"random", b"urandom", b"tty",
                      b"stdout", b"dtracehelper", b"autofs_nowait", b"ptmx",
                      b"ttys001", b"disk0")]


def names_of(profile, kind):
    """All that stand in filters of a kind."""
    found = set()
    todo = [rule.source for rule in profile.rules]
    while todo:
        for e in todo.pop():
            if isinstance(e, list):
                todo.append(e)
                if e and e[0] in (kind, kind + b"-prefix"):
                    found.update(x for x in e[1:] if isinstance(x, bytes))
    return found


def why_rest(settings, op, asked, ours):
    if op in (b"network-bind", b"network-inbound") and not ours.allow and \
            asked["local"][2] == 3128:
        return "port"
    if op == b"file-write-data" and ours.allow and asked["path"] in (
            b"/dev/zero", b"/dev/random", b"/dev/urandom"):
        return "devices"
    if op == b"file-read-data" and ours.allow and \
            asked["path"] != b"/dev/disk0" and \
            beneath(asked["path"], settings["filesystem"]["denyRead"]):
        return "devices"
    return None


def differ(seen, settings, op, asked, sides, reason):
    seen[reason] += 1
    if reason is None:
        print("#", json.dumps(settings))
        print(f"# {op!r} {asked!r}: srt {sides[0].source!r}"[:500])
        print(f"# reference {sides[1].source!r}"[:500])


def compare(rnd, helper, settings, ours, theirs, seen):
    def ask(op, asked, explain):
        sides = ours.decides(op, **asked), theirs.decides(op, **asked)
        seen["asked"] += 1
        if sides[0].allow != sides[1].allow:
            differ(seen, settings, op, asked, sides, explain(sides[0]))
            return True
        return False

    for _ in range(30):
        path = rnd.path(5).encode()
        q = {"path": path, "vnode": b"DIRECTORY" if os.path.isdir(path) else
             b"REGULAR-FILE"}
        for op in SEES:
            ask(op, q, lambda a, p=path, o=op: why(helper, settings, p, o, a))
        # What writing says of it need not be said twice.
        if not ask(b"file-write-data", q, lambda a, p=path: why(
                helper, settings, p, b"file-write-data", a)):
            for op in MOVES:
                ask(op, q, lambda a, p=path, o=op: why(
                    helper, settings, p, o, a))
    sockets = [text_of(e).encode()
               for e in settings["network"]["allowUnixSockets"]]
    for path in sockets + [s + b"/a" for s in sockets] + [
            rnd.path().encode() for _ in range(4)]:
        for op, end in ((b"network-outbound", "remote"),
                        (b"network-bind", "local")):
            ask(op, {end: ("unix", path)}, lambda a, p=path: why_socket(
                helper, settings, p, a))
    for op, asked in REST:
        ask(op, asked, lambda a, o=op, q=asked: why_rest(settings, o, q, a))
    for op, kind in ((b"sysctl-read", b"sysctl-name"),
                     (b"sysctl-write", b"sysctl-name"),
                     (b"mach-lookup", b"global-name"),
                     (b"iokit-open", b"iokit-registry-entry-class"),
                     (b"iokit-open", b"iokit-user-client-class")):
        for name in names_of(ours, kind) | names_of(theirs, kind):
            ask(op, {"name": name}, lambda a: None)


def main():
    helper_path, module, policies, seed = sys.argv[1:]
    top = os.path.realpath(tempfile.mkdtemp())
    seen = collections.Counter()
    try:
        plant(top)
        helper = Helper(helper_path, top)
        ref = Reference(module, top)
        rnd = Round(random.Random(int(seed)), top)
        for _ in range(int(policies)):
            settings = rnd.settings()
            text, _ = helper.policy(settings)
            if text is None:
                continue
            theirs = ref.policy(settings)
            if b"\\u00" in theirs:
                # As JSON has a control character, and this language not.
                seen["unread"] += 1
                continue
            compare(rnd, helper, settings, Profile(text), Profile(theirs),
                    seen)
    finally:
        shutil.rmtree(top)
    print("#", dict(seen))
    sys.exit(1 if seen[None] else 0)


if __name__ == "__main__":
    main()

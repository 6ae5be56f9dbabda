#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""reference.py HELPER FILE POLICIES SEED: generated policies as profiles of
srt's and of the reference's (its macos-sandbox-utils.js), asked the same.
Where the verdicts differ it is for one of these reasons:

    names       srt protects more names, in any case and everywhere, and
                ".git" as a file; the reference its list, in the working
                directory
    hidden      what may not be read is not written to either
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
"""

import collections
import json
import os
import random
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


def why(helper, settings, path, op, ours):
    """Which of the explanations it is, or None."""
    read, name = helper.ask_all([(b"ask", b"read:" + path), (b"name", path)])
    if op == b"file-write-data" and not ours.allow:
        if not name or is_gap(helper, path):
            return "names"
        if not read:
            return "hidden"
    files = settings["filesystem"]
    if not ours.allow and absent(path, files["allowRead"] +
                                 files["allowWrite"]):
        return "absent"
    if ours.allow and op == b"file-read-data" and \
            beneath(path, files["allowWrite"]):
        return "root"
    if has_pattern(files["allowRead"]) or (
            ours.allow and op == b"file-write-data" and
            has_pattern(files["allowWrite"])):
        return "pattern"
    denied = files["denyRead"] + files["denyWrite"]
    if not ours.allow and not path.isascii() and has_pattern(denied):
        return "characters"
    if not ours.allow and any(isinstance(e, str) and e.endswith("/**/**")
                              for e in denied):
        return "tail"
    return None


def has_pattern(entries):
    return any(isinstance(e, str) and set(e) & set("*?[]") for e in entries)


def beneath(path, entries):
    """Is it one of the paths, or beneath it?"""
    names = (e["path"] if isinstance(e, dict) else e for e in entries)
    return any((path + b"/").startswith(n.encode() + b"/") for n in names)


def absent(path, entries):
    """The same of those that are not there."""
    return beneath(path, [e for e in entries if not os.path.lexists(
        e["path"] if isinstance(e, dict) else e)])


def compare(rnd, helper, settings, ours, theirs, seen):
    for _ in range(30):
        path = rnd.path(5).encode()
        q = {"path": path, "vnode": b"REGULAR-FILE"}
        for op in (b"file-read-data", b"file-write-data"):
            a, b = ours.decides(op, **q), theirs.decides(op, **q)
            seen["asked"] += 1
            if a.allow == b.allow:
                continue
            reason = why(helper, settings, path, op, a)
            seen[reason] += 1
            if reason is None:
                print("#", json.dumps(settings["filesystem"]))
                print(f"# {op!r} {path!r}: srt {a.source!r}")
                print(f"# reference {b.source!r}")


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

# SPDX-License-Identifier: ISC
"""Answers srt's questions: ask.py MODE LOG SRT WORD ...

The questions, a line each, are left in LOG.  MODE is a comma-separated list
of what to do with them, the last for all that follow: "allow", "deny" with a
scope after "-" and a reason after "=", "garbage", "silent", "close", "wait"
(answer the first when five programs have sent their requests), "spoil" (leave
no place in the settings for an answer that is to be saved), "late" (no, to be
saved by a keeper that is stopped until the command has ended), "orphaned" (the
same, and srt-exec is killed).
"""

import glob
import json
import os
import pty
import re
import select
import signal
import socket
import sys
import threading
import time


def answer(q, what):
    what, _, reason = what.partition("=")
    verdict, _, scope = what.partition("-")
    line = {"id": q["id"], "answer": verdict}
    if scope:
        line["scope"] = scope
    if reason:
        line["reason"] = reason
    return (json.dumps(line) + "\n").encode()


def meanwhile(what, settings):
    """What becomes of the settings while the question stands."""
    if what in ("broken", "a list"):
        with open(settings, "w") as f:
            f.write('{"broken' if what == "broken" else "[]")
    elif what == "gone":
        os.unlink(settings)
    elif what == "read-only":
        os.chmod(settings, 0o444)
    elif what.startswith("link:"):
        os.unlink(settings)
        os.symlink(what[5:], settings)


def five():
    end = time.monotonic() + 15
    while time.monotonic() < end:
        sent = 0
        for name in glob.glob("trace.*"):
            with open(name, errors="replace") as f:
                sent += "> GET" in f.read()
        if sent == 5:
            return
        time.sleep(0.02)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def comm(pid):
    with open(f"/proc/{pid}/comm") as f:
        return f.read().strip()


def late(pid, out):
    """Stops the keeper, which alone has srt's name, until srt waits for it."""
    keeper = [c for c in children(pid) if comm(c) == "srt"][0]
    os.kill(keeper, signal.SIGSTOP)

    def go_on():
        alone = 0
        while alone < 10 and comm(pid) == "srt":
            alone = alone + 1 if children(pid) == [keeper] else 0
            time.sleep(0.02)
        os.kill(keeper, signal.SIGCONT)
        out.write("waited\n")
    thread = threading.Thread(target=go_on)
    thread.start()
    return thread


def serve(modes, log):
    ours, theirs = socket.socketpair()
    # The command may look there, and is not to find another run's.
    with open(log, "w"):
        pass
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.dup2(theirs.fileno(), 6)
        os.execv(sys.argv[3], sys.argv[3:])
    theirs.close()
    later = None
    with open(log, "w") as out:
        for line in ours.makefile():
            out.write(line)
            out.flush()
            q = json.loads(line)
            meanwhile(os.environ.get("ASK_BEFORE", ""), sys.argv[5])
            mode = modes.pop(0) if len(modes) > 1 else modes[0]
            if mode == "garbage":
                ours.send(b'{"id": 1, "answer": perhaps}\n')
            elif mode == "close":
                ours.shutdown(socket.SHUT_RDWR)
                break
            elif mode == "wait":
                five()
                # What came besides shows in the log before this line.
                more = select.select([ours], [], [], 0.2)[0]
                out.write("more\n" if more else "alone\n")
                ours.send(answer(q, "allow"))
            elif mode == "spoil":
                with open(sys.argv[sys.argv.index("-s") + 1], "w") as f:
                    f.write('{"network": 1}')
                ours.send(answer(q, "allow-save"))
            elif mode in ("late", "orphaned"):
                later = late(pid, out)
                ours.send(answer(q, "deny-save"))
                if mode == "orphaned":
                    os.kill([c for c in children(pid)
                             if comm(c) == "srt-exec"][0], signal.SIGKILL)
            elif mode != "silent":
                ours.send(answer(q, mode))
        if later:
            later.join()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def terminal(keys, log):
    """On a terminal: what is typed at each question; "@NAME" makes a file.

    With "painted:" it is typed when the file "painted" is there.
    """
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[3], sys.argv[3:])
    seen = ""
    painted = sys.argv[1].startswith("painted:")
    end = time.monotonic() + 25
    while time.monotonic() < end:
        data = b""
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
        seen += data.decode(errors="replace").replace("\r", "")
        asked = len(re.findall(r"\[n\] ", seen))
        if painted and asked and not os.path.exists("painted"):
            continue
        if asked and keys and asked > len(typed):
            typed.append(keys.pop(0))
            if typed[-1].startswith("@"):
                open(typed[-1][1:], "w").close()
            else:
                os.write(fd, (typed[-1] + "\n").encode())
    with open(log, "w") as out:
        out.write(seen)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


typed = []
if sys.argv[1].startswith(("tty:", "painted:")):
    sys.exit(terminal(sys.argv[1].split(":", 1)[1].split(","), sys.argv[2]))
sys.exit(serve(sys.argv[1].split(","), sys.argv[2]))

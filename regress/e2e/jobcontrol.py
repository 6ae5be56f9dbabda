# SPDX-License-Identifier: ISC
"""The tests of jobcontrol.t: an interactive bash on a terminal of its own."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time

SRT = [os.environ["SRT"], "-s", os.environ["T"] + "/settings.json"]
LIMIT = 40
count = 0
failed = 0


def ok(passed, name, *notes):
    global count, failed
    count += 1
    print(("ok" if passed else "not ok"), count, "-", name)
    if not passed:
        failed += 1
        for note in notes:
            for line in str(note).splitlines():
                print("#", line)
    sys.stdout.flush()
    return passed


class Shell:
    """bash -i, the leader of a session with a pty as its terminal."""

    def __init__(self, *argv):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(sig, signal.SIG_DFL)
            os.environ["S"] = " ".join(SRT)
            os.environ["TERM"] = "dumb"
            os.environ["HISTFILE"] = ""
            os.execvp(argv[0], argv)
        attr = termios.tcgetattr(self.fd)
        attr[3] &= ~termios.ECHO
        termios.tcsetattr(self.fd, termios.TCSANOW, attr)

    def read(self):
        if not select.select([self.fd], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors="replace").replace("\r", "")
        return data != b""

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, regex):
        """Waits for it and forgets everything up to it."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            m = re.search(regex, self.seen, re.M)
            if m:
                self.seen = self.seen[m.end():]
                return m
            if not self.read():
                break
        m = re.search(regex, self.seen, re.M)
        if m:
            self.seen = self.seen[m.end():]
        return m

    def sees(self, regex, name):
        return ok(self.expect(regex) is not None, name,
                  "not seen: " + regex, "but: " + self.seen)

    def reach(self, regex):
        """The same, for what is no test of its own."""
        if self.expect(regex) is None:
            ok(False, "expected " + regex, "but: " + self.seen)

    def end(self):
        os.close(self.fd)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if os.waitpid(self.pid, os.WNOHANG)[0] == self.pid:
                return True
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return False


def bash():
    sh = Shell("bash", "--norc", "--noprofile", "-i")
    sh.type("stty -echo; PS1='out> '\n")
    sh.reach(r"out> $")
    return sh


def processes(match):
    """Pids whose command line the expression matches."""
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                line = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if re.search(match, line):
            found.append(int(pid))
    return found


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0]
    except OSError:
        return "-"


def in_front(match):
    for pid in processes(match):
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        if fields[2] == fields[5]:
            return True
    return False


def wait_for(what):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def all_in(match, letters):
    return lambda: processes(match) and all(
        state(p) in letters for p in processes(match))


def test_stop_and_fg():
    sh = bash()
    sh.type("$S sh -c 'echo up; exec sleep 100.25'\n")
    sh.sees(r"up$", "^Z: the command runs")
    wait_for(lambda: processes(r"^sleep 100\.25"))
    sh.type("\x1a")
    sh.sees(r"\[1\]\+  Stopped", "^Z: the shell outside has it stopped")
    ok(wait_for(all_in(r"^sleep 100\.25", "T")), "^Z: the command is stopped")
    sh.type("echo st=$?\n")
    sh.sees(r"st=1[45]\d$", "^Z: the shell's status of a stopped job")
    sh.type("fg\n")
    ok(wait_for(all_in(r"^sleep 100\.25", "S")), "fg: the command goes on")
    srt = processes(r"bin/srt .*sleep 100\.25")
    ok(len(srt) == 1 and wait_for(lambda: state(srt[0]) == "S"),
       "fg: and so does srt", srt, [state(p) for p in srt])
    sh.type("\x1a")
    sh.sees(r"\[1\]\+  Stopped", "^Z again: stopped again")
    sh.type("bg\n")
    ok(wait_for(all_in(r"^sleep 100\.25", "S")), "bg: it goes on")
    sh.type("jobs\n")
    sh.sees(r"\[1\]\+  Running", "bg: the shell knows")
    sh.type("fg\n")
    sh.reach(r"sleep 100\.25.$")
    ok(wait_for(lambda: in_front(r"^sleep 100\.25")), "fg: it is in front")
    sh.type("\x03")
    ok(wait_for(lambda: not processes(r"sleep 100\.25")), "^C: it ends")
    sh.sees(r"out> $", "^C: back at the prompt")
    sh.type("echo st=$?\n")
    sh.sees(r"st=130$", "^C: the status")
    sh.type("exit\n")
    ok(sh.end(), "the shell ends")


def test_status_after_stop():
    sh = bash()
    sh.type("$S sh -c 'kill -STOP $$; exit 7'\n")
    sh.sees(r"\[1\]\+  Stopped", "a command that stops itself: so does srt")
    sh.type("fg\n")
    sh.reach(r"out> $")
    sh.type("echo st=$?\n")
    sh.sees(r"st=7$", "fg: its status")
    sh.type("exit\n")
    sh.end()


def test_continued_inside():
    # The other one waits until it sees the command stopped, then continues
    # it, many times in a row: neither may be missed.
    inner = ("n=0; while [ $n -lt 20 ]; do n=$((n + 1)); "
             "(until grep -q \"^State:.T\" /proc/$$/status; do :; done; "
             "kill -CONT $$) & kill -STOP $$; wait; done; exit 9")
    sh = bash()
    sh.type("$S sh -c '" + inner + "'\n")
    # bash may see it stopped in between; then it goes on in the background.
    ok(wait_for(lambda: processes(r"bin/srt .*kill -CONT")),
       "continued from inside: it runs")
    ok(wait_for(lambda: not processes(r"bin/srt .*kill -CONT")),
       "continued from inside: it goes on and ends", sh.seen,
       [state(p) for p in processes(r"bin/srt .*kill -CONT")])
    sh.type("\n")
    sh.sees(r"out> $", "continued from inside: the shell is not left waiting")
    sh.type("exit\n")
    sh.end()

    # Without a shell that watches, it must end by itself.
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.execv(SRT[0], SRT + ["sh", "-c", inner])
    ok(wait_for(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG |
                                  os.WNOWAIT)),
       "continued from inside: srt goes on by itself")
    os.kill(pid, signal.SIGCONT)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ok(status == 9, "and has the status", status)


def test_woken_once_stopped():
    # srt is seen stopped first, then something inside continues the command.
    go = "go"
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.execv(SRT[0], SRT + [
            "sh", "-c", "(until [ -e go ]; do sleep 0.02; done; "
            "kill -CONT $$) & kill -STOP $$; exit 11"])
    ok(wait_for(lambda: state(pid) == "T"), "srt is stopped with the command")
    with open(go, "w"):
        pass
    ok(wait_for(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG |
                                  os.WNOWAIT)),
       "and woken with it, by whom it may be")
    os.kill(pid, signal.SIGCONT)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ok(status == 11, "with its status", status)
    os.unlink(go)


def test_interrupt_once():
    sh = bash()
    sh.type("$S bash -c 'n=0; trap \"n=\\$((n + 1)); echo int \\$n\" INT; "
            "trap \"echo n=\\$n; exit 3\" USR1; echo up; "
            "while :; do sleep 0.05; done'\n")
    sh.reach(r"up$")
    sh.type("\x03")
    sh.sees(r"^(\^C)?int 1$", "^C: it reaches the command")
    # Whatever was passed on besides has come when this has.
    os.kill(processes(r"bin/srt .*trap")[0], signal.SIGUSR1)
    sh.sees(r"n=1$", "^C: once")
    sh.type("exit\n")
    sh.end()


def test_pipeline():
    sh = bash()
    sh.type("$S cat | cat\n")
    sh.type("one\n")
    sh.sees(r"one$", "a pipeline: input to output")
    sh.type("\x1a")
    sh.sees(r"\[1\]\+  Stopped", "a pipeline: ^Z stops all of it")
    sh.type("fg\n")
    sh.reach(r"\| cat$")
    sh.type("two\n")
    sh.sees(r"two$", "a pipeline: fg continues all of it")
    sh.type("\x04")
    sh.sees(r"out> $", "a pipeline: the end of the input ends it")
    sh.type("echo st=${PIPESTATUS[*]}; echo x | $S cat | $S cat; "
            "echo st=${PIPESTATUS[*]}\n")
    sh.sees(r"x\n(out> )*st=0 0 0$", "a pipeline of two")
    sh.type("exit\n")
    sh.end()


def test_background():
    sh = bash()
    sh.type("$S sh -c 'read x; echo got $x' &\n")
    sh.reach(r"^\[1\]")
    # A command that reads in the background stops, and srt with it.
    ok(wait_for(all_in(r"^sh -c read x", "T")) and
       wait_for(all_in(r"bin/srt .*read x", "T")),
       "reading in the background stops it, and srt")
    sh.type("\n")
    sh.sees(r"\[1\]\+  Stopped", "and the shell knows")
    sh.type("fg\n")
    sh.reach(r"read x")
    sh.type("line\n")
    sh.sees(r"got line$", "once in front it reads")
    sh.sees(r"out> $", "and ends")
    sh.type("exit\n")
    sh.end()


def test_shell_inside():
    sh = bash()
    sh.type("$S bash --norc --noprofile -i\n")
    sh.reach(r"\$ $")
    sh.type("PS1='in> '\n")
    sh.reach(r"in> $")
    sh.type("sleep 100.5\n")
    ok(wait_for(lambda: processes(r"^sleep 100\.5")), "a shell inside: a job")
    sh.type("\x1a")
    sh.sees(r"^\[1\]\+  Stopped +sleep 100\.5",
            "a shell inside: ^Z stops its job, not it")
    sh.type("fg\n")
    ok(wait_for(lambda: in_front(r"^sleep 100\.5")),
       "a shell inside: fg puts it in front")
    sh.type("\x03")
    wait_for(lambda: not processes(r"^sleep 100\.5"))
    sh.reach(r"in> $")
    sh.type("exit 4\n")
    sh.sees(r"out> $", "a shell inside: it ends")
    sh.type("echo st=$?\n")
    sh.sees(r"st=4$", "a shell inside: its status")
    # The shell outside is in front again: it and its jobs have the terminal.
    sh.type("cat\n")
    sh.type("typed\n")
    sh.sees(r"typed$", "the terminal is the shell's again")
    sh.type("\x03")
    sh.reach(r"out> $")
    # Two in a row, as a script has it: nobody but srt can restore it there.
    sh.type("sh -c '$S bash --norc --noprofile -i -c \"set -m; true\"; "
            "read x; echo then $x'\n")
    sh.type("more\n")
    sh.sees(r"then more$", "and a script's that runs such a shell")
    sh.type("exit\n")
    ok(sh.end(), "the shell ends")


def test_hangup():
    # srt as the leader of the session: nobody else is told.
    sh = Shell(*SRT, "sh", "-c", "trap 'echo hup >hup; exit 0' HUP; "
               "echo up; while :; do sleep 0.05; done")
    sh.reach(r"up$")
    ok(sh.end(), "the terminal goes away: srt ends")
    ok(wait_for(lambda: not processes(r"^sh -c trap .echo hup")),
       "and the command")


def test_alarm():
    # An alarm that was set before srt was executed is the command's.
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_REAL, 3)
        os.execv(SRT[0], SRT + ["sleep", "100.75"])
    ok(wait_for(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG |
                                  os.WNOWAIT)), "an alarm ends the command")
    for p in processes(r"^sleep 100\.75"):
        os.kill(p, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ok(status == 128 + signal.SIGALRM, "with its status", status)


def test_inherited():
    # What the caller ignores is ignored; what srt ignores itself is not.
    def ignored(sigs, blocked=()):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            for sig in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT,
                        signal.SIGQUIT):
                signal.signal(sig, signal.SIG_DFL)
            for sig in sigs:
                signal.signal(sig, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
            os.dup2(w, 1)
            os.execv(SRT[0], SRT + ["grep", "SigIgn", "/proc/self/status"])
        os.close(w)
        with os.fdopen(r) as f:
            line = f.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        mask = int(line.split()[1], 16) if line else -1
        return status, {n for n in range(1, 32) if mask >> (n - 1) & 1}

    got = ignored(())
    ok(got == (0, set()), "nothing is ignored in the command", got)
    got = ignored((signal.SIGCHLD, signal.SIGPIPE, signal.SIGTTOU),
                  (signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM))
    ok(got == (0, {signal.SIGCHLD, signal.SIGPIPE, signal.SIGTTOU}),
       "but what the caller ignored, and srt ends with SIGCHLD blocked", got)


os.chdir(os.environ["W"])
for test in (test_stop_and_fg, test_status_after_stop, test_continued_inside,
             test_woken_once_stopped, test_interrupt_once, test_pipeline,
             test_background, test_shell_inside, test_hangup, test_alarm,
             test_inherited):
    test()
print(f"1..{count}")
sys.exit(failed != 0)

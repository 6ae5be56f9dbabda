# SPDX-License-Identifier: ISC
#
# Whatever dies or fails, at whatever point: the command is gone or was
# confined throughout, nothing of the run is left, and the status says so.
#
#	death.py SECONDS SEED [LIKE]	what fits into that time; points like it
#	death.py all SEED		every point of every process
#	death.py POINT ...		those again, as they were printed
#
# A seed of 0 is another one each time; it is printed with what failed.

import errno
import re
import ssl
import sys
import threading
import zlib

from taken import *

E = {name: getattr(errno, name) for name in (
    "ENOMEM", "ENOSPC", "EMFILE", "ENFILE", "EPIPE", "EIO", "EAGAIN",
    "EINTR", "EPERM", "EINVAL", "ECONNRESET", "EADDRINUSE", "ENOBUFS",
    "ETXTBSY", "EACCES")}
NUMBER = {value: name for name, value in E.items()}

# How each call fails on a machine that has run out of something.
ERRORS = {
    "fork": "EAGAIN ENOMEM", "socketpair": "EMFILE ENFILE ENOMEM",
    "pipe2": "EMFILE ENFILE", "open": "EMFILE ENFILE ENOMEM EIO EACCES",
    "openat": "EMFILE ENFILE ENOMEM EIO ENOSPC",
    "socket": "EMFILE ENOBUFS", "bind": "EADDRINUSE ENOMEM",
    "listen": "EADDRINUSE", "connect": "EAGAIN ENOMEM",
    "accept4": "EMFILE ENFILE", "sendmsg": "EPIPE ENOMEM EAGAIN EINTR",
    "recvmsg": "ECONNRESET ENOMEM EAGAIN EINTR", "read": "EIO EINTR",
    "write": "EIO ENOSPC EPIPE EINTR", "writev": "EPIPE EIO EAGAIN EINTR",
    "epoll_create1": "EMFILE ENOMEM", "epoll_ctl": "ENOMEM ENOSPC",
    "eventfd": "EMFILE ENOMEM", "timerfd_create": "EMFILE",
    "mmap": "ENOMEM", "malloc": "ENOMEM", "calloc": "ENOMEM",
    "realloc": "ENOMEM", "strdup": "ENOMEM", "dup2": "EMFILE EIO",
    "fcntl": "EMFILE", "prctl": "EPERM EINVAL ENOMEM",
    "setrlimit": "EPERM", "execve": "ENOMEM EMFILE ETXTBSY",
    "fchdir": "EIO EACCES", "syscall": "EPERM ENOMEM EINVAL EMFILE",
    "pthread_create": "EAGAIN",
}
SIGNALS = {"KILL": signal.SIGKILL, "SEGV": signal.SIGSEGV,
           "STOP": signal.SIGSTOP}
# Between vfork and execve a role is srt, and the command pid 1; what srt
# forks is "role" until it has confined itself, and so is who asks.
PEOPLE = "srt exec broker init proxy resolver monitor".split()

ENDS = "echo ran >ran; exit 7"
# It tries to get out, says that it has run, and leaves others behind.
WORK = """echo out >"$0/outside" 2>/dev/null
setsid sleep 300 </dev/null >/dev/null 2>&1 &
(trap '' HUP TERM; sleep 301) >/dev/null 2>&1 &
$ERRAND
""" + ENDS
# Where something was wrong once.
ONCE = ["ask/srt:1:execve:KILL"]
# Of these the end is not that of the run.
SPARED = ["keeper", "role"]

GOES_ON = """echo up >up; while ! [ -e go ]; do sleep 0.05; done
""" + ENDS

STATUS = 7
FAILED = 125
BOUND = 45		# seconds, in which everything must have ended
AFTER = 8		# and nothing be left; the grace of one role is 5
OWN_ENDS = 8


def clear():
    for path in [W + "/" + name for name in
                 ("begun", "ran", "up", "go", "errand")] + [OUTSIDE]:
        try:
            os.unlink(path)
        except OSError:
            pass


def wait_gone(pid, seconds):
    end = time.monotonic() + seconds
    while pid and state_of(pid) not in (None, "Z", "X"):
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def is_first(pid):
    """In a pid namespace of its own."""
    try:
        with open("/proc/%d/status" % pid) as f:
            numbers = re.search(r"^NSpid:(.*)", f.read(), re.M)[1].split()
    except OSError:
        return False
    return len(numbers) > 1 and numbers[-1] == "1"


def wait_until(seconds, true):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def each_task(pid, fn, *args):
    """Of its threads some may just end."""
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            fn(int(task), *args)
    except OSError:
        pass


def exists(path):
    return os.path.exists(path)


def lasting(work):
    """The same, which does not end until it is told to."""
    return "echo begun >begun\n" + work.replace(ENDS, GOES_ON)


def let_go():
    with open(W + "/go", "w"):
        pass


# --- what a run can consist of

def in_thread(fn, *args):
    threading.Thread(target=fn, args=args, daemon=True).start()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def visit(port, run):
    """From outside, until a server inside has said something."""
    while run.p.returncode is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as s:
                s.settimeout(2)
                if s.recv(100):
                    return
        except OSError:
            pass
        time.sleep(0.01)


def syslog_daemon():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(T + "/syslog/log")
    while True:
        s.recv(1 << 17)


def other_proxy(listener, wrap):
    """Says itself what it is asked for, over what wrap makes of a socket."""
    def head(c):
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            more = c.recv(1)
            if not more:
                raise OSError
            data += more

    def serve(c):
        try:
            c.settimeout(30)
            with wrap(c) as t:
                head(t)
                t.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                head(t)
                t.sendall(b"hello")
        except OSError:
            c.close()

    def accept():
        while True:
            in_thread(serve, listener.accept()[0])

    in_thread(accept)


def parent_proxy():
    """Speaks TLS, as own.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(T + "/etc/cert.pem", T + "/etc/key.pem")
    listener = socket.create_server(("203.0.113.1", 0))
    other_proxy(listener, lambda c: context.wrap_socket(c, server_side=True))
    return listener.getsockname()[1]


def mitm_proxy():
    path = T + "/mitm.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    other_proxy(listener, lambda c: c)
    return path


def answer_all(s):
    """What is asked by --ask-fd: yes, and it is to be saved."""
    for line in s.makefile():
        q = re.search('"id":([0-9]+)', line)
        try:
            s.sendall(b'{"id":%d,"answer":"allow","scope":"save"}\n' %
                      int(q[1]))
        except OSError:
            break
    s.close()


def type_all(master):
    seen = b""
    try:
        while True:
            seen += os.read(master, 4096)
            if b"[n] " in seen:
                os.write(master, b"n\n")
                seen = b""
    except OSError:
        os.close(master)


class Scene:
    """Settings, options, what the command does, and who is there."""

    ERRAND = "proxy allowed.test direct 203.0.113.10 ask x.allowed.test"
    people = PEOPLE
    allow = '"allowed.test", "*.allowed.test", "203.0.113.10"'
    net = ""
    more = ""
    options = ()
    steps = ERRAND
    good = 3		# of these steps
    work = WORK

    def __init__(self, name, **given):
        self.name = name
        self.__dict__.update(given)

    def text(self, work):
        errand = ""
        if self.steps:
            errand = "%s/errand errand %s" % (os.environ["SRT_HELPERS"],
                                              self.steps)
        return work.replace("$ERRAND", errand)

    def run(self, work=None):
        """Starts it, with whoever it needs outside."""
        net, options = self.net, list(self.options)
        given = {"env": {"SSL_CERT_FILE": T + "/etc/ca.pem"}}
        close = []
        port = free_port()
        settings(self.more, net.replace("PORT", str(port)), self.allow)
        if self.name == "ask":
            ours, theirs = socket.socketpair()
            close = [theirs]
            options += ["--ask-fd", str(theirs.fileno())]
            given["fds"] = (theirs.fileno(),)
            in_thread(answer_all, ours)
        if self.name == "tty":
            given["first"], master, slave = on_terminal()
            in_thread(type_all, master)
        if self.name == "learn":
            try:
                os.unlink(T + "/learned.json")
            except OSError:
                pass
        r = Run(["sh", "-c", self.text(work or self.work), PLACE],
                options=options, **given)
        for s in close:
            s.close()
        if self.name == "tty":
            r.tty = slave
        if "publishPorts" in net:
            in_thread(visit, port, r)
        return r


def scenes():
    proxy = parent_proxy()
    mitm = mitm_proxy()
    in_thread(syslog_daemon)
    wait_until(5, lambda: exists(T + "/syslog/log"))
    ask = "proxy allowed.test"
    found = [
        Scene("plain", steps="", people=[p for p in PEOPLE
                                         if p != "resolver"]),
        Scene("net", net=', "publishPorts": ["PORT:8000"]',
              steps=Scene.ERRAND + " serve 8000", good=4),
        Scene("audit", more=', "audit": { "to": "syslog" }, '
              '"requireAudit": true', people=["srt", "monitor"]),
        Scene("tls", net=', "parentProxy": { "http": '
              '"https://own.test:%d" }' % proxy, steps=ask, good=1,
              people=["srt", "proxy", "tls"]),
        # By srt's own connection: srt-proxy has no way to a Unix socket.
        Scene("mitm", net=', "mitmProxy": { "socketPath": "%s", '
              '"domains": ["allowed.test"] }' % mitm, steps=ask, good=1,
              people=["srt", "proxy"]),
        Scene("ask", steps=ask, good=1, allow="",
              people=["srt", "proxy", "keeper", "role"]),
        Scene("tty", steps=ask, good=0, allow="",
              options=["--ask"], people=["srt", "role"]),
        Scene("learn", options=["--learn", T + "/learned.json"],
              work=WORK.replace('"$0/outside"', '"$0/learned"'),
              people=["srt", "broker", "keeper", "monitor", "role"]),
        Scene("landlock", more=', "mode": "landlock"'),
    ]
    return {scene.name: scene for scene in found}


def errand_said():
    try:
        with open(W + "/errand") as f:
            return f.read()
    except OSError:
        return ""


def judge(point, status, said, left, may):
    """Why it is not as it must be, or nothing."""
    why = ""
    if status is None:
        why += "it hangs\n"
    elif status not in may:
        why += "status %d, may be %s\n" % (status, sorted(may))
    # What the broker cannot do, the command cannot.
    if status == STATUS and not exists(W + "/ran") and \
            "broker:" not in point:
        why += "the command's status, and it has not run\n"
    if exists(OUTSIDE):
        why += "the command got out\n"
    errand = errand_said()
    # Of srt-proxy's own nobody is continued, see PRIVSEP.md; and who can
    # take no connection for ever keeps it waiting.
    if "hangs" in errand and \
            not re.search("(tls|resolver):.*STOP|accept4:.*!", point):
        why += "a connection hangs\n" + errand
    if left:
        why += "left:\n" + left
    if "signal 6" in said or ("signal 11" in said and "SEGV" not in point):
        why += "a crash\n"
    if status == FAILED and "KILL" not in point and \
            not re.search("srt|^Error: ", said, re.M):
        why += "it says nothing\n"
    return why + "said: " + said if why else ""


class Death:
    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.scenes = scenes()
        self.calls = {}
        self.base = Baseline()
        self.count = self.fired = self.woken = 0
        self.bad = []

    def trace(self):
        """The calls that each process makes in a run in which all is well."""
        for scene in self.scenes.values():
            why = ""
            for who in scene.people:
                clear()
                command(TRACE, who)
                r = scene.run()
                status = r.wait(BOUND)
                said = r.said()
                calls = answer()[3].split()
                self.calls[scene.name + "/" + who] = calls
                why += judge("trace", status, said, self.base.left(AFTER),
                             {STATUS})
                if len(calls) < 2:
                    why += "%s is not there\n" % who
                errand = errand_said()
                if scene.steps and errand.count(" ok") != scene.good or \
                        "hangs" in errand:
                    why += "errand: %s\n" % errand
            ok(not why, "%s: %s" % (scene.name, ", ".join(
                "%s %d" % (who, len(self.calls[scene.name + "/" + who]))
                for who in scene.people)) + " calls", why)

    def points(self):
        for who, names in self.calls.items():
            nth = {}
            for name in names:
                n = nth[name] = nth.get(name, 0) + 1
                for error in ERRORS[name].split():
                    yield "%s:%d:%s:%s" % (who, n, name, error)
                for sig in SIGNALS:
                    # Pid 1 gets no signal that it could ignore; a trap.
                    if who != "init" or sig == "SEGV":
                        yield "%s:%d:%s:%s" % (who, n, name, sig)
                # What has run out stays so.
                yield "%s:%d:%s:%s!" % (who, n, name,
                                        ERRORS[name].split()[0])

    def in_order(self, points):
        """By the seed, wherever some more or less of them are."""
        return sorted(points, key=lambda point:
                      zlib.crc32(b"%d %s" % (self.seed, point.encode())))

    def at(self, point):
        scene, _, who = point.partition(":")[0].rpartition("/")
        n, name, what = point.split(":")[1:]
        if who == "any":
            self.kill_any(self.scenes[scene], float(n), float(name), what)
            return
        sticky = what.endswith("!")
        what = what.rstrip("!")
        action = -SIGNALS[what] if what in SIGNALS else E[what]
        clear()
        command(FAULT, who, nth=int(n), action=action, sticky=sticky, call=name)
        scene = self.scenes[scene or "plain"]
        may = {STATUS, FAILED}
        if who in ("init", "exec", "broker"):
            may |= {126, 127}
        # arc4random(3) of libbsd ends the process so, without a word.
        if name == "mmap" and what == "ENOMEM":
            may.add(1)
        if what in ("KILL", "SEGV"):
            r = scene.run(lasting(scene.work))
            status, may = self.killed(r, who, SIGNALS[what])
        elif what == "STOP":
            r = scene.run()
            status = self.stopped(r, who)
            # Before its execve it is the command already.
            if who == "init":
                may.add(128 + SIGNALS[what])
        else:
            r = scene.run()
            status = r.wait(BOUND)
        if answer()[0] == 0:
            may = {STATUS}
        if status is None:
            r.kill()
        said = r.said()
        # Nobody can be woken before he has asked for it, nor once srt is gone.
        if what == "STOP" and ((who == "resolver" and n == "1") or
                               who in ("keeper", "role") or
                               (who == "srt" and name == "prctl")):
            self.wake(answer()[1])
        left = self.base.left(AFTER)
        why = judge(point, status, said, left, may)
        self.count += 1
        self.fired += answer()[0] != 0
        if why:
            self.bad.append(point)
            ok(False, point, why)

    def killed(self, r, who, sig):
        """One of them dies, while the command would go on for ever: its
        status, and what that may be.  Or none does before the command has
        done all that it has to do, and then it may end."""
        wait_until(BOUND, lambda: answer()[0] or exists(W + "/up") or
                   r.p.poll() is not None)
        fired, pid, _, _ = answer()
        if not fired or who in SPARED:
            let_go()
            may = {STATUS, FAILED}
            if who == "srt":
                may.add(-sig)
        elif pid == r.p.pid:
            may = {-sig}
        else:
            may = {FAILED}
        # Before its execve it is the command already.
        if who == "init" and not exists(W + "/begun"):
            may.add(128 + sig)
        return r.wait(BOUND), may

    def stopped(self, r, who):
        """One of them has stopped: all goes on.  srt alone, or what it or pid
        1 is until its execve, is for whoever has stopped it to continue."""
        end = time.monotonic() + BOUND
        while who in ("srt", "role", "init") and time.monotonic() < end:
            if r.p.poll() is not None:
                break
            fired, pid, _, _ = answer()
            # What pid 1 has made by vfork(2) keeps that in the kernel.
            if fired and (state_of(pid) is None or state_of(pid) == "T" and (
                    who != "init" or state_of(parent_of(pid)) == "D")):
                self.wake(pid)
                break
            time.sleep(0.001)
        return r.wait(BOUND)

    def each_stopped(self):
        """Each process of srt's, while the command runs: it goes on."""
        clear()
        command(NOTHING)
        r = Run(["sh", "-c", GOES_ON])
        wait_until(10, lambda: exists(W + "/up"))
        why = ""
        # srt-monitor may come after it.
        wait_until(10, lambda: len(self.roles()) >= 5)
        family = self.roles()
        names = [(pid, name_of(pid), parent_of(pid))
                 for pid in self.family()]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
            if not wait_until(8, lambda: state_of(pid) in ("S", "R")):
                why += "%d (%s) stays stopped\n" % (pid, name_of(pid))
        # Who has stopped all of them is obeyed.
        os.killpg(r.p.pid, signal.SIGSTOP)
        if not wait_until(8, lambda: state_of(r.p.pid) == "T"):
            why += "srt does not stop\n"
        time.sleep(0.3)
        if state_of(r.p.pid) != "T":
            why += "srt does not stay stopped\n"
        os.killpg(r.p.pid, signal.SIGCONT)
        let_go()
        why += judge("stopped", r.wait(BOUND), r.said(),
                     self.base.left(AFTER), {STATUS})
        r.kill()
        ok(not why and len(family) == 5,
           "each process that is stopped alone goes on, all together stay",
           "%s%s" % (why, names))

    def own_end(self, name):
        """Without a broker the command's calls fail, of which it may end.
        That is not the run's end, even where a broker that is slow to die
        leaves pid 1 the time to see it."""
        why = ""
        cpus = sorted(os.sched_getaffinity(0))
        for n in range(OWN_ENDS):
            clear()
            command(NOTHING)
            r = Run(["sh", "-c", "while true >>up; do :; done; exit 3"])
            wait_until(10, lambda: exists(W + "/up"))
            broker = 0
            for pid in self.family():
                each_task(pid, os.sched_setaffinity, {cpus[n % len(cpus)]})
                above = parent_of(pid) or 0
                if name_of(above) == "srt-exec " and \
                        parent_of(above) == r.p.pid:
                    broker = pid
            each_task(broker, os.sched_setscheduler, os.SCHED_IDLE,
                      os.sched_param(0))
            os.kill(broker or r.p.pid, signal.SIGKILL)
            status = r.wait(BOUND)
            if status is None:
                r.kill()
            why += judge("own end:KILL", status, r.said(),
                         self.base.left(AFTER), {FAILED})
        ok(not why, "what the command ends of once the broker has died is not "
           "the run's status, " + name, why)

    @staticmethod
    def wake(pid):
        try:
            if pid > 0:
                os.kill(pid, signal.SIGCONT)
        except OSError:
            pass

    # --- from outside, at any time

    def family(self):
        return sorted(self.base.processes())

    def roles(self):
        """The resolver is srt-proxy's: without it names are not found."""
        roles = [p for p in self.family() if name_of(p).startswith("srt-")]
        return [p for p in roles if not self.is_proxys(p)]

    @staticmethod
    def is_proxys(pid):
        return name_of(parent_of(pid) or 0) == "srt-proxy "

    def random_kill(self, longest):
        """One process of a run, whichever, whenever."""
        scene = self.random.choice(list(self.scenes.values()))
        ending = self.random.random() < 0.3
        self.kill_any(scene, self.random.random() * longest,
                      self.random.random(),
                      self.random.choice(list(SIGNALS)) +
                      ("-end" if ending else ""))

    def kill_any(self, scene, delay, pick, how):
        point = "%s/any:%.6f:%.6f:%s" % (scene.name, delay, pick, how)
        sig, _, ending = how.partition("-")
        clear()
        command(NOTHING)
        r = scene.run(scene.work if ending else lasting(scene.work))
        time.sleep(delay)
        family = self.family()
        target = family[int(pick * len(family))] if family else 0
        name = name_of(target)
        whose = "resolver:" if self.is_proxys(target) else ""
        may = None
        if not ending and sig != "STOP":
            may = self.must(r, target, name, SIGNALS[sig])
        try:
            if target:
                os.kill(target, SIGNALS[sig])
        except OSError:
            may = None
        if may is not None:
            status = r.wait(BOUND)
        else:
            status, may = self.end(r, sig, ending, target, name)
        if status is None:
            r.kill()
        said = r.said()
        # It may have been stopped before it was itself: woken it ends.
        if sig == "STOP" and not wait_gone(target, 1):
            self.woken += 1
            self.wake(target)
        why = judge(whose + point, status, said, self.base.left(AFTER), may)
        self.count += 1
        if why:
            self.bad.append(point)
            ok(False, "%s (%s)" % (point, name.strip()[:40]), why)

    @staticmethod
    def must(r, target, name, sig):
        """What the status has to be, while the command would go on for ever;
        None where the run need not end."""
        if target == r.p.pid:
            return {-sig}
        if not name.startswith("srt-"):
            return None
        # The kernel keeps from pid 1 what it has not asked for.
        if sig == signal.SIGSEGV and is_first(target):
            return None
        # Before its execve the command is called so as well.
        return {FAILED} if exists(W + "/begun") else {FAILED, 128 + sig}

    def end(self, r, sig, ending, target, name):
        """As must(), where something else has to end it."""
        status = r.wait(0.05)
        # The command, and srt, go on when who has stopped them says so.
        if status is None and sig == "STOP" and not name.startswith("srt-"):
            self.wake(target)
        if status is None and not ending:
            status = r.wait(0.1)
        if status is None and not ending:
            r.p.kill()
        if status is None:
            status = r.wait(BOUND)
        return status, {STATUS, FAILED, -signal.SIGKILL, -SIGNALS[sig],
                        128 + SIGNALS[sig], 126, 127, 128 + signal.SIGKILL}


def main():
    install()
    settings()
    what = sys.argv[1]
    death = Death(seed_of(sys.argv[2:]))
    if ":" in what:
        for point in sys.argv[1:]:
            if ":" in point:
                death.at(point)
        ok(not death.bad, "%d points" % death.count)
        done()
    death.each_stopped()
    death.own_end("with namespaces")
    settings(', "mode": "landlock"')
    death.each_stopped()
    death.own_end("without")
    settings()
    death.trace()
    points = death.in_order(p for p in death.points() if len(sys.argv) < 4 or
                            re.search(sys.argv[3], p))
    points[:0] = ONCE
    end = None if what == "all" else time.monotonic() + float(what) * 0.75
    for point in points:
        if end is not None and time.monotonic() > end:
            break
        death.at(point)
    ok(not death.bad and death.fired > death.count / 2,
       "%d of %d points at which a call fails or is the last (%d hit; seed %d)"
       % (death.count, len(points), death.fired, death.seed),
       "\n".join(death.bad))
    death.count = 0
    death.bad = []
    end = time.monotonic() + (120 if what == "all" else float(what) * 0.25)
    while time.monotonic() < end:
        death.random_kill(0.06)
    ok(not death.bad and death.woken <= 1 + death.count / 20,
       "%d processes killed or stopped at any time (%d had to be woken; "
       "seed %d)" % (death.count, death.woken, death.seed),
       "\n".join(death.bad))
    done()


main()

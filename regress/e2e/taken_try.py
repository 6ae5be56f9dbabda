# SPDX-License-Identifier: ISC
#
# The table of PRIVSEP.md, tried.  What is not in it must fail.

import errno
import re

from taken import *

MARK = b"srt-test-build-that-obeys"

SIGNALS = {"kill-all", "kill-srt", "kill-role", "kill-host"}

# What each may do, as regress/helper/taken_try.c names it.  "-srt" stands
# for srt, "-role" for the other roles, "-host" for any process of the user;
# what begins with "fd-" is tried with a descriptor of another kind than those
# that the role has (HAS), which was made for that.
MAY = {
    "srt": SIGNALS,
    "srt that dials": SIGNALS | {
        "unix-socket", "unix-dgram-socket", "connect-unix", "fd-connect",
        "fd-sendmsg"},
    "role": SIGNALS,
    "exec": SIGNALS,
    "monitor": set(),
    "proxy": {"tcp-socket", "tcp6-socket", "connect-tcp", "fd-connect",
              "fd-sendmsg"},
    # It reads what its user may read, and sends it to whom it likes.
    "resolver": {
        "read", "settings", "denied", "stat", "readlink", "fds-host",
        "tcp-socket", "tcp6-socket", "udp-socket", "unix-socket",
        "unix-dgram-socket", "route-socket", "connect-tcp", "connect-unix",
        "sockopt", "fd-connect", "fd-sendto", "fd-sendmsg"},
    "tls": {"socketpair", "fd-sendmsg"},
    # Within the mounts of the command: "write" and "denied" are not here.
    # It has the command's sockets if it likes.
    "broker": {
        "read", "settings", "create", "openat2", "stat", "unlink", "mkdir",
        "tcp-socket", "tcp6-socket", "bind", "listen",
        "fd-fchdir", "fd-fchmod", "fd-openat", "fd-connect", "fd-sendmsg",
        "pidfd-role", "pidfd-host", "xfsz-role", "xfsz-host",
        "pidfd_signal-role", "pidfd_signal-host",
        "prlimit-role", "prlimit-host", "affinity-host", "affinity-role"},
    "init": {"kill-all", "kill-role"},
    # In the directory of the settings file, which none of these are in.
    "keeper": {"stat", "fd-fchmod"},
}

BARE = ", mode landlock"
# There no mount and no namespace is around it: what its user may, but no
# program, and no more of the kernel.
MAY["broker" + BARE] = MAY["broker"] | {
    "write", "denied", "readlink", "fd-denied", "fd-outside", "connect-tcp",
    "mem-host", "environ-host", "fds-host", "vm_readv-host", "getfd-host",
    "pidfd-srt", "pidfd_signal-srt", "prlimit-srt", "affinity-srt"}

# What this kernel or this moment need not have to offer.
MAY_LACK = {
    "tcp6-socket", "kill-srt", "pidfd-role", "xfsz-role", "prlimit-role",
    "pidfd_signal-role", "pidfd-srt", "pidfd_signal-srt", "prlimit-srt",
    "affinity-srt", "mem-host", "environ-host", "vm_readv-host",
    "getfd-host", "affinity-role", "fds-host"}


def each(tries, whom):
    return {"%s-%s" % (t, w) for t in tries.split() for w in whom.split()}


PROC = each("mem environ fds", "srt role host")
LOOK = each("vm_readv getfd", "srt role host")
# The calls that its filter leaves a role, and what they reach another layer
# refuses.  All else is the end of the role.
HELD = {
    "resolver": PROC | {"shadow", "bind", "clone3", "fd-openat", "fd-denied"},
    "broker": PROC | LOOK | each("xfsz", "srt role") | {
        "shadow", "write", "denied", "readlink", "own-mem", "fd-denied",
        "fd-outside", "clone3", "connect-tcp"},
    "keeper": PROC | {
        "read", "write", "settings", "shadow", "create", "own-mem",
        "fd-openat", "denied", "fd-denied", "fd-outside", "unlink"},
}

# Outside of any confinement these succeed, else the tries are wrong.
REAL = {
    "read", "write", "settings", "create", "openat2", "stat", "readlink",
    "denied", "unlink", "mkdir", "own-mem", "execve", "execveat", "fork",
    "clone-user", "unshare", "unshare-net", "setns", "mount", "chroot",
    "setuid", "kill-all", "setpgid", "setpriority", "dumpable", "seccomp",
    "setrlimit", "personality", "timer", "inotify", "map-x", "protect-x",
    "map-wx", "memfd", "connect-tcp", "connect-unix", "bind", "listen",
    "sockopt", "socketpair", "tcp-socket", "udp-socket", "unix-socket",
    "unix-dgram-socket", "unix-seq-socket", "route-socket", "mem-host",
    "environ-host", "fds-host", "ptrace-host", "vm_readv-host",
    "vm_writev-host", "pidfd-host", "getfd-host", "pidfd_signal-host",
    "xfsz-host", "prlimit-host", "affinity-host", "fd-setown",
    "fd-fiosetown", "fd-fchmod", "fd-connect", "fd-sendto", "fd-sendmsg",
    "fd-ctty"
} | each("kill tgkill sigqueue", "srt host")
# Unless the machine has or allows none of that.
REAL_OR_NOT = {
    "handle", "clone3", "fsopen", "open_tree", "keyctl", "add_key", "bpf",
    "io_uring", "perf", "userfaultfd", "landlock", "ptracer", "shmget",
    "memfd_secret", "fd-sti", "tcp6-socket", "mptcp-socket", "sctp-socket",
    "udplite-socket", "ping-socket", "audit-socket", "vsock-socket",
    "alg-socket"
} | each("kill tgkill sigqueue", "role") | each(
    "pidfd pidfd_signal prlimit affinity", "srt role")
# What no user may, and what nobody may of srt, as it is not dumpable; with
# the descriptors that role has no directory is reached, and xfsz is not sent
# to who would end of it.
REAL_NOWHERE = {
    "shadow", "raw-socket", "packet-socket", "fd-fchdir", "fd-openat",
    "fd-denied", "fd-outside"
} | each("mem environ fds ptrace vm_readv vm_writev getfd xfsz", "srt role")

# Descriptors that a role holds when it is confined, beside 0 to 2.
LOOP = {"unix-stream", "anonymous", "pipe"}
NULL = "device-1:3"
# In mode landlock those that end the orphans see them by this.
CHILDREN = "file-of-proc /proc/N/task/N/children"
HAS = {
    "proxy": LOOP,
    "exec": {"unix-stream", NULL},
    "monitor": LOOP | {"file " + T + "/run.err"},
    "resolver": {"unix-stream"},
    "tls": LOOP,
    "init": {"unix-stream", "anonymous", NULL},
    "srt": LOOP,
    "srt that dials": LOOP,
    # The terminal.
    "role": {"unix-stream", "device-5:0"},
    # Its own mount of /proc, which has no name; without namespaces the host's.
    "broker": {"unix-stream", "anonymous", NULL, "directory-of-proc"},
    "broker" + BARE: {"unix-stream", "anonymous", NULL,
                      "directory-of-proc /proc"},
    "keeper": {"unix-stream", "directory " + T + "/learn"},
}
# It is started before the others.
EARLY = {"role": {"kill-role"}}
FATAL = "signal-31"		# SIGSYS, of the role's filter
# Of a call that was let through, these say nothing about its right.
NO_REFUSAL = {"errno-%d" % e for e in (errno.EINVAL, errno.EFAULT,
                                       errno.EBADF)}


def tried(who, world, mode=TRY, options=(), given=True, bare=False):
    if given:
        options = ["-s", SETTINGS, *options]
    # srt-tls is nobody's to wait for: the run may end before it has done.
    for tenths in range(0, 50, 5):
        work = ASK if who == "resolver" else "sleep %g" % (tenths / 10)
        world.drain()
        command(mode, who, sticky=bare, world=world)
        shutil.rmtree(W + "/taken.dir", ignore_errors=True)
        first, *ends = on_terminal() if who == "role" else (None,)
        with open(T + "/run.err", "wb") as err:
            p = subprocess.run([SRT, *options, "sh", "-c", work], cwd=W,
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=err,
                               timeout=60, preexec_fn=first)
        for fd in ends:
            os.close(fd)
        text = answer()[3].splitlines()
        if p.returncode != 0 or text[-1:] == ["end"]:
            break
    with open(T + "/run.err", errors="replace") as err:
        said = err.read()
    if p.returncode != 0 or not text or text[-1] != "end":
        ok(False, who + " makes its tries", "%d %s %s" %
           (p.returncode, said, text[-5:]))
        return {}, set()
    lines = [line.partition(" ") for line in text[:-1]]
    has = {re.sub("/[0-9]+", "/N", what.strip())
           for name, _, what in lines if name == "has"}
    return {name: end for name, _, end in lines if name != "has"}, has


def judge(who, ends, has, mode=""):
    may = MAY.get(who + mode, MAY[who])
    can = {name for name, end in ends.items() if end == "DONE"}
    wrong = {name for name, end in ends.items()
             if name not in can | may and end != FATAL and
             (name not in HELD.get(who, ()) or end in NO_REFUSAL)}

    def lines(names):
        return "\n".join("%s %s" % (name, ends.get(name))
                         for name in sorted(names))
    name = who + mode
    ok(ends and can <= may, name + " can do no more than it may",
       lines(can - may))
    ok(may - can <= MAY_LACK | EARLY.get(who, set()),
       name + " can do what it may", lines(may - can))
    ok(not wrong, name + " ends of what its filter does not list",
       lines(wrong))
    holds = HAS.get(name, HAS[who]) | ({CHILDREN} if mode else set())
    ok(has <= holds, name + " holds nothing else open", sorted(has - holds))


def judge_free(ends):
    """What of these can be shown at all."""
    can = {name for name, end in ends.items() if end == "DONE"}
    ok(REAL <= can, "unconfined the tries succeed", sorted(REAL - can))
    other = set(ends) - REAL - REAL_OR_NOT - REAL_NOWHERE
    ok(not other and not can & REAL_NOWHERE,
       "of each it is known whether it can", sorted(other) +
       sorted(can & REAL_NOWHERE))


def main():
    for name in ("bin/srt", "libexec/srt/srt-proxy", "libexec/srt/srt-exec",
                 "libexec/srt/srt-monitor", "libexec/srt/srt-tls"):
        with open(os.environ["SRT_HELPERS"] + "/taken/" + name, "rb") as f:
            there = MARK in f.read()
        with open(os.path.dirname(os.path.dirname(os.environ["SRT"])) + "/" +
                  name, "rb") as f:
            product = f.read()
        ok(there and MARK not in product and b"taken_" not in product,
           name + ": what obeys a tester is in the test's program alone")

    install()
    world = World()
    settings()
    judge_free(tried("proxy", world, TRY_FREE)[0])
    os.mkdir(T + "/learn")
    learn = {"given": False, "options": ["--learn", T + "/learn/learned.json"]}
    more = {"keeper": learn, "role": {"options": ["--ask"]}}
    people = ("srt", "exec", "monitor", "proxy", "resolver", "broker", "init",
              "role", "keeper")
    for who in people:
        settings()
        judge(who, *tried(who, world, **more.get(who, {})))
        if who != "keeper":
            settings(', "mode": "landlock"')
            judge(who, *tried(who, world, bare=True, **more.get(who, {})),
                  BARE)
    settings(net=', "mitmProxy": { "socketPath": "%s/none.sock", '
             '"domains": ["allowed.test"] }' % T)
    judge("srt that dials", *tried("srt", world))
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        settings(net=', "parentProxy": { "https": "https://127.0.0.1:9" }')
        judge("tls", *tried("tls", world))
    ok(world.host.poll() is None, "who was to be attacked is there still")
    world.close()
    done()


main()

# SPDX-License-Identifier: ISC
#
# The table of PRIVSEP.md, tried.  What is not in it must fail.

import os

from taken import *

MARK = b"srt-test-build-that-obeys"

SIGNALS = {"kill-all", "kill-srt", "kill-role", "kill-host"}

# What each may do, as regress/helper/taken_try.c names it.  "-srt" stands
# for srt, "-role" for the other roles, "-host" for any process of the user.
MAY = {
    "srt": SIGNALS,
    "srt that dials": SIGNALS | {
        "unix-socket", "unix-dgram-socket", "connect-unix"},
    "exec": SIGNALS,
    "monitor": set(),
    "proxy": {"tcp-socket", "tcp6-socket", "connect-tcp"},
    # It reads what its user may read, and sends it to whom it likes.
    "resolver": {
        "read", "settings", "denied", "stat", "readlink", "fds-host",
        "tcp-socket", "tcp6-socket", "udp-socket", "unix-socket",
        "unix-dgram-socket", "route-socket", "connect-tcp", "connect-unix"},
    "tls": {"socketpair"},
    # Within the mounts of the command: "write" and "denied" are not here.
    "broker": {
        "read", "settings", "create", "openat2", "stat", "unlink", "mkdir",
        "tcp-socket", "tcp6-socket", "bind", "listen",
        "fd-fchdir", "fd-fchmod", "fd-openat",
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
MAY_LACK = {"tcp6-socket", "kill-srt", "pidfd-role", "xfsz-role", "prlimit-role",
            "pidfd_signal-role", "pidfd-srt", "pidfd_signal-srt",
            "prlimit-srt", "affinity-srt", "mem-host", "environ-host",
            "vm_readv-host", "getfd-host",            "affinity-role", "fds-host"}

# Outside of any confinement these succeed, else the tries are wrong.
REAL = {
    "read", "write", "settings", "create", "openat2", "stat", "unlink",
    "mkdir", "own-mem", "execve", "execveat", "fork", "setuid", "kill-all",
    "dumpable", "setrlimit", "map-x", "protect-x", "map-wx", "memfd",
    "connect-tcp", "connect-unix", "bind", "listen", "socketpair",
    "tcp-socket", "udp-socket", "unix-socket", "unix-dgram-socket",
    "route-socket", "mem-host", "environ-host", "fds-host", "ptrace-host",
    "vm_readv-host", "vm_writev-host", "kill-srt", "kill-host",
    "tgkill-host", "sigqueue-host", "pidfd-host", "getfd-host",
    "pidfd_signal-host", "xfsz-host", "prlimit-host", "fd-setown"}

# Kinds of descriptors that a role holds when it is confined, beside 0 to 2.
HAS = {
    "proxy": {"socket", "anon_inode", "pipe"},
    "exec": {"socket", "/dev/null"},
    "monitor": {"socket", "anon_inode", "pipe", T + "/run.err"},
    "resolver": {"socket"},
    "tls": {"socket", "anon_inode", "pipe"},
    "init": {"socket", "anon_inode", "/dev/null"},
    "srt": {"socket", "anon_inode", "pipe"},
}


def tried(who, world, mode=TRY, options=(), given=True, bare=False):
    if given:
        options = ["-s", SETTINGS, *options]
    # srt-tls is nobody's to wait for: the run may end before it has done.
    for tenths in range(0, 50, 5):
        work = ASK if who == "resolver" else "sleep %g" % (tenths / 10)
        command(mode, who, sticky=bare, world=world)
        shutil.rmtree(W + "/taken.dir", ignore_errors=True)
        with open(T + "/run.err", "wb") as err:
            p = subprocess.run([SRT, *options, "sh", "-c", work], cwd=W,
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=err,
                               timeout=60)
        text = answer()[3].splitlines()
        if p.returncode != 0 or text[-1:] == ["end"]:
            break
    with open(T + "/run.err", errors="replace") as err:
        said = err.read()
    if p.returncode != 0 or not text or text[-1] != "end":
        ok(False, who + " makes its tries", "%d %s %s" %
           (p.returncode, said, text[-5:]))
        return set(), []
    made = [line.split() for line in text if not line.startswith("has")]
    can = {words[0] for words in made if words[-1] == "DONE"}
    return can, text


def judge(name, can, text, where=""):
    may = MAY[name]
    if not name.endswith(where):
        name += where
    lines = "\n".join(line for line in text
                      if line.split()[0] in can ^ may)
    ok(can <= may, name + " can do no more than it may",
       "more: %s\n%s" % (sorted(can - may), lines))
    ok(may - can <= MAY_LACK, name + " can do what it may",
       "less: %s\n%s" % (sorted(may - can), lines))
    if name in HAS and not where:
        has = {line.split()[2] for line in text
               if line.startswith("has") and int(line.split()[1]) > 2}
        ok(has <= HAS[name], name + " holds nothing else open",
           sorted(has - HAS[name]))


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
    can, text = tried("proxy", world, TRY_FREE)
    ok(REAL <= can, "unconfined the tries succeed", sorted(REAL - can))
    for who in ("srt", "exec", "monitor", "proxy", "resolver", "broker",
                "init"):
        judge(who, *tried(who, world))
    settings(', "mode": "landlock"')
    for who in ("srt", "exec", "proxy", "monitor", "broker", "init"):
        can, text = tried(who, world, bare=True)
        judge(who + BARE if who + BARE in MAY else who, can, text, BARE)
    settings(net=', "mitmProxy": { "socketPath": "%s/none.sock", '
             '"domains": ["allowed.test"] }' % T)
    judge("srt that dials", *tried("srt", world))
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        settings(net=', "parentProxy": { "https": "https://127.0.0.1:9" }')
        judge("tls", *tried("tls", world))
    settings()
    os.mkdir(T + "/learn")
    judge("keeper", *tried("keeper", world, given=False,
                           options=["--learn", T + "/learn/learned.json"]))
    ok(world.host.poll() is None, "who was to be attacked is there still")
    world.close()
    done()


main()

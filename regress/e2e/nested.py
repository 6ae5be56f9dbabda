# SPDX-License-Identifier: ISC
#
# Attacks for nested.t: each way to be somewhere else, and from there all
# that the sandbox does not allow.  Prints "held" or what went through.

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUSER, NEWNET = 0x20000, 0x10000000, 0x40000000
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MS_MOVE = 32, 4096, 16384, 1 << 18, 8192

where, work, outer = sys.argv[1:]
through = []
base = work


def unshare(flags):
    if libc.unshare(flags) == -1:
        print("unshare:", os.strerror(ctypes.get_errno()))
        sys.exit(1)


def mount(source, target, kind, flags, data=None):
    def b(s):
        return None if s is None else os.fsencode(s)
    if libc.mount(b(source), b(target), b(kind), ctypes.c_ulong(flags),
                  b(data)) == -1:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def attempt(name, fn, *args):
    """What must not succeed."""
    try:
        fn(*args)
        through.append(name)
    except (OSError, IndexError):
        pass


def write(path, dir_fd=None):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666, dir_fd=dir_fd))


def become_root():
    uid, gid = os.getuid(), os.getgid()
    unshare(NEWUSER)
    for name, text in (("uid_map", "0 %d 1" % uid), ("setgroups", "deny"),
                       ("gid_map", "0 %d 1" % gid)):
        with open("/proc/self/" + name, "w") as f:
            f.write(text)


def names():
    """What policy holds by its name, from here."""
    attempt("kept", write, base + "/kept")
    attempt("kept/", os.mkdir, base + "/kept")
    attempt("lock", write, base + "/dir/x.lock")
    attempt("hook", write, base + "/repo/.git/hooks/post-commit")
    attempt("git", os.rename, base + "/repo/.git", base + "/repo/git")
    attempt("link", os.symlink, "x", base + "/repo/.git/hooks/pre-push")
    attempt("chmod", os.chmod, base + "/repo/.git/hooks", 0o777)


def outside():
    """What lies outside of the write roots, or is hidden."""
    attempt("outside", write, outer + "/outside")
    attempt("new", write, outer + "/new")
    attempt("etc", write, "/etc/srt-new")
    attempt("read", lambda: open(outer + "/secret/file").read())
    # Root of a namespace may look, and finds a place with nothing in it.
    attempt("secret", lambda: os.listdir(outer + "/secret")[0])


def mounts():
    attempt("remount", mount, None, "/", None, MS_REMOUNT | MS_BIND)
    attempt("remount etc", mount, "/etc", "/etc", None,
            MS_REMOUNT | MS_BIND)
    attempt("umount", lambda: umount(outer + "/secret"))
    attempt("bind", mount, work, "/mnt", None, MS_BIND | MS_REC)
    attempt("move", mount, outer + "/secret", "/mnt", None, MS_MOVE)
    attempt("proc", mount, "proc", "/proc", "proc", 0)
    attempt("overlay", mount, "o", "/mnt", "overlay", 0,
            "lowerdir=/,upperdir=%s/dir,workdir=%s/dir" % (work, work))


def umount(path):
    if libc.umount2(os.fsencode(path), 2) == -1:
        raise OSError(ctypes.get_errno(), "")


def join():
    for ns in ("mnt", "user", "net", "pid", "ipc"):
        for pid in ("1", str(os.getppid())):
            fd = -1
            try:
                fd = os.open("/proc/%s/ns/%s" % (pid, ns), os.O_RDONLY)
            except OSError:
                continue
            if os.readlink("/proc/%s/ns/%s" % (pid, ns)) == \
                    os.readlink("/proc/self/ns/" + ns):
                os.close(fd)
                continue
            if libc.setns(fd, 0) == 0:
                through.append("setns %s %s" % (ns, pid))
            os.close(fd)


fd = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
become_root()
if where == "user":
    names()
    outside()
    mounts()
elif where == "chroot":
    os.chroot(work)
    os.chdir("/")
    base = ""
    names()
    attempt("existing", write, "/existing")
    base = "/proc/self/cwd"
    names()
    attempt("escape", os.stat, "/../../../../../../etc/passwd")
elif where == "mount":
    unshare(NEWNS)
    names()
    outside()
    mounts()
    attempt("existing", lambda: os.truncate(work + "/existing", 0))
elif where == "setns":
    unshare(NEWNS | NEWNET)
    join()
    names()
    outside()
elif where == "fds":
    unshare(NEWNS)
    attempt("kept", write, "kept", fd)
    attempt("lock", write, "dir/x.lock", fd)
    attempt("hook", write, "repo/.git/hooks/post-commit", fd)
    os.fchdir(fd)
    base = "."
    names()
print(", ".join(through) or "held")

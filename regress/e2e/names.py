# SPDX-License-Identifier: ISC
"""Tries to make and change the protected names: names.py WHAT ROOT.

names.py make ROOT    on the host: a tree in which they all exist
names.py look ROOT    on the host: what is there, and has changed of that
names.py absent ROOT  tries to make them; names.py present ROOT  to change
names.py away ROOT    tries to get at them by what is above

For each group of attempts a line: how many were refused with EPERM, or what
else came of the first few that were not.
"""

import ctypes
import errno
import os
import socket
import stat
import sys

FILES = """.gitconfig .gitmodules .bashrc .bash_profile .bash_login .profile
    .zshrc .zprofile .zshenv .zlogin .ripgreprc .mcp.json .mcp-settings.json
    .npmrc .yarnrc .yarnrc.yml .claude/settings.json
    .claude/settings.local.json""".split()
DIRS = ".vscode .idea .claude/commands .claude/agents".split()
GIT_FILES = """.git/config .git/config.worktree .git/commondir
    .git/info/attributes .git/modules/m/config .git/modules/a/b/config
    .git/modules/m/info/attributes .git/worktrees/w/config.worktree
    .git/worktrees/w/commondir .git/worktrees/w/config""".split()
GIT_DIRS = """.git/hooks .git/modules/m/hooks .git/modules/a/b/hooks
    .git/worktrees/w/hooks .git/modules/m/modules/n/hooks""".split()
DEPTHS = ["", "one", "a/b/c/four", "/".join("abcdefghijk") + "/twelve"]
AT_FDCWD, RENAME_EXCHANGE = -100, 2
SYS_LINKAT, SYS_RENAMEAT2, SYS_OPENAT2 = 265, 316, 437
if os.uname().machine == "aarch64":
    SYS_LINKAT, SYS_RENAMEAT2 = 37, 276

libc = ctypes.CDLL(None, use_errno=True)


def syscall(*args):
    result = libc.syscall(*args)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


class Group:
    """Attempts that are all to be refused."""

    def __init__(self, name):
        self.name, self.refused, self.wrong = name, 0, []

    def attempt(self, what, call, *args, also=()):
        try:
            call(*args)
        except OSError as error:
            if error.errno in (errno.EPERM, *also):
                self.refused += 1
                return
            came = errno.errorcode.get(error.errno, str(error))
        else:
            came = "done"
        self.wrong.append("%s: %s" % (what, came))

    def done(self):
        print("%s: %s" % (self.name, "; ".join(self.wrong[:8]) if self.wrong
                          else "%d refused" % self.refused), flush=True)


def write(path, flags=os.O_WRONLY | os.O_CREAT, text=b"evil"):
    fd = os.open(path, flags, 0o644)
    try:
        os.write(fd, text)
    finally:
        os.close(fd)


def tmpfile_link(path):
    fd = os.open(os.path.dirname(path) or ".", os.O_TMPFILE | os.O_WRONLY)
    try:
        os.write(fd, b"evil")
        syscall(SYS_LINKAT, AT_FDCWD, b"/proc/self/fd/%d" % fd, AT_FDCWD,
                os.fsencode(path), 0x400)
    finally:
        os.close(fd)


def exchange(one, two):
    syscall(SYS_RENAMEAT2, AT_FDCWD, os.fsencode(one), AT_FDCWD,
            os.fsencode(two), RENAME_EXCHANGE)


def bind(path):
    """By a short path, as sun_path is one."""
    where = os.getcwd()
    os.chdir(os.path.dirname(path) or ".")
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(os.path.basename(path))
    finally:
        os.chdir(where)


def at_directory(path):
    fd = os.open(os.path.dirname(path) or ".", os.O_PATH)
    try:
        os.close(os.open(os.path.basename(path),
                         os.O_WRONLY | os.O_CREAT | os.O_EXCL, dir_fd=fd))
    finally:
        os.close(fd)


def plain(root, name="plain"):
    path = os.path.join(root, name)
    if not os.path.exists(path):
        write(path, text=b"evil")
    return path


def plain_dir(root):
    path = os.path.join(root, "plain.d")
    os.makedirs(path, exist_ok=True)
    return path


def make_ways(group, root, path):
    """Everything that makes a name."""
    for name, call in (
            ("create", write),
            ("create exclusively", at_directory),
            ("mkdir", os.mkdir),
            ("mkfifo", os.mkfifo),
            ("symlink", lambda p: os.symlink("plain", p)),
            ("link", lambda p: os.link(plain(root), p)),
            ("link of O_TMPFILE", tmpfile_link),
            ("rename", lambda p: os.rename(plain(root, "moved"), p)),
            ("rename of a directory",
             lambda p: os.rename(plain_dir(root), p)),
            ("bind", bind)):
        group.attempt("%s %s" % (name, path), call, path)


def spellings(name):
    """What a file system that ignores case could take for the name."""
    yield name.upper()
    yield name.title()
    if "s" in name:
        yield name.replace("s", "\u017f")
    if "k" in name:
        yield name.replace("k", "\u212a")
    yield name.replace(".", ".\u200c", 1)


def absent(root):
    for depth in DEPTHS:
        group = Group("absent at %s" % (depth or "the top"))
        where = os.path.join(root, depth)
        for name in FILES + DIRS + GIT_FILES + GIT_DIRS:
            make_ways(group, root, os.path.join(where, name))
        for name in DIRS + GIT_DIRS:
            # There may be no way to it.
            group.attempt("in " + name, write,
                          os.path.join(where, name, "x"),
                          also=(errno.ENOENT,))
        group.done()
    group = Group("other spellings")
    for name in FILES + DIRS + GIT_FILES + GIT_DIRS:
        parent, last = os.path.split(name)
        for spelt in spellings(last):
            group.attempt(spelt, write, os.path.join(root, parent, spelt))
    for name in "one.GIT/.GIT/hooks", "one.GIT/.Git/config":
        group.attempt(name, write, os.path.join(root, name))
    os.mkdir(os.path.join(root, ".CLAUDE"))
    group.attempt("in .CLAUDE", write,
                  os.path.join(root, ".CLAUDE/settings.json"))
    group.done()
    group = Group("by other paths")
    for way in "link", "one/..", ".", "/proc/self/cwd", "link/../one":
        for name in ".bashrc", ".git/config", ".claude/settings.json":
            group.attempt("%s/%s" % (way, name), write,
                          os.path.join(root, way, name))
    os.symlink(".bashrc", os.path.join(root, "dangling"))
    group.attempt("a link to it", write, os.path.join(root, "dangling"))
    group.attempt("a link to it, exclusively", at_directory,
                  os.path.join(root, "dangling"), also=(errno.EEXIST,))
    group.done()
    group = Group("parent first")
    os.mkdir(os.path.join(root, "sub", ".claude"))
    for name in FILES + DIRS:
        if name.startswith(".claude/"):
            group.attempt(name, write, os.path.join(root, "sub", name))
            group.attempt(name, os.mkdir, os.path.join(root, "sub", name))
    group.done()
    group = Group("in place of what is above")
    for name in ".git", ".claude":
        path = os.path.join(root, "sub2", name)
        for what, call in (
                ("symlink", lambda p: os.symlink(root, p)),
                ("rename", lambda p: os.rename(plain_dir(root), p))):
            group.attempt("%s %s" % (what, path), call, path)
    path = os.path.join(root, "sub2", ".git")
    for what, call in (
            ("file", lambda p: write(p, text=b"gitdir: /tmp")),
            ("link", lambda p: os.link(plain(root), p)),
            ("link of O_TMPFILE", tmpfile_link),
            ("rename of a file", lambda p: os.rename(plain(root), p))):
        group.attempt("%s %s" % (what, path), call, path)
    for name in ".git/modules", ".git/worktrees", ".git/info":
        path = os.path.join(root, "repository", name)
        group.attempt("symlink " + name, os.symlink, root, path)
        group.attempt("rename " + name, os.rename, plain_dir(root), path)
    group.done()


def change_ways(group, root, path):
    """Everything that changes a file."""
    other = os.path.join(root, "other")

    def by_descriptor(call):
        fd = os.open(path, os.O_RDONLY)
        try:
            call(fd)
        finally:
            os.close(fd)
    for name, call in (
            ("write", lambda: write(path, os.O_WRONLY)),
            ("read and write", lambda: write(path, os.O_RDWR)),
            ("append", lambda: write(path, os.O_WRONLY | os.O_APPEND)),
            ("cut by open", lambda: os.close(
                os.open(path, os.O_RDONLY | os.O_TRUNC))),
            ("truncate", lambda: os.truncate(path, 0)),
            ("unlink", lambda: os.unlink(path)),
            ("rename", lambda: os.rename(path, other)),
            ("replace", lambda: os.rename(plain(root, "moved"), path)),
            ("exchange", lambda: exchange(plain(root), path)),
            ("exchange with", lambda: exchange(path, plain(root))),
            ("link", lambda: os.link(path, other)),
            ("chmod", lambda: os.chmod(path, 0o777)),
            ("chown", lambda: os.chown(path, os.getuid(), -1)),
            ("touch", lambda: os.utime(path)),
            ("setxattr", lambda: os.setxattr(path, "user.x", b"1")),
            ("removexattr", lambda: os.removexattr(path, "user.x")),
            ("fchmod", lambda: by_descriptor(lambda f: os.chmod(f, 0o777))),
            ("futimens", lambda: by_descriptor(os.utime)),
            ("fsetxattr", lambda: by_descriptor(
                lambda f: os.setxattr(f, "user.x", b"1"))),
            ("reopen", lambda: by_descriptor(
                lambda f: write("/proc/self/fd/%d" % f, os.O_WRONLY))),
            ("link of a descriptor", lambda: by_descriptor(
                lambda f: syscall(SYS_LINKAT, AT_FDCWD,
                                  b"/proc/self/fd/%d" % f, AT_FDCWD,
                                  os.fsencode(other), 0x400)))):
        group.attempt("%s %s" % (name, path), call)


def present(root):
    for depth in DEPTHS:
        group = Group("present at %s" % (depth or "the top"))
        for name in FILES + GIT_FILES:
            change_ways(group, root, os.path.join(root, depth, name))
        for name in DIRS + GIT_DIRS:
            path = os.path.join(root, depth, name)
            change_ways(group, root, os.path.join(path, "old"))
            group.attempt("new in " + path, write,
                          os.path.join(path, "new"))
            for what, call in (
                    ("rename", lambda p: os.rename(p, p + "2")),
                    ("rmdir", os.rmdir),
                    ("chmod", lambda p: os.chmod(p, 0o700)),
                    ("exchange", lambda p: exchange(plain_dir(root), p))):
                group.attempt("%s %s" % (what, path), call, path)
        group.done()
    group = Group("by links to them")
    for name in ".bashrc", ".git/config":
        os.symlink(name, os.path.join(root, "to"))
        path = os.path.join(root, "to")
        group.attempt("write " + name, write, path)
        group.attempt("truncate " + name, os.truncate, path, 0)
        group.attempt("chmod " + name, os.chmod, path, 0o777)
        group.attempt("touch " + name, os.utime, path)
        group.attempt("setxattr " + name, os.setxattr, path, "user.x", b"1")
        os.unlink(path)
    group.done()
    group = Group("a .git that is a file")
    change_ways(group, root, os.path.join(root, "linked", ".git"))
    group.attempt("a .git that is a link", os.unlink,
                  os.path.join(root, "linked_too", ".git"))
    group.done()
    print("reading: %s" % all(
        open(os.path.join(root, d, n), encoding="ascii").read() == "orig\n"
        for d in DEPTHS for n in FILES + GIT_FILES))


def away(root):
    """By what is above them."""
    group = Group("what is above")
    for path in (".git", ".claude", "one", "a", "a/b", "a/b/c",
                 "a/b/c/four/.git", "a/b/c/four/.git/modules",
                 ".git/modules/a", ".git/modules/a/b", ".git/worktrees",
                 ".git/worktrees/w", ".git/info", "linked", "linked_too"):
        path = os.path.join(root, path)
        group.attempt("rename " + path, os.rename, path, path + "2")
        group.attempt("exchange " + path, exchange, path, plain_dir(root))
        group.attempt("exchange with " + path, exchange, plain_dir(root),
                      path)
    group.done()
    group = Group("from a new tree")
    new = os.path.join(root, "new")
    os.mkdir(new)
    for name in FILES + DIRS:
        os.makedirs(os.path.join(new, os.path.dirname(name)), exist_ok=True)
    for name in FILES:
        write(os.path.join(new, name))
        here = os.path.join(root, "old", name)
        os.makedirs(os.path.dirname(here), exist_ok=True)
        group.attempt("rename " + name, os.rename, os.path.join(new, name),
                      here)
        group.attempt("link " + name, os.link, os.path.join(new, name), here)
    for name in DIRS:
        os.mkdir(os.path.join(new, name))
        write(os.path.join(new, name, "x"))
        group.attempt("rename " + name, os.rename, os.path.join(new, name),
                      os.path.join(root, "old", name))
    os.makedirs(os.path.join(new, ".git/hooks"))
    write(os.path.join(new, ".git/hooks/x"))
    group.attempt("rename .git", os.rename, os.path.join(new, ".git"),
                  os.path.join(root, "old2", ".git"))
    group.attempt("rename to .vscode", os.rename, new,
                  os.path.join(root, "old2", ".vscode"))
    group.attempt("rename to .git", os.rename, new,
                  os.path.join(root, "old2", ".git"))
    group.done()
    os.rename(new, os.path.join(root, "newer"))
    write(os.path.join(root, "newer", ".git/hooks/y"))
    os.rename(os.path.join(root, "newer"), os.path.join(root, "sub/newest"))
    print("a new tree moves: %s" %
          os.path.exists(os.path.join(root, "sub/newest/.git/hooks/y")))


def make(root, names):
    for depth in DEPTHS:
        for name in FILES + GIT_FILES:
            path = os.path.join(root, depth, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if names:
                write(path, text=b"orig\n")
                try:
                    os.setxattr(path, "user.x", b"0")
                except OSError:
                    pass
        for name in DIRS + GIT_DIRS:
            path = os.path.join(root, depth, name)
            os.makedirs(path if names else os.path.dirname(path),
                        exist_ok=True)
            if names:
                write(os.path.join(path, "old"), text=b"orig\n")
    for name in "sub", "sub2", "old", "old2", "repository/.git", "linked", \
            "linked_too", "one.GIT/.GIT", "one.GIT/.Git":
        os.makedirs(os.path.join(root, name))
    if names:
        write(os.path.join(root, "linked/.git"), text=b"gitdir: ../.git\n")
        os.symlink("../.git", os.path.join(root, "linked_too/.git"))
    # What is empty would count as new.
    for where, dirs, files in os.walk(root):
        if not dirs and not files:
            write(os.path.join(where, "there"))
    os.symlink("one", os.path.join(root, "link"))


def look(root):
    """All names, kinds, modes, and what is in files, but for the plain."""
    for where, dirs, files in os.walk(root):
        dirs.sort()
        for name in sorted(dirs + files):
            path = os.path.join(where, name)
            status = os.lstat(path)
            text = ""
            if stat.S_ISREG(status.st_mode):
                with open(path, encoding="utf-8") as file:
                    text = file.read().strip()
            elif stat.S_ISLNK(status.st_mode):
                text = os.readlink(path)
            if name in ("plain", "plain.d", "moved", "dangling"):
                continue
            print(os.path.relpath(path, root), oct(status.st_mode), text)


def main():
    what, root = sys.argv[1:3]
    if what == "make":
        make(root, len(sys.argv) < 4)
    else:
        {"look": look, "absent": absent, "present": present,
         "away": away}[what](root)


main()

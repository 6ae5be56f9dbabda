# SPDX-License-Identifier: ISC
"""The load of "run": see there.

	soak.py MINUTES TUNNELS SEED	as the rig's user: prints a line a
		minute and a table at the end; the status says whether all was well
	soak.py sample	as the rig's root, who alone sees what roles use: keeps
		that in $T/sample, of the srt whose process is named in $T/stays
"""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

SRT, T, W = os.environ["SRT"], os.environ["T"], os.environ["W"]
SETTINGS = T + "/settings.json"
SAMPLING = sys.argv[1:] == ["sample"]
MINUTES, TUNNELS, SEED = (0, 0, 0) if SAMPLING else (
    float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
WORKERS = 3
KILLED = 0.3            # of all runs
WARM_UP = 0.15          # of the time, before growth counts
GROWTH_KB = 1024        # of one role, over all that time
LEFT_SECONDS = 10       # until all of a killed one is gone

# What one that stays does: tunnels by CONNECT through srt's proxy, of which
# some are closed and opened anew, and each of which is used now and then.
TUNNEL_CLIENT = r"""
import asyncio, os, random, sys, urllib.parse
proxy = urllib.parse.urlsplit(os.environ["HTTP_PROXY"])
auth = ""
if proxy.username:
    import base64
    auth = "Proxy-Authorization: Basic " + base64.b64encode(
        ("%s:%s" % (proxy.username, proxy.password)).encode()).decode() + "\r\n"
done = [0, 0]

async def tunnel():
    while True:
        try:
            r, w = await asyncio.open_connection(proxy.hostname, proxy.port)
            w.write(("CONNECT allowed.test:80 HTTP/1.1\r\n"
                     "Host: allowed.test:80\r\n%s\r\n" % auth).encode())
            head = await r.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n")[0]:
                raise OSError(head)
            for _ in range(random.randrange(1, 20)):
                w.write(b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n")
                head = await r.readuntil(b"\r\n\r\n")
                size = [int(l.split(b":")[1]) for l in head.split(b"\r\n")
                        if l.lower().startswith(b"content-length:")]
                await r.readexactly(size[0])
                done[0] += 1
                # nginx ends what is idle for 75 s.
                await asyncio.sleep(random.random() * 30)
            w.close()
        except (OSError, EOFError, IndexError) as e:
            done[1] += 1
            await asyncio.sleep(1)

async def main():
    for _ in range(int(sys.argv[1])):
        asyncio.ensure_future(tunnel())
    while True:
        await asyncio.sleep(5)
        with open("tunnels.new", "w") as f:
            f.write("%d %d" % tuple(done))
        os.rename("tunnels.new", "tunnels")

asyncio.run(main())
"""

WORK = {
    "git": "git clone -q http://allowed.test/repo r && cd r && "
           "git -c user.name=a -c user.email=a@example.com "
           "commit -q --allow-empty -m x && git checkout -q -b b && "
           "git gc -q && git log --oneline >/dev/null && cd .. && rm -rf r",
    "compile": "for i in 1 2 3 4 5; do printf '#include <stdio.h>\\n"
               "int main(void) { return printf(\"x\") != 1; }\\n' >$i.c && "
               "cc -O1 -o $i $i.c && ./$i >/dev/null || exit 1; done",
    "download": "curl -sf -o a http://allowed.test/big && "
                "curl -sf --noproxy '*' -o b http://allowed.test/big && "
                "cmp a b",
    "tls": "curl -sf --cacert %s/etc/ca.pem https://allowed.test/ "
           ">/dev/null" % T,
    "refused": "! curl -sf -o /dev/null http://other.test/ && "
               "! sh -c '>%s/outside' 2>/dev/null" % T,
    "files": "mkdir -p d && for i in 1 2 3 4 5 6 7 8 9; do "
             "cp -R /etc/alternatives d/$i 2>/dev/null; done; "
             "tar cf d.tar d && rm -rf d && tar xf d.tar && rm -rf d d.tar",
    "background": "sleep 1000 & (setsid sleep 1001 &) ; kill -0 $!",
}
if shutil.which("npm"):
    WORK["npm"] = (
        "mkdir -p p && printf '{\"name\":\"p\",\"version\":\"1.0.0\"}' "
        ">p/package.json && tar czf p.tgz --transform s,^p,package, p && "
        "printf '{\"name\":\"q\",\"version\":\"1.0.0\","
        "\"dependencies\":{\"p\":\"file:p.tgz\"}}' >package.json && "
        "npm install --offline --cache ./c --no-audit --no-fund "
        "--no-update-notifier --loglevel=error >/dev/null && "
        "test -d node_modules/p")

lock = threading.Lock()
counts = {name: [0, 0] for name in WORK}        # done, killed
failures = []
stop = threading.Event()


def fail(what):
    with lock:
        failures.append(what)
    print("FAILED:", what, flush=True)


def stat_of(pid):
    """The parent and the name of a process."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            text = f.read()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    return int(text[text.rindex(")") + 2:].split()[1]), name


def processes():
    return {int(p): s for p in os.listdir("/proc") if p.isdigit()
            for s in [stat_of(int(p))] if s}


def family(root):
    """The process and all that have come from it and are still beneath."""
    all_of = processes()
    found, more = {root}, True
    while more:
        more = {p for p, (up, _) in all_of.items() if up in found} - found
        found |= more
    return {p: all_of[p][1] for p in found if p in all_of}


def sessions():
    """The processes whose environment bears the mark of a run."""
    marks = {}
    for pid in processes():
        try:
            with open("/proc/%d/environ" % pid, "rb") as f:
                env = f.read()
        except OSError:
            continue
        for part in env.split(b"\0"):
            if part.startswith(b"SOAK_RUN="):
                marks.setdefault(part[9:].decode(), set()).add(pid)
    return marks


def disturb(proc, rng):
    """Kills one of its processes, whichever, at some point of its life."""
    time.sleep(rng.random() ** 2 * 2)
    victims = sorted(family(proc.pid))
    if not victims or proc.poll() is not None:
        return None
    victim = rng.choice(victims)
    sig = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV,
                      signal.SIGTERM])
    try:
        os.kill(victim, sig)
    except OSError:
        return None
    return victim, sig


def settle(run, family_of):
    """Waits until nothing of a run is left."""
    end = time.monotonic() + LEFT_SECONDS
    while time.monotonic() < end:
        left = [p for p in family_of if os.path.exists("/proc/%d" % p)]
        left += list(sessions().get(run, ()))
        if not left:
            return
        time.sleep(0.05)
    fail("of run %s remain %s" % (run, {p: stat_of(p) for p in left}))


def worker(number):
    rng = random.Random(SEED * 100 + number)
    n = 0
    while not stop.is_set():
        n += 1
        run = "%d.%d" % (number, n)
        name = rng.choice(list(WORK))
        folder = "%s/%s" % (W, run)
        os.mkdir(folder)
        env = dict(os.environ, SOAK_RUN=run)
        kill = rng.random() < KILLED
        proc = subprocess.Popen(
            [SRT, "-s", SETTINGS, "-q", "sh", "-c", WORK[name]], cwd=folder,
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True)
        killed = disturb(proc, rng) if kill else None
        known = family(proc.pid) if killed else {}
        try:
            err = proc.communicate(timeout=120)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            fail("%s in run %s hangs%s" % (name, run, " (killed %s)" %
                                           (killed,) if killed else ""))
            os.killpg(proc.pid, signal.SIGKILL)
            err = ""
            proc.communicate()
        if not killed and proc.returncode != 0:
            fail("%s ended with %d: %s" % (name, proc.returncode, err[-400:]))
        settle(run, known)
        with lock:
            counts[name][1 if killed else 0] += 1
        shutil.rmtree(folder, ignore_errors=True)


def memory(pid):
    """Private kilobytes; what is shared moves with what others do."""
    kb = 0
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                kb += int(line.split()[1])
    return kb


def sample():
    """Of each role that stays: memory, descriptors, threads; for ever."""
    while True:
        time.sleep(1)
        lines, seen = [], {}
        try:
            with open(T + "/stays") as f:
                root = int(f.read())
            for pid, name in sorted(family(root).items()):
                if not name.startswith("srt"):
                    continue
                seen[name] = seen.get(name, 0) + 1
                lines.append("%s/%d %d %d %d\n" % (
                    name, seen[name], memory(pid),
                    # Their number, which Linux 6.2 tells to anybody.
                    os.stat("/proc/%d/fd" % pid).st_size,
                    len(os.listdir("/proc/%d/task" % pid))))
        except (OSError, ValueError):
            continue
        with open(T + "/sample.new", "w") as f:
            f.writelines(lines)
        os.rename(T + "/sample.new", T + "/sample")


def measure():
    with open(T + "/sample") as f:
        return {line.split()[0]: tuple(map(int, line.split()[1:]))
                for line in f}


def machine():
    """What must not add up outside of any sandbox."""
    with open("/proc/self/mountinfo") as f:
        mounts = len(f.readlines())
    return {"mounts": mounts, "files in /tmp": len(os.listdir("/tmp")),
            "files in /dev/shm": len(os.listdir("/dev/shm"))}


def tunnels():
    try:
        with open(W + "/tunnels") as f:
            return [int(n) for n in f.read().split()]
    except (OSError, ValueError):
        return [0, 0]


def main():
    start = time.monotonic()
    end = start + MINUTES * 60
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("seed %d, %g minutes, %d tunnels" % (SEED, MINUTES, TUNNELS),
          flush=True)
    stays = subprocess.Popen(
        [SRT, "-s", SETTINGS, "-q", "python3", "-c", TUNNEL_CLIENT,
         str(TUNNELS)], cwd=W, stdin=subprocess.DEVNULL,
        env=dict(os.environ, SOAK_RUN="stays"))
    with open(T + "/stays", "w") as f:
        f.write("%d\n" % stays.pid)
    while tunnels()[0] < TUNNELS or not os.path.exists(T + "/sample"):
        if stays.poll() is not None or time.monotonic() > start + 120:
            sys.exit("the tunnels do not come up")
        time.sleep(0.2)
    threads = [threading.Thread(target=worker, args=(i,))
               for i in range(WORKERS)]
    for thread in threads:
        thread.start()
    first = first_machine = None
    last = {}
    shown = 0
    while time.monotonic() < end and stays.poll() is None and \
            len(failures) < 20:
        time.sleep(2)
        now = time.monotonic() - start
        last = measure()
        if first is None and now > MINUTES * 60 * WARM_UP:
            first, first_machine = last, machine()
        if now // 60 > shown:
            shown = now // 60
            print("%3d min: %d runs, %d of them killed, %d requests by "
                  "tunnels (%d lost), %s" % (
                      shown, sum(map(sum, counts.values())),
                      sum(c[1] for c in counts.values()), *tunnels(),
                      ", ".join("%s %s KB %s fds" % (k, v[0], v[1])
                                for k, v in last.items())), flush=True)
    stop.set()
    for thread in threads:
        thread.join()
    last_machine = machine()
    if stays.poll() is not None:
        fail("the sandbox that stays has ended with %d" % stays.returncode)
    lost = tunnels()[1]
    if lost > 0:
        fail("%d tunnels were lost" % lost)
    stays.terminate()
    stays.wait(20)
    settle("stays", {})
    print("%-14s %8s %8s" % ("work", "done", "killed"))
    for name, (done, killed) in sorted(counts.items()):
        print("%-14s %8d %8d" % (name, done, killed))
    print("%-14s %20s %20s" % ("role", "KB fds threads", "at the end"))
    fields = "%d %d %d"
    for key in first or {}:
        a, b = first[key], last.get(key)
        print("%-14s %20s %20s" % (key, fields % a, fields % b if b else ""))
        if b is None:
            fail("%s is gone" % key)
        elif a[0] + GROWTH_KB < b[0]:
            fail("%s has grown by %d KB" % (key, b[0] - a[0]))
        elif a[1] + TUNNELS // 10 + 10 < b[1]:
            fail("%s has %d descriptors more" % (key, b[1] - a[1]))
    for key, n in (first_machine or {}).items():
        print("%-14s %20d %20d" % (key, n, last_machine[key]))
        if last_machine[key] > n:
            fail("%s: %d more" % (key, last_machine[key] - n))
    rest = {p: s for p, s in processes().items() if s[1].startswith("srt")}
    if rest:
        fail("these remain: %s" % rest)
    if first is None:
        fail("too short: nothing was measured after the warm-up")
    print("%d failures" % len(failures))
    sys.exit(1 if failures else 0)


if SAMPLING:
    sample()
else:
    main()

# SPDX-License-Identifier: ISC
#
# A role that was taken over asks another one, in messages that its table
# lists, for what the policy does not allow.  Either the other one answers as
# for anybody, or the run ends with srt's own failure.

import re
import threading

from taken import *

FAILED = 125
HEADER = os.path.join(os.environ["E2E"], "../../common/ipc.h")


def types():
    """The numbers of the messages, as common/ipc.h lists them."""
    with open(HEADER) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    names = re.search(r"enum imsg_type \{(.*?)\}", text, re.S)[1].split(",")
    return {name.split("=")[0].strip(): n
            for n, name in enumerate(names, 1)}


TYPE = types()


def frame(name, data):
    return struct.pack("<IIII", TYPE["IMSG_" + name], 16 + len(data), 0,
                       0) + data


def u32(*values):
    return struct.pack("<%dI" % len(values), *values)


def u64(*values):
    return struct.pack("<%dQ" % len(values), *values)


def string(text):
    return u32(len(text)) + text.encode()


def inet(address):
    return socket.inet_aton(address) + bytes(12)


def run(who, say, call="confined", nth=1, pipe=0, listen=False, work="true",
        options=(), fds=()):
    """Its status, what srt said, whether the words were said, the answer."""
    command(FORGE, who, nth=nth, action=pipe, sticky=listen, call=call,
            say=say)
    r = Run(["sh", "-c", work], options=options, fds=fds)
    status = r.wait(30)
    if status is None:
        r.kill()
    said = r.said()
    with open(CONTROL, "rb") as f:
        data = f.read()
    fired, _, _, length = HEAD.unpack(data[:HEAD.size])[14:]
    return status, said, fired, data[HEAD.size:HEAD.size + length]


def ends(name, who, say, **given):
    status, said, fired, _ = run(who, say, **given)
    ok(status == FAILED and fired and "srt" in said and
       "signal" not in said, "K19: " + name + ": the run ends",
       "status %s, fired %s\n%s" % (status, fired, said))
    return said


def nobody_came(world):
    world.tcp.setblocking(False)
    try:
        world.tcp.accept()
    except BlockingIOError:
        return True
    return False


def connect(n, address, port):
    return frame("PROXY_CONNECT", struct.pack(
        "<IIQHBB16s36s", n, 0, os.getpid(), port, 0, 0, inet(address),
        b"forged"))


def taken_broker(world):
    settings(allow='"203.0.113.10:80"')
    asked = [("203.0.113.10", 80), ("203.0.113.10", 81),
             ("203.0.113.11", 80), ("127.0.0.1", world.port),
             ("169.254.169.254", 80)]
    say = b"".join(connect(n, *dest) for n, dest in enumerate(asked, 1))
    status, said, fired, data = run("broker", say, listen=True)
    verdicts = {}
    while len(data) >= 16:
        kind, length = struct.unpack("<II", data[:8])
        length &= 0x7fffffff
        if kind == TYPE["IMSG_BROKER_VERDICT"]:
            n, error = struct.unpack("<II", data[16:24])
            verdicts[n] = error
        data = data[max(length, 16):]
    ok(fired and verdicts.get(1) == 0,
       "K20: a broker that asks for itself is told what is allowed",
       "%s %s" % (verdicts, said))
    ok(len(verdicts) == 5 and 0 not in [verdicts[n] for n in (2, 3, 4, 5)],
       "K20: and refused another port, host, this machine, the metadata",
       "%s %s" % (verdicts, said))
    ok(nobody_came(world), "K20: nobody has come to this machine's port")


def taken_proxy():
    settings()
    ends("a proxy has srt dial where nobody named a socket", "proxy",
         frame("ROUTE_DIAL", u32(1)), call="accept4", work=ASK)
    question = u32(1, 443) + u64(0)
    ends("a proxy asks where nobody can answer", "proxy",
         frame("ASK_QUERY", question + string("a.test") + string("x")),
         call="accept4", work=ASK)
    for host in "*.example.com", "*", "10.0.0.0/8", 'a","*.example.com':
        settings()
        with open(SETTINGS) as f:
            before = f.read()
        ours, theirs = socket.socketpair()
        ends("a proxy asks for %s, for an answer that is saved" % host,
             "proxy", frame("ASK_QUERY", question + string(host) +
                            string("x")), call="accept4", work=ASK,
             options=["--ask-fd", str(theirs.fileno())],
             fds=(theirs.fileno(),))
        theirs.close()
        asked = ours.makefile().read()
        with open(SETTINGS) as f:
            ok(f.read() == before and not asked,
               "K20: nobody is asked, and the settings are as they were",
               asked)
        ours.close()


# What the one answer of srt-proxy begins with.
GET = ASK.replace("s.recv(100)", "open(\"head\", \"wb\").write(s.recv(100))")


def taken_resolver(world):
    for address, six in (("127.0.0.1", 0), ("169.254.169.254", 0),
                         ("::ffff:127.0.0.1", 1)):
        raw = socket.inet_pton(socket.AF_INET6, address) if six else \
            inet(address)
        settings()
        try:
            os.unlink(W + "/head")
        except OSError:
            pass
        status, said, fired, _ = run(
            "resolver", frame("RESOLVE_ANSWER", u32(1, 0) + struct.pack(
                "<BBxxI16s", 0, six, 0, raw)),
            work=GET.replace(":80", ":%d" % world.port))
        try:
            with open(W + "/head") as f:
                head = f.read()
        except OSError:
            head = "none"
        ok(fired and status == 0 and head.startswith("HTTP/1.1 403"),
           "K20: a resolver that says %s: refused" % address,
           "%s %s %s\n%s" % (status, fired, said, head))
    ok(nobody_came(world), "K20: nobody has come to this machine's port")


def taken_monitor():
    settings()
    ends("a monitor hands in the report before its time", "monitor",
         frame("CTL_FLUSHED", u64(0, 0, 0)), call="recvmsg",
         work="echo >/taken; sleep 5")


def hang_up(listener):
    try:
        while True:
            listener.accept()[0].close()
    except OSError:
        pass


def taken_tls():
    """It is asked for TLS with a parent proxy, and says what became of it."""
    parent = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=hang_up, args=(parent,), daemon=True).start()
    settings(net=', "parentProxy": { "http": "https://127.0.0.1:%d" }' %
             parent.getsockname()[1])
    ends("srt-tls has TLS to hand over, and hands over nothing", "tls",
         frame("TLS_READY", u32(1)), call="calloc", work=ASK)
    why = "forged\r\nX-Forged: 1\r\n\r\n\x1b]0;forged\a"
    for name, say, told in (
            ("of a connection that is none", frame(
                "TLS_FAILED", u32(99) + string(why)), False),
            ("of the same one twice", frame(
                "TLS_FAILED", u32(1) + string(why)) * 2, True),
            ("to the user", frame("CTL_LOG", u32(0) + string(why)), False)):
        try:
            os.unlink(W + "/head")
        except OSError:
            pass
        status, said, fired, _ = run("tls", say, call="calloc", work=GET)
        try:
            with open(W + "/head", newline="") as f:
                head = f.read()
        except OSError:
            head = "none"
        ok(fired and status == 0 and head.startswith("HTTP/1.1 502 ") and
           ("forged" in head) == told and "\nX-Forged" not in head and
           "\x1b" not in head + said,
           "K20: what srt-tls says %s has no power" % name,
           "%s %s %s\n%s" % (status, fired, said, head))


def taken_exec():
    settings()
    for name, say in (
            ("ended before it was started", frame("EXEC_EXITED", u32(0))),
            ("started twice", frame("EXEC_STARTED", u64(1)) * 2)):
        ends("srt-exec says that the command has " + name, "exec", say,
             work="sleep 5")


def learned(target):
    """A broker reports, for --learn, what it likes."""
    event = u64(time.time_ns(), 1, 0, 0)
    for text in "learn-connect", target, "", "", "", "":
        event += string(text)
    path = T + "/learn/learned.json"
    try:
        os.unlink(path)
    except OSError:
        pass
    status, said, fired, _ = run("broker", frame("MON_VIOLATION", event),
                                 pipe=1, options=["--learn", path])
    with open(path) as f:
        return target in f.read(), "%s %s %s" % (status, fired, said)


def taken_report():
    settings()
    os.mkdir(T + "/learn")
    there, why = learned("host.test:443")
    ok(there, "what a broker reports of one host is learned", why)
    for target in "*.example.com:443", "10.0.0.0/8:443", "host.test:1-65535", \
            "host.test", 'a.test:1", "*.example.com:1':
        there, why = learned(target)
        ok(not there, "K20: %s is never learned" % target, why)


def main():
    install()
    world = World()
    base = Baseline()
    taken_broker(world)
    taken_proxy()
    taken_resolver(world)
    taken_monitor()
    taken_tls()
    taken_exec()
    taken_report()
    left = base.left(8)
    ok("process" not in left, "nobody is left", left)
    world.close()
    done()


main()

# SPDX-License-Identifier: ISC
#
# A role that was taken over says to one of its peers what it must not, as
# regress/helper/taken_rave.c has it: that is the end of the run, with srt's
# own failure, and nothing is left.
#
#	rave.py part SEED	each role by each of its pipes in both modes, each
#				kind of words, and what else fits into the time
#	rave.py SECONDS SEED	each kind by each of those; then with other words
#	rave.py RAVE ...	those again, as they were printed
#
# A seed of 0 is another one each time; it is printed with what failed.

import itertools

from taken import *

WHO_RAVES = ("proxy", "monitor", "exec", "resolver", "broker", "init", "tls",
             "srt", "keeper", "role")
# With what they are there; the run goes on without them.
SPARED = {"keeper": ["--learn", T + "/learn/learned.json"],
          "role": ["--ask"]}
KINDS = ("unknown", "types", "short", "long", "no-fd", "fd", "fds", "cut",
         "noise", "flood", "again")
MODES = ("namespaces", "landlock")
PART = 20		# seconds
STUBBORN = 37		# each so many'th does not end by itself
BOUND = 12		# seconds; the grace of a role is 5


class Rave:
    def __init__(self, world):
        self.world = world
        self.base = Baseline()
        self.count = 0
        self.pipes = {}		# of whom in which mode: how many
        self.heard = set()	# (kind, who, pipe, mode)
        self.bad = []

    def one(self, kind, who, pipe, mode, seed, stubborn):
        point = "%s:%s:%d:%s:%d%s" % (kind, who, pipe, mode, seed,
                                      "!" if stubborn else "")
        bare = mode == "landlock"
        settings(', "mode": "landlock"' if bare else "",
                 ', "parentProxy": { "https": "https://127.0.0.1:9" }'
                 if who == "tls" else "")
        command(RAVE, who, nth=KINDS.index(kind), action=pipe, seed=seed,
                sticky=stubborn, world=self.world)
        given = {}
        if who == "role":
            given["first"], master, slave = on_terminal()
        r = Run(["sh", "-c", "trap '' HUP TERM; %s &"
                 "while :; do sleep 1; done" %
                 (ASK if who == "resolver" else ":")],
                options=SPARED.get(who, []), **given)
        # Of these two each may say all of it to the other, which asks it
        # nothing, and wait: a process that does nothing is no fault of its
        # peers'.  Of what the broker does not answer the command can end.
        waits = (who, pipe) in (("init", 1), ("broker", 2))
        # Counted from when it has begun to speak.
        end = time.monotonic() + BOUND
        while not answer()[0] and r.p.poll() is None and \
                time.monotonic() < end:
            time.sleep(0.01)
        status = r.wait(7 if stubborn else 1 if who in SPARED else
                        2 if waits else BOUND)
        why = ""
        # Who goes on although his peer has ended hurts himself alone; with
        # srt he must end.
        # A keeper is done without: then nothing is saved; and without an
        # asker the answer is no.
        alone = waits or (status is None and (stubborn or who in SPARED))
        if status is None:
            r.kill()
        if who == "role":
            r.tty = slave
            os.close(master)
        said = r.said()
        left = self.base.left(7)
        fired, sent, pipes, _ = answer()
        self.pipes[who, mode] = pipes
        if fired:
            self.heard.add((kind, who, pipe, mode))
        # srt that raves ends as it likes, and its roles with it.
        if status != 125 and who != "srt" and not alone:
            why += "status %s\n" % status
        if not fired or pipe >= pipes:
            why += "it was not asked to speak\n"
        if (kind in ("fd", "fds") and not sent) or "signal 31" in said:
            why += "nobody heard of it\n"
        if left:
            why += "left:\n" + left
        if "signal 11" in said or "signal 6" in said:
            why += "a crash\n"
        if "srt" not in said and not alone and who != "srt":
            why += "srt says nothing\n"
        self.count += 1
        if why:
            self.bad.append(point)
            ok(False, point, why + said)


def modes_of(who):
    # It holds its directory by Landlock in either.
    return MODES[:1] if who == "keeper" else MODES


def some(rave, people, rng):
    """Each role by each of its pipes in each mode; each kind in turn."""
    kinds = itertools.cycle(rng.sample(KINDS, len(KINDS)))
    for who, mode in rng.sample([(w, m) for w in people
                                 for m in modes_of(w)],
                                sum(len(modes_of(w)) for w in people)):
        pipe = 0
        while pipe == 0 or pipe < rave.pipes[who, mode]:
            yield next(kinds), who, pipe, mode
            pipe += 1


def product(rave):
    return [(kind, who, pipe, mode) for kind in KINDS
            for (who, mode), pipes in sorted(rave.pipes.items())
            for pipe in range(pipes)]


def main():
    install()
    settings()
    os.mkdir(T + "/learn")
    world = World()
    rave = Rave(world)
    if ":" in sys.argv[1]:
        for point in sys.argv[1:]:
            if ":" in point:
                kind, who, pipe, mode, seed = point.rstrip("!").split(":")
                rave.one(kind, who, int(pipe), mode, int(seed),
                         point.endswith("!"))
        ok(not rave.bad, "%d raves" % rave.count)
        world.close()
        done()
    people = [w for w in WHO_RAVES if w != "tls" or
              os.path.exists("/etc/ssl/certs/ca-certificates.crt")]
    seed = seed_of(sys.argv[2:])
    rng = random.Random(seed)
    part = sys.argv[1] == "part"
    end = time.monotonic() + (PART if part else float(sys.argv[1]))

    def speak(what):
        # The kernel does not kill these two, should they go on.
        rave.one(*what, rng.randrange(2**32), what[1] not in SPARED and
                 rave.count % STUBBORN == STUBBORN // 2)

    for what in some(rave, people, rng):
        speak(what)
    want = product(rave)
    first = set(rave.heard)
    rest = [what for what in want if what not in first]
    rng.shuffle(rest)
    for what in rest:
        if part and time.monotonic() > end:
            break
        speak(what)
    while not part and time.monotonic() < end:
        speak(rng.choice(want))
    ok(not rave.bad, "%d times somebody broke the protocol (seed %d)" %
       (rave.count, seed), "\n".join(rave.bad))
    missed = [] if part else [" ".join(map(str, what)) for what in want
                              if what not in rave.heard]
    ok({what[0] for what in first} == set(KINDS) and
       {what[1:] for what in first} == {what[1:] for what in want} and
       {(what[1], what[3]) for what in want} ==
       {(w, m) for w in people for m in modes_of(w)} and not missed,
       "each of them (%s), by each pipe, in each mode, and in each way: "
       "%d of %d" % (", ".join("%s %d" % (who, n) for (who, mode), n in
                               sorted(rave.pipes.items())
                               if mode == MODES[0]),
                     len(rave.heard), len(want)), "\n".join(missed))
    world.close()
    done()


main()

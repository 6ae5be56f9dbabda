# SPDX-License-Identifier: ISC
#
# A role that was taken over says to one of its peers what it must not, as
# regress/helper/taken_rave.c has it by the seed: that is the end of the run,
# with srt's own failure, and nothing is left.
#
#	rave.py SECONDS SEED
#	rave.py WHO:SEED[!] ...		those again, as they were printed

from taken import *

WHO_RAVES = ("proxy", "monitor", "exec", "resolver", "broker", "init", "tls",
             "srt", "keeper")
STUBBORN = 17		# each so many'th does not end by itself
BOUND = 12		# seconds; the grace of a role is 5


class Rave:
    def __init__(self, world):
        self.world = world
        self.base = Baseline()
        self.count = 0
        self.spoke = set()
        self.bad = []

    def one(self, who, seed, stubborn):
        point = "%s:%d%s" % (who, seed, "!" if stubborn else "")
        # Every other time without namespaces.
        bare = seed % 2 and who != "keeper"
        settings(', "mode": "landlock"' if bare else "",
                 ', "parentProxy": { "https": "https://127.0.0.1:9" }'
                 if who == "tls" else "")
        command(RAVE, who, seed=seed, sticky=stubborn, world=self.world)
        r = Run(["sh", "-c", "trap '' HUP TERM; %s &"
                 "while :; do sleep 1; done" %
                 (ASK if who == "resolver" else ":")], options=[
                     "--learn", T + "/learn/learned.json"]
                if who == "keeper" else [])
        # There it may say all of it to the broker, which asks it nothing, and
        # wait: a process that does nothing is no fault of its peers'.
        waits = who == "init" and bare
        status = r.wait(7 if stubborn else 1 if who == "keeper" else
                        2 if waits else BOUND)
        why = ""
        # Who goes on although his peer has ended hurts himself alone; with
        # srt he must end.
        # A keeper is done without: then nothing is saved.
        alone = status is None and (stubborn or waits or who == "keeper")
        if status is None:
            r.kill()
        said = r.said()
        left = self.base.left(7)
        fired = answer()[0]
        if fired:
            self.spoke.add(who)
        # srt that raves ends as it likes, and its roles with it.
        if status != 125 and who != "srt" and not alone:
            why += "status %s\n" % status
        if not fired:
            why += "it was not asked to speak\n"
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


def main():
    install()
    settings()
    os.mkdir(T + "/learn")
    world = World()
    rave = Rave(world)
    if ":" in sys.argv[1]:
        for point in sys.argv[1:]:
            who, _, seed = point.rstrip("!").partition(":")
            rave.one(who, int(seed), point.endswith("!"))
        ok(not rave.bad, "%d raves" % rave.count)
        world.close()
        done()
    people = [w for w in WHO_RAVES if w != "tls" or
              os.path.exists("/etc/ssl/certs/ca-certificates.crt")]
    seed = int(sys.argv[2]) * 1000003
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        for who in people:
            # The kernel does not kill a keeper that goes on.
            rave.one(who, seed % 2**32, who != "keeper" and
                     seed % STUBBORN == STUBBORN - 1)
        seed += 1
    ok(not rave.bad, "%d times somebody broke the protocol" % rave.count,
       "\n".join(rave.bad))
    ok(rave.spoke == set(people), "so did each of them",
       sorted(set(people) - rave.spoke))
    world.close()
    done()


main()

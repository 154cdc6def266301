# SPDX-License-Identifier: BSD-2-Clause
"""Low-resources simulation: do exactly the allocations fail that the options name?

Usage: faults.py FAULTS-PROGRAM; writes TAP. The program makes four allocations per round: apple,
banana, and two in cherry.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

ROUNDS = 50
ONLY_OURS = "fault_site=faults"


class Faults:
    def __init__(self, program, tap, space):
        self.program, self.tap, self.space = program, tap, space
        self.segments = space.segments()

    def run(self, options):
        """[(place, number)] of a run."""
        for name in os.listdir(self.segments):
            os.unlink(os.path.join(self.segments, name))
        env = harness.preloaded(harness.environment(), f"dir={self.segments}:keep=1:{options}")
        result = harness.run([self.program], env, 20)
        lines = result.out.decode().splitlines()
        if result.status != 0 or lines[-1:] != ["end"] or result.err:
            self.tap.ok(False, f"{options}: runs to its end", f"{result}")
        failures = [tuple(line.split()) for line in lines[:-1]]
        bad = [failure for failure in failures if len(failure) != 2]
        self.tap.ok(not bad, f"{options}: a failure is ENOMEM, and realloc's keeps the block", bad)
        return [(place, int(number)) for place, number, *_ in failures]

    def counted(self):
        """The segment's own count of the last run."""
        return harness.poolmon_json("--dir", self.segments)["processes"][0]["counters"]["faults"]


def test_places(faults, tap):
    everything = [("apple", 4 * i + 1) for i in range(ROUNDS)]
    tap.equal(faults.run("fault_site=faults!apple"), everything, "each allocation of one function")
    tap.equal(faults.run("fault_tag=appl"), everything, "each allocation of one tag")
    tap.equal(faults.run("fault_tag=appl:fault_site=faults!banana"), [], "both must match")
    tap.equal(faults.run("fault_site=libc.so*"), [], "another module")
    tap.equal(len(faults.run(ONLY_OURS)), 3 * ROUNDS, "each allocation of the module")


def test_numbers(faults, tap):
    tap.equal(faults.run(f"{ONLY_OURS}:fault_nth=1"), [("apple", 1)], "the first")
    tap.equal(faults.run(f"{ONLY_OURS}:fault_nth=6"), [("banana", 6)], "the sixth")
    tap.equal(faults.run(f"{ONLY_OURS}:fault_nth=8"), [("cherry", 8)], "the eighth, a realloc")
    tap.equal(faults.run("fault_site=faults!apple:fault_after=48"),
              [("apple", 193), ("apple", 197)], "the first 48 are spared")
    tap.equal(faults.run("fault_site=faults!apple:fault_max=2"),
              [("apple", 1), ("apple", 5)], "two at most")
    tap.equal(faults.counted(), 2, "the segment counts them")


def test_chance(faults, tap):
    rate = f"{ONLY_OURS}:fault_rate=10"
    first = faults.run(rate)
    tap.ok(5 <= len(first) <= 50, "about one in ten of 200", first)
    tap.equal(faults.run(rate), first, "the same ones again")
    tap.ok(faults.run(rate + ":fault_seed=2") != first, "others with another seed")
    tap.equal(len(faults.run(f"{ONLY_OURS}:fault_rate=1")), 3 * ROUNDS, "one in one")


def test_each_site(faults, tap):
    log = faults.space.join("sites")
    once = f"{ONLY_OURS}:fault_max=1:fault_log={log}"
    found = [faults.run(once) for _ in range(6)]
    wanted = [[("apple", 1)], [("banana", 2)], [("cherry", 3)], [("cherry", 4)], [], []]
    tap.equal(found, wanted, "each site fails once, one of them in each run")
    with open(log, encoding="utf-8") as file:
        lines = file.read().splitlines()
    names = [line.split("+")[0] for line in lines]
    tap.equal(names, ["appl faults!apple", "bana faults!banana"] + 2 * ["cher faults!cherry"], "the log")
    os.unlink(log)
    # Numbers go on: a cherry without its first block does not ask for the second.
    wanted = [("apple", 1), ("banana", 2), ("cherry", 3), ("cherry", 7)]
    tap.equal(faults.run(f"{ONLY_OURS}:fault_log={log}"), wanted, "all of them in one run")


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        faults = Faults(sys.argv[1], tap, space)
        test_places(faults, tap)
        test_numbers(faults, tap)
        test_chance(faults, tap)
        test_each_site(faults, tap)
        log = space.join("no", "such", "directory")
        env = harness.preloaded(harness.environment(), f"dir={faults.segments}:fault_log={log}")
        result = harness.run([sys.argv[1]], env, 20)
        wanted = f"pooltag: fault_log={log}: no such directory; no allocation fails\n"
        tap.equal((result.out, result.err.decode()), (b"end\n", wanted), "a log that cannot be written")
    tap.done()


main()

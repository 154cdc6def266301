# SPDX-License-Identifier: BSD-2-Clause
"""What `poolmon check` makes of programs that leak, end badly, or cannot be looked at.

Usage: check.py LEAKS OWN-MALLOC MAKE-SEGMENTS STATES.SEG; writes TAP.
"""

import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

CLEAN, LEAKS, BUDGET, CORRUPT, IMPOSSIBLE, USAGE = 0, 23, 24, 25, 26, 2


class Check:
    def __init__(self, tap, space):
        self.tap, self.space = tap, space
        self.segments = space.segments()

    def run(self, *words, env=None, cwd=None):
        """A check; the result gets `report`, its JSON, if it wrote one."""
        path = self.space.join("report.json")
        if os.path.exists(path):
            os.unlink(path)
        command = [harness.poolmon(), "check", "--dir", self.segments, f"--json={path}", *words]
        result = harness.run(command, harness.environment(
            POOLTAG_LIBRARY=harness.library(), **(env or {})), 60, cwd=cwd)
        report = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        self.report, self.err = report, result.err.decode()
        return result.status

    def status(self, wanted, name, *words, **options):
        got = self.run(*words, **options)
        self.tap.ok(got == wanted, name, f"status {got}, not {wanted}\n{self.err}")

    def says(self, pattern, name):
        self.tap.ok(re.search(pattern, self.err, re.M), name, f"wanted {pattern}\n{self.err}")

    def sum_of(self, name):
        total = self.report["totals"][name]
        return total["blocks"], total["bytes"]

    def file(self, name, text):
        path = self.space.join(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def verdicts(check, leaks):
    check.status(CLEAN, "a program without leaks is clean", "--", leaks, "keep")
    check.says(r"^SUMMARY: poolmon check: clean; 1 process checked, 0 ended unchecked, 0 could not "
               r"be checked\n\Z", "and one line says so, and how many processes there were")
    check.status(LEAKS, "definite leaks fail", "--", leaks, "definite", "3")
    check.tap.equal(check.sum_of("definite"), (3, 120), "every block is counted")
    check.says(r"^definite: 120 bytes in 3 blocks, tag \w+, allocated by:\n"
               r"    #0 make_block at .*leaks\.c:\d+ .*\n    #1 leak_definite at .*leaks\.c:\d+ ",
               "with stack and lines")
    tail = check.err.splitlines()[-1]
    check.tap.ok(tail.startswith("SUMMARY: "), "the summary is the last line", tail)
    check.status(LEAKS, "indirect leaks fail", "--fail-on=indirect", "--", leaks, "indirect")
    check.tap.equal((check.sum_of("definite"), check.sum_of("indirect")), ((1, 40), (1, 24)),
                    "and are told from definite ones")
    check.status(CLEAN, "possible leaks do not fail", "--", leaks, "possible")
    check.says(r"^  possible: 80 bytes in 1 block, .*make_block", "but are shown")
    check.status(LEAKS, "unless asked for", "--fail-on=definite,possible", "--", leaks, "possible")
    check.status(LEAKS, "reachable blocks fail when asked for", "--fail-on=reachable", "--", leaks,
                 "keep")
    check.status(3, "the command's own failure wins", "--", leaks, "definite", "3", "status", "3")
    check.says("the command itself ended with 3", "and the report says so")
    check.status(134, "also a signal", "--", leaks, "definite", "1", "abort")


def limits(check, leaks):
    check.status(CLEAN, "--min-bytes", "--min-bytes=121", "--", leaks, "definite", "3")
    check.status(LEAKS, "--min-bytes is of a place", "--min-bytes=120", "--", leaks, "definite", "3")
    check.status(CLEAN, "--max-bytes", "--max-bytes=120", "--", leaks, "definite", "3")
    check.status(LEAKS, "--max-bytes exceeded", "--max-bytes=119", "--", leaks, "definite", "3")
    check.status(CLEAN, "--max-blocks", "--max-blocks=3", "--", leaks, "definite", "3")
    check.status(LEAKS, "--max-blocks exceeded", "--max-blocks=2", "--", leaks, "definite", "3")
    check.status(CLEAN, "within a budget", "--budget=*=1m", "--", leaks, "budget", "100000")
    check.status(BUDGET, "over budget", "--budget=*=64k", "--", leaks, "budget", "100000")
    check.says(r"^Over budget: tags like \*: at most \d{6} bytes .*, 65536 allowed$", "says how much")
    check.status(LEAKS, "a leak is worse than a budget", "--budget=*=1", "--", leaks, "definite", "1")
    peak = ("--", leaks, "peak", "1000000")
    check.status(CLEAN, "what is freed is within a budget at the end", "--budget=*=64k", *peak)
    check.status(BUDGET, "over a peak budget", "--peak-budget=*=64k", *peak)
    check.says(r"^Over budget: tags like \*: at least 1\d{6} bytes in use at once in a process "
               r"\(\d+\), 65536 allowed$", "says how much there was")
    check.status(CLEAN, "within a peak budget", "--peak-budget=*=2m", *peak)
    budget = check.report["budgets"][0]
    check.tap.ok(budget["peak"] and not budget["over"] and
                 1000000 <= budget["used"] <= budget["most"] <= 2 << 20, "with both bounds", budget)
    check.tap.equal(check.report["notes"], [], "and nothing is in doubt")
    check.status(CLEAN, "two peaks that may have been one", "--peak-budget=*=1500000", *peak, "again",
                 "1000000")
    check.says(r"^Note: whether tags like \* kept to their peak budget of 1500000 bytes is not known: "
               r"in no process were more than 2\d{6} in use at once \(\d+\), and 1\d{6} certainly were$",
               "are told, and do not fail")
    check.status(BUDGET, "a peak that is still in use", "--peak-budget=*=150000", "--", leaks, "budget",
                 "100000", "hold", "1500")
    check.status(LEAKS, "growth per iteration", "--growth=20", "--", leaks, "hold", "%n")
    check.tap.equal(check.sum_of("grown"), (20, 960), "is what there is more of")
    check.status(CLEAN, "what does not grow with iterations is no growth", "--growth=20", "--",
                 leaks, "definite", "5", "keep")
    check.status(CLEAN, "a warm-up takes what is made once", "--growth=2", "--warm-up=9", "--",
                 "sh", "-c", f"exec {leaks} hold $((POOLMON_ITERATIONS > 5 ? 5 : 0))")


def suppressions(check, leaks):
    def suppress(text, wanted, name, state=None, **options):
        path = check.file("supp", text)
        check.status(wanted, name, f"--suppressions={path}", "--", leaks, "definite", "3", **options)
        if state:
            states = [s["state"] for s in check.report["suppressions"] if not s["builtin"]]
            check.tap.equal(states, state, f"{name}: it is reported")

    suppress("leak:leak_definite\n", CLEAN, "a suppression of a function", ["used"])
    check.says(r"^  used +120 bytes +3 blocks  leak:leak_definite  \(.*/supp:1\)$", "with its figures")
    suppress("leak:^main$\n", CLEAN, "of any frame", ["used"])
    suppress("# comment\n\nleak:*/leaks.c\r\n", CLEAN, "of a file", ["used"])
    suppress(f"leak:{os.path.basename(leaks)}$\n", CLEAN, "of a module", ["used"])
    suppress("leak:nowhere\n", LEAKS, "one that matches nothing is reported", ["unused"])
    suppress("leak:main max_blocks=3 max_bytes=120 # known\n", CLEAN, "within its limits", ["used"])
    suppress("leak:main max_blocks=2\n", LEAKS, "over its limit", ["exceeded"])
    check.says(r"more than 'main' \(.*supp:1\) may suppress", "which the leak says")
    suppress("leak:main until=2999-12-31\n", CLEAN, "until a day", ["used"])
    suppress("leak:main until=2001-01-01 # old\n", LEAKS, "until a day that has passed", ["expired"])
    path = check.file("supp", "leak:leak_definite\n")
    check.status(CLEAN, "LSAN_OPTIONS", "--", leaks, "definite", "3",
                 env={"LSAN_OPTIONS": f"detect_leaks=1:suppressions='{path}':print_suppressions=0"})
    check.status(CLEAN, "__lsan_default_suppressions", "--", leaks, "definite", "3",
                 env={"LEAKS_SUPPRESSIONS": "leak:leak_definite"})
    check.status(CLEAN, "what hangs on a suppressed block is suppressed",
                 f"--suppressions={check.file('supp', 'leak:leaks.c:1' + chr(10))}",
                 f"--suppressions={check.file('two', 'leak:leak_indirect' + chr(10))}", "--", leaks,
                 "indirect")
    hanging(check, leaks)
    check.status(CLEAN, "--list-suppressions", "--list-suppressions")


def hanging(check, leaks):
    """What only hangs on suppressed blocks is suppressed, block by block, and nothing else."""
    def stati():
        return {function: f["status"] for f in check.report["findings"]
                for function in [f["frames"][1]["function"]]}

    quiet = f"--suppressions={check.file('supp', 'leak:^own_quietly$' + chr(10))}"
    both = f"--suppressions={check.file('two', 'leak:^own_*ly$' + chr(10))}"
    check.status(LEAKS, "two owners", "--", leaks, "together")
    check.tap.equal((check.sum_of("definite"), check.sum_of("indirect")), ((2, 80), (7, 160)),
                    "all of both are lost")
    check.says(r"SUMMARY: poolmon check: 240 bytes leaked in 9 blocks at 7 places;", "and count")
    check.status(LEAKS, "one of them suppressed", quiet, "--", leaks, "together")
    check.says(r"SUMMARY: poolmon check: 80 bytes leaked in 3 blocks at 3 places;", "the other's count")
    owned = "suppressed-owner"
    check.tap.equal(stati(), {
        "own_quietly": "suppressed", "make_only": owned, "make_below": owned, "make_shared": owned,
        "own_loudly": "counts", "make_other": "counts", "make_mixed": "counts"}, "as far as its own goes")
    check.says(r"^indirect: 16 bytes in 1 block, tag \w+, allocated by:\n    #0 make_block .*\n"
               r"    #1 make_mixed ", "of a place that is of both, those of the other")
    check.status(CLEAN, "both suppressed", both, "--", leaks, "together")
    check.status(CLEAN, "the middle of a chain", f"--suppressions={check.file('mid', 'leak:^make_only$')}",
                 both, "--", leaks, "together")
    middle = f"--suppressions={check.file('mid', 'leak:^make_only$')}"
    check.status(LEAKS, "only the middle of a chain", middle, "--", leaks, "together")
    check.tap.equal([f for f, s in stati().items() if s != "counts"], ["make_only", "make_below"],
                    "and what is behind it")
    check.status(LEAKS, "each process by itself", quiet, "--", leaks, "fork", "together")
    check.tap.equal(check.report["counted"], {"blocks": 3, "bytes": 80, "places": 3},
                    "in a child")


def baselines(check, leaks):
    path = check.space.join("baseline")
    update = (f"--baseline={path}", "--update-baseline")
    check.status(CLEAN, "a baseline is written", *update, "--", leaks, "definite", "3", "indirect")
    with open(path, encoding="utf-8") as file:
        first = file.read()
    lines = first.splitlines()
    check.tap.ok(lines[0] == "# poolmon baseline 1" and len(lines) == 4 and
                 any(re.fullmatch(r"definite \S+ 4 160 .*leaks!make_block", line) for line in lines),
                 "with a line per class, tag and place", first)
    check.tap.ok(lines[2:] == sorted(lines[2:], key=lambda line: line.split(" ", 4)[4]), "sorted", first)
    check.status(CLEAN, "what is in it passes", update[0], "--", leaks, "definite", "3", "indirect")
    check.status(LEAKS, "what grows does not", update[0], "--", leaks, "definite", "4", "indirect")
    check.says(r"the baseline allows 160 bytes in 4 blocks", "and what was allowed is said")
    check.status(CLEAN, "what shrinks passes", update[0], "--", leaks, "definite", "1")
    check.says(r"^Baseline: 1 line is of it no longer needed|^Baseline: 1 line.*no longer needed",
               "and is told")
    check.status(CLEAN, "an update replaces it", *update, "--", leaks, "definite", "1")
    with open(path, encoding="utf-8") as file:
        check.tap.equal(len(file.read().splitlines()), 3, "and takes out what is gone")
    before = os.stat(path).st_ino
    check.status(7, "a command that fails", *update, "--", leaks, "definite", "9", "status", "7")
    check.tap.equal(os.stat(path).st_ino, before, "leaves it as it was")


def trees(check, leaks, own):
    check.status(LEAKS, "children are checked", "--", leaks, "fork", "definite", "2")
    check.tap.equal((check.report["counts"]["checked"], check.sum_of("definite")), (2, (2, 80)),
                    "each of them")
    check.status(LEAKS, "what a child inherits is its parent's", "--", leaks, "definite", "2", "fork")
    check.tap.equal(check.sum_of("definite"), (2, 80), "and counts once")
    check.status(LEAKS, "a child that outlives the command is waited for", "--", leaks, "orphan",
                 "definite", "2")
    check.status(IMPOSSIBLE, "but not for ever", "--wait=0", "--", leaks, "orphan", "definite", "2")
    check.says(r"^  process \d+ .*: still runs", "which is said")
    check.status(LEAKS, "after an exec", "--", leaks, "definite", "1", "exec", leaks, "definite", "1")
    check.says(r"^  process \d+ .*: became another program by exec; 40 bytes in 1 block were in use$",
               "what was there before is told, not judged")
    check.status(IMPOSSIBLE, "a program that ends by _exit alone was not checked", "--", leaks,
                 "definite", "1", "_exit", "0")
    check.says(r"ended by _exit.*; 40 bytes in 1 block were in use$", "and what it had is told")
    check.status(LEAKS, "and fails when that is to fail", "--fail-on=unscanned", "--", leaks,
                 "definite", "1", "_exit", "0")
    check.status(IMPOSSIBLE, "an allocator of its own", "--", own)
    check.says(r"^  process \d+ \(.*own-malloc\): 0 allocations seen: .* brings its own malloc$",
               "is no clean program")
    check.status(CORRUPT, "a child that corrupts memory", "--", leaks, "fork", "twice")
    check.says(r"^pooltag: BAD_POOL_CALLER", "is told by the library")
    check.says(r"^SUMMARY: poolmon check: memory was misused in 1 process;", "and by the check")
    check.status(134, "the command's own end wins", "--", leaks, "twice")
    check.status(CLEAN, "a program that allocates nothing is", "--", "true")
    check.tap.equal(os.listdir(check.segments), [], "no segment is left behind")


WAYS = """execve execv execvp execvpe fexecve execl execlp execle posix_spawn posix_spawnp system
    popen""".split()


def unwatched(check, start, static):
    """Programs that are started without the library: told, and never passed over."""
    for way in WAYS:
        check.status(CLEAN, f"{way} with the environment as it is", "--", start, way, "kept",
                     shutil.which("true"))
        check.tap.equal(check.report["counts"]["failed"], 0, f"{way}: all was checked")
        check.status(IMPOSSIBLE, f"{way} with an empty environment", "--", start, way, "cleared",
                     shutil.which("true"))
        name = {"system": "sh", "popen": "sh", "fexecve": r"\?"}.get(way, "true")
        check.says(rf"^  process \d+ \(start\): started what cannot be checked: {name}, statically "
                   r"linked or with an environment without LD_PRELOAD$", f"{way}: which is said")
    check.status(CLEAN, "a program that is not there", "--", start, "execve", "cleared", "/nonexistent")
    check.status(CLEAN, "nor anywhere in PATH", "--", start, "posix_spawnp", "cleared", "nonexistent")
    check.status(IMPOSSIBLE, "a shell that clears its environment", "--", "sh", "-c",
                 "env -i true; env -i true; :")
    check.tap.equal([p["outcome"] for p in check.report["processes"]].count("unwatched"), 2,
                    "each env tells its own")
    check.status(IMPOSSIBLE, "two by one process", "--", "sh", "-c",
                 "unset LD_PRELOAD; env true; env true; env true; :")
    check.says(r"started what cannot be checked: env and 2 more, ", "are counted")
    if static:
        check.status(IMPOSSIBLE, "a static program", "--", "sh", "-c", f"{static} keep; :")
        check.says(r"started what cannot be checked: leaks-st\.\.\., ", "whose name is cut")


def as_libc(check, start):
    """execvp looks in PATH as libc's does, which is asked as well."""
    one, two = check.space.directory("first"), check.space.directory("second")
    for path, mode, text in ((f"{one}/denied", 0o644, "#!/bin/sh\n"), (f"{two}/both", 0o755,
                             "#!/bin/sh\necho script $1 $2\n"), (f"{one}/both", 0o644, ""),
                             (f"{two}/plain", 0o755, "echo plain $0 $1 $2\n"),
                             (f"{two}/broken", 0o755, "#!/nonexistent\n"),
                             (f"{two}/here", 0o755, "echo here $1\n")):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
    start = os.path.abspath(start)
    names = ["denied", "both", "plain", "broken", "nowhere", "", "here", f"{two}/plain", f"{one}/denied",
             one, "/nonexistent/x", "x" * 255, "x" * 256]
    for path in (f"{one}:{two}", f"/nonexistent:{one}/denied::{one}:{two}", "", None):
        env = harness.environment(LD_PRELOAD="")
        env.pop("PATH")
        if path is not None:
            env["PATH"] = path
        theirs = harness.run([start, "names", *names], env, cwd=two)
        ours = harness.run([start, "names", *names], harness.preloaded(env), cwd=two)
        check.tap.ok(theirs.out and ours.out.decode().splitlines() == theirs.out.decode().splitlines(),
                     f"execvp with PATH={path and path.replace(check.space.path, '')}",
                     ours.out.decode()[:3000] + "\nlibc:\n" + theirs.out.decode()[:3000])


def states(check, make, description):
    check.tap.equal(harness.run([make, description, check.segments]).status, 0, "fixture")

    def state(pid, wanted, text, *words):
        check.status(wanted, f"{text or 'clean'}: status", f"--pid={pid}", *words)
        check.says(text, f"{text or 'clean'}: is said")

    state(101, CLEAN, "SUMMARY: poolmon check: clean; 1 process checked")
    state(102, IMPOSSIBLE, r"process 102 \(broken\): its scan failed: cannot-fork")
    state(103, IMPOSSIBLE, r"process 103 \(off\): the program turned leak checks off")
    state(104, IMPOSSIBLE, r"its scan failed: the process ended in the middle of it")
    state(105, LEAKS, "definite: 20 bytes in 2 blocks, tag lost")
    state(106, LEAKS, "definite: 10 bytes in 1 block, tag lost")
    state(107, IMPOSSIBLE, "ended by _exit, .*; 20 bytes in 2 blocks were in use")
    state(108, IMPOSSIBLE, "ended by a signal, .*; 20 bytes in 2 blocks were in use")
    for name in os.listdir(check.segments):
        os.unlink(os.path.join(check.segments, name))


def others(check, make, description, leaks):
    """Files that others left in the directory are none of the check's business, unless nobody knows whose."""
    def damage(name, at, byte):
        path = os.path.join(check.segments, name)
        with open(path, "r+b") as file:
            file.seek(file.read().index(at) + len(at))
            file.write(byte)
        return path

    check.tap.equal(harness.run([make, description, check.segments]).status, 0, "fixture of others")
    damage("101.1", b"good", b"\x63")  # the pool of the site behind its tag
    check.status(CLEAN, "beside a file of another run that is damaged", "--", leaks, "keep")
    check.tap.equal(check.report["notes"], [], "nothing is said of it")
    path = damage("102.1", b"", b"x")
    check.status(CLEAN, "beside one that may be of this run", "--", leaks, "keep")
    check.tap.ok(len(check.report["notes"]) == 1 and check.report["notes"][0].startswith(path + " "),
                 "that is said", check.report["notes"])
    for name in os.listdir(check.segments):
        os.unlink(os.path.join(check.segments, name))


def mistakes(check, leaks):
    def wrong(message, *words, status=USAGE):
        check.status(status, f"{words[0]}: status", *words)
        check.tap.ok(check.err in (f"poolmon: {message}\n", f"poolmon: {message}; see poolmon --help\n"),
                     f"{words[0]}: {message}", check.err)

    wrong("check: nosuchcommand: command not found", "--", "nosuchcommand", status=127)
    wrong("check: /etc/passwd: Permission denied", "--", "/etc/passwd", status=126)
    wrong("check: what? poolmon check -- COMMAND ARG...", "--")
    wrong("--fail-on: 'lost' is none of definite, indirect, possible, reachable, ignored and "
          "unscanned", "--fail-on=lost", "--", leaks)
    wrong("--min-bytes: '1x' is not a number of bytes such as 100, 4k, 2m or 1g", "--min-bytes=1x",
          "--", leaks)
    wrong("--budget: 'Fo' is not TAG=BYTES, as in Fo*=64k", "--budget=Fo", "--", leaks)
    wrong("--peak-budget: '=1' is not TAG=BYTES, as in Fo*=64k", "--peak-budget==1", "--", leaks)
    wrong("check: --suppressions: /nonexistent: No such file or directory",
          "--suppressions=/nonexistent", "--", leaks)
    wrong("check: --update-baseline needs --baseline=F", "--update-baseline", "--", leaks)
    wrong("check: --now needs --pid", "--now", "--", leaks)
    wrong("check: either one --pid or a command", "--pid=1", "--", leaks)
    wrong("check: --baseline: /nonexistent: No such file or directory", "--baseline=/nonexistent",
          "--", leaks)
    for text, message in [
            ("", "line 1 is missing: the file is empty"),
            ("hello\n", "line 1 is not the head '# poolmon baseline 1'"),
            ("# poolmon baseline 1\ndefinite\n", "line 2 is not CLASS TAG BLOCKS BYTES PLACE"),
            ("# poolmon baseline 1\nlost a 1 2 b\n", "line 2 begins with an unknown class"),
            ("# poolmon baseline 1\ndefinite a x 2 b\n",
             "line 2 has no numbers where blocks and bytes belong"),
            ("# poolmon baseline 1\ndefinite a 1 2 b\ndefinite a 1 2 b\n", "line 3 stands there twice")]:
        path = check.file("baseline", text)
        wrong(f"check: --baseline: {path}: {message}; `poolmon check --update-baseline` writes a "
              "new one", f"--baseline={path}", "--", leaks)
    for text, message in [
            ("race:foo", ":1: 'race:foo' is not leak:PATTERN"),
            ("\nleak:", ":2: 'leak:' is not leak:PATTERN"),
            ("leak:a max_byte=3", ":1: 'max_byte=3' is none of max_bytes=N, max_blocks=N and "
             "until=YYYY-MM-DD"),
            ("leak:a until=tomorrow", ":1: 'until=tomorrow' is none of max_bytes=N, max_blocks=N and "
             "until=YYYY-MM-DD")]:
        path = check.file("supp", text)
        wrong(f"check: --suppressions: {path}{message}", f"--suppressions={path}", "--", leaks)
    check.status(IMPOSSIBLE, "a report that cannot be written", "--junit=/nonexistent/x", "--", leaks)
    check.says(r"^poolmon: check: --junit=/nonexistent/x: No such file or directory$", "is told")


def main():
    leaks, own, make, description, start, static = sys.argv[1:]
    tap = harness.Tap()
    with harness.Workspace() as space:
        check = Check(tap, space)
        verdicts(check, leaks)
        limits(check, leaks)
        suppressions(check, leaks)
        baselines(check, leaks)
        trees(check, leaks, own)
        unwatched(check, start, static)
        as_libc(check, start)
        states(check, make, description)
        others(check, make, description, leaks)
        mistakes(check, leaks)
    tap.done()


main()

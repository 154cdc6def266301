# SPDX-License-Identifier: BSD-2-Clause
"""The same programs under memcheck's full leak check and under a scan of ours: the same blocks lost.

Usage: memcheck.py shapes|tools DIRECTORY   DIRECTORY has the hosts; called by meson.

Of definite and indirect leaks the numbers of blocks and bytes must be the same, site by site: a site
is the function that allocates, as both name it. Every difference that is meant stands in DIFFERENCES
with its reason, and one that is no more is a failure as well.
"""

import collections
import os
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import scan as scans

KINDS = {"Leak_DefinitelyLost": "definite", "Leak_IndirectlyLost": "indirect"}

# Shapes of which memcheck can say the same: memcheck runs one thread at a time and reads no registers
# of others than it simulates, so all of them.
SHAPES = [("shapes", name) for name in (
    "plain", "ring", "self", "interior", "freed", "large", "aligned", "guarded", "reallocated", "locked", "mapped",
    "dead_thread", "tls_dynamic", "specific", "stale_stack", "plugin", "ending")] + [
    ("containers", name) for name in ("vector", "list", "shared", "array", "array_of_none")]

DIFFERENCES = {
    ("mapped", "leak"): "memcheck takes every mapping of the program for a root; we, as "
                        "LeakSanitizer, those that are registered",
    ("array_of_none", "keep"): "the pointer one past new T[0]'s count is none for memcheck; "
                               "LeakSanitizer knows it, and so do we",
}
# What is kept is found lost by neither; without --full that is looked at where it is hardest.
VARIANTS = ("leak", "keep") if os.environ.get("POOLTAG_TEST_FULL") else ("leak",)
KEPT = ("interior", "specific", "array_of_none")

# The same blocks under other names.
NAMES = {
    "plugin": "memcheck has lost the names of a file that was closed",
    "vector": "the allocators of the standard library are stepped over: their callers are charged",
    "list": "as for vector",
    "shared": "as for vector",
}

# Debian's own.
TOOLS = [
    ["ls", "-la", "/usr"], ["sort", "-u", "/etc/services"], ["sed", "s/a/b/g", "/etc/services"],
    ["grep", "-c", "tcp", "/etc/services"], ["mawk", "{n += NF} END {print n}", "/etc/services"],
    ["find", "/etc/apt"], ["diff", "/etc/passwd", "/etc/group"], ["tar", "cf", "/dev/null", "/etc/apt"],
    ["gzip", "-kc", "/etc/services"], ["xz", "-0kc", "/etc/services"],
    ["cmp", "/etc/passwd", "/etc/group"],
    ["bash", "-c", "a=(1 2 3); f() { local b=${a[@]}; echo $b; }; f; x=$(f); echo $x"],
    ["perl", "-e", "my %h = map {$_ => [$_]} 1..50; my $c = {}; $c->{self} = $c; print keys %h"],
    ["sqlite3", ":memory:", "create table t(a); insert into t values (1); select * from t"],
    ["openssl", "dgst", "-sha256", "/etc/passwd"], ["make", "--version"], ["date"], ["id"],
    ["file", "/etc/passwd"], ["od", "-c", "/etc/hostname"],
]


def site_of(error, by_function):
    """Who allocated, as memcheck names it: the first frame that is not its own malloc."""
    for frame in error.find("stack").findall("frame"):
        module = os.path.basename(frame.findtext("obj") or "")
        if not module.startswith("vgpreload"):
            return (frame.findtext("fn") or "") if by_function else module
    return ""


def own_bytes(what, kind):
    """memcheck adds what a definite block takes along to it, and says so in its text."""
    text = what.findtext("text")
    if kind == "definite" and " direct, " in text:
        return int(text[text.index("(") + 1:text.index(" direct")].replace(",", ""))
    return int(what.findtext("leakedbytes"))


def memcheck(space, command, by_function):
    """(class, site) -> [blocks, bytes], as memcheck sees it."""
    out = space.join("memcheck.xml")
    result = harness.run(
        ["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--num-callers=40", "--xml=yes",
         "--leak-resolution=high", "--demangle=no", "--child-silent-after-fork=yes",
         f"--xml-file={out}", "--", *command], timeout=120)
    if result.timed_out:
        harness.fail(f"memcheck of {command} hangs")
    found = collections.defaultdict(lambda: [0, 0])
    for error in xml.etree.ElementTree.parse(out).getroot().findall("error"):
        kind = KINDS.get(error.findtext("kind"))
        if kind:
            amount = found[kind, site_of(error, by_function)]
            amount[0] += int(error.findtext("xwhat/leakedblocks"))
            amount[1] += own_bytes(error.find("xwhat"), kind)
    return dict(found)


def ours(space, command, by_function):
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1:leak_check=1")
    harness.run(command, env)
    found = collections.defaultdict(lambda: [0, 0])
    # A tool's children are programs of their own; memcheck does not follow them either.
    scan = min(scans.read_all(segments), key=lambda scan: scan.pid)
    if scan.state != "complete":
        harness.fail(f"the scan of {command} is {scan.state}: {scan.reason}")
    for site in scan.sites:
        for kind in KINDS.values():
            if site.classes[kind].blocks:
                amount = found[kind, site.function if by_function else site.module]
                amount[0] += site.classes[kind].blocks
                amount[1] += site.classes[kind].bytes
    return dict(found)


def by_class(found):
    sums = collections.defaultdict(lambda: [0, 0])
    for (kind, _), amount in found.items():
        sums[kind] = [a + b for a, b in zip(sums[kind], amount)]
    return dict(sums)


def case_shapes(space, tap):
    for program, shape in SHAPES:
        for variant in VARIANTS if shape not in KEPT else ("leak", "keep"):
            command = [os.path.join(sys.argv[2], program), shape, variant, sys.argv[2]]
            reason = DIFFERENCES.get((shape, variant))
            for _ in range(2):
                theirs, own = memcheck(space, command, True), ours(space, command, True)
                # A word that looks like a pointer to a large block by chance does so only once.
                if reason is not None or own == theirs:
                    break
            name = f"{program} {shape} {variant}"
            if reason is not None:
                tap.ok(own != theirs, f"{name} differs: {reason}", own)
            elif shape in NAMES and variant == "leak":
                tap.equal(by_class(own), by_class(theirs), f"{name}, other names: {NAMES[shape]}")
            else:
                tap.equal(own, theirs, name)


def case_tools(space, tap):
    for command in TOOLS:
        name = " ".join(command)[:60]
        theirs, own = memcheck(space, command, False), ours(space, command, False)
        tap.equal(own, theirs, f"{name}: {sum(n[0] for n in own.values())} blocks lost")


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        globals()["case_" + sys.argv[1]](space, tap)
    tap.done()


main()

# SPDX-License-Identifier: BSD-2-Clause
"""Who is charged: programs with known call sites, held against the tables written beside them.

Usage: run.py CASE HOST [TABLE [ARGUMENTS]]; HOST is a built program. Called by meson.
Each case is a function case_NAME below.
"""

import collections
import math
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness
import segment

KEYS = ("allocs", "frees", "alloc_bytes", "requested")


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if line and not line.startswith("#")]


def read_table(path):
    """[(tag, linker name or others for it, (allocs, frees, bytes, in use))]; function -: none."""
    table = []
    for line in lines_of(path):
        tag, function, *numbers = line[:4], *line[4:].split()
        names = ("",) if function == "-" else tuple(function.split("|"))
        table.append((tag, names, tuple(map(int, numbers))))
    return table


def run_host(space, host, *arguments, options=(), group="site", keep=False):
    """Runs the host by poolmon: (document, directory of its segment)."""
    segments = space.segments()
    report = space.join("report.json")
    command = [
        harness.poolmon(), "run", f"--json={report}", f"--group={group}", "--dir", segments,
        "--option", "segment_max=64m",
    ]
    for option in options:
        command += ["--option", option]
    if keep:
        command.append("--keep")
    result = harness.run([*command, "--", os.path.abspath(host), *arguments], timeout=120)
    if result.timed_out or result.status != 0 or result.err:
        harness.fail(f"{host}: status {result.status}, stderr: {result.err.decode(errors='replace')}")
    with open(report, encoding="utf-8") as file:
        document = harness.parse_json(file.read(), report)
    complaints = harness.check_rows(document)
    for process in harness.processes(document):
        if process["dropped"] or process["counters"]["sites_lost"]:
            complaints.append(f"process {process['pid']} lost something: {process}")
    if complaints:
        harness.fail("\n".join(complaints))
    return document, segments


def modules_of(host):
    """The host and what is loaded from its directory; other files' rows are not in the tables."""
    directory = os.path.dirname(os.path.abspath(host))
    return {os.path.basename(host)} | {n for n in os.listdir(directory) if n.endswith(".so")}


def rows_of(document, modules):
    """{(tag, function): sums of KEYS} of the rows of the given modules."""
    rows = collections.defaultdict(lambda: [0] * len(KEYS))
    for row in document["rows"]:
        if row["module"] in modules or row["module"] == "[no module]":
            # The compiler may put a call into a part of its function that it moves away.
            name = row.get("symbol", row.get("function", "")).removesuffix(".cold")
            sums = rows[(row["tag"], name)]
            for i, key in enumerate(KEYS):
                sums[i] += row[key]
    return {key: tuple(value) for key, value in rows.items()}


def compare_table(rows, table):
    """The complaints; the table is complete: a row it does not have is one, too."""
    complaints = []
    left = dict(rows)
    for tag, names, counts in table:
        got = [left.pop((tag, name)) for name in names if (tag, name) in left]
        got = tuple(map(sum, zip(*got))) if got else None
        if got != counts:
            complaints.append(f"{tag} {'|'.join(names) or '-'}: got {got}, wanted {counts}")
    complaints += [f"{tag} {name or '-'}: got {got}, not in the table"
                   for (tag, name), got in left.items()]
    if complaints:
        complaints.insert(0, f"(tag, function, {', '.join(KEYS)})")
    return complaints


def steps_failed(document):
    return sum(process["counters"]["steps_failed"] for process in harness.processes(document))


def case_table(space, host, table, *arguments, options=()):
    document, _ = run_host(space, host, *arguments, options=options)
    complaints = compare_table(rows_of(document, modules_of(host)), read_table(table))
    if steps_failed(document):
        complaints.append(f"{steps_failed(document)} callers of wrappers were not found")
    if complaints:
        harness.fail("\n".join(complaints))
    print("the table is right")


def case_deep(space, host, table, *arguments):
    """The same table when every allocation's whole stack is walked, and noted."""
    case_table(space, host, table, *arguments, options=["stack=64", "sample=1"])


def case_rules(space, host, table, rules):
    case_table(space, host, table, options=[f"rules={rules}"])


def case_plain(_space, host):
    """The header alone does nothing: the program runs without the library."""
    result = harness.run([host])
    if result.status != 0 or result.out or result.err:
        harness.fail(f"status {result.status}, stdout {result.out!r}, stderr {result.err!r}")


def case_sums(space, host, *arguments):
    """However the sites are grouped, their sums are the same."""
    document, segments = run_host(space, host, *arguments, keep=True)
    pid = harness.processes(document)[0]["pid"]
    numbers = ("allocs", "frees", "alloc_bytes", "free_bytes", "bytes", "requested", "header", "waste")
    sums = {}
    for group in ("site", "function", "tag", "module", "process"):
        document = harness.poolmon_json("--dir", segments, "--pid", pid, "--group", group)
        rows = [tuple(row[key] for key in numbers) for row in document["rows"]]
        sums[group] = tuple(map(sum, zip(*rows)))
        sums[f"totals of {group}"] = tuple(
            sum(pool[key] for pool in document["totals"].values()) for key in numbers
        )
    if len(set(sums.values())) != 1 or not all(sums["site"][:6]):
        harness.fail("\n".join(f"{group}: {dict(zip(numbers, s))}" for group, s in sums.items()))
    print(f"{len(sums)} ways to sum up: {dict(zip(numbers, sums['site']))}")


# --- stacks --------------------------------------------------------------------------------------


class Names:
    """Names frames by the symbol tables of their files; of libc all functions are `libc`."""

    def __init__(self, host):
        output = harness.run(["nm", "--defined-only", host]).out.decode()
        found = re.findall(r"^([0-9a-f]+) [tTwW] (\w+)$", output, re.MULTILINE)
        self.symbols = sorted((int(start, 16), name) for start, name in found)
        self.host = os.path.abspath(host)

    def of(self, data, frame):
        if frame.module >= len(data.modules):
            return f"{frame.address:#x}"
        module = data.modules[frame.module]
        if module.path != self.host:
            name = os.path.basename(module.path)
            return "libc" if name.startswith("libc.so") else name
        at = frame.address - module.load_address - 1
        return [name for start, name in self.symbols if start <= at][-1]

    def stack(self, data, frames):
        """From the inside out; neighbours in libc are one."""
        names = []
        for frame in frames:
            name = self.of(data, frame)
            if name != "libc" or names[-1:] != ["libc"]:
                names.append(name)
        return tuple(names)


def only_segment(segments):
    names = os.listdir(segments)
    if len(names) != 1:
        harness.fail(f"not one segment: {names}")
    return segment.Segment(os.path.join(segments, names[0]))


def read_stacks(path):
    """[(allocs, frees, bytes, [frames])]"""
    found = []
    for line in lines_of(path):
        numbers, names = line.split(":")
        frames = []
        for name in names.split():
            word, _, times = name.partition("*")
            frames += [word] * int(times or 1)
        found.append((*map(int, numbers.split()), frames))
    return found


def same_stack(wanted, got, depth, frames):
    """
    Whether a stack as named is the wanted one cut to `depth` frames. How many frames libc has is its
    own affair: a stack of fewer than `depth` frames must be whole, another must begin alike.
    """
    if frames < depth:
        return got == tuple(wanted)
    return frames == depth and got == tuple(wanted[:len(got)])


def case_stack(space, host, table, depth):
    """stack=N: every allocation is in the site of its own stack."""
    depth = int(depth)
    _, segments = run_host(space, host, options=[f"stack={depth}", "sample=0"], keep=True)
    data = only_segment(segments)
    names = Names(host)
    got = collections.defaultdict(lambda: [0, 0, 0])
    lengths = {}
    for site in data.sites:
        stack = names.stack(data, site.frames)
        if site.module >= len(data.modules) or data.modules[site.module].path != names.host:
            continue
        lengths[stack] = len(site.frames)
        for i, value in enumerate((site.allocs, site.frees, site.alloc_bytes)):
            got[stack][i] += value
    wanted = collections.defaultdict(lambda: [0, 0, 0])
    complaints = []
    for *counts, frames in read_stacks(table):
        match = [s for s in got if same_stack(frames, s, depth, lengths[s])]
        if len(match) != 1:
            complaints.append(f"{len(match)} sites for {' '.join(frames)} at stack={depth}")
            continue
        for i, value in enumerate(counts):
            wanted[match[0]][i] += value
    for stack, counts in got.items():
        if wanted.get(stack) != counts:
            complaints.append(f"{' '.join(stack)}: got {counts}, wanted {wanted.get(stack)}")
    if complaints:
        harness.fail("\n".join(complaints))
    print(f"stack={depth}: {len(got)} stacks are right, the longest has {max(lengths.values())}")


def case_wander(space, host, depth):
    """The same for random stacks, as the host itself has counted them."""
    depth = int(depth)
    told = space.join("told")
    _, segments = run_host(space, host, told, options=[f"stack={depth}", "sample=0"], keep=True)
    data = only_segment(segments)
    names = Names(host)
    got = collections.Counter()
    for site in data.sites:
        stack = names.stack(data, site.frames)
        if stack[0] == "leaf":
            got[stack[:stack.index("main") + 1] if "main" in stack else stack] += site.allocs
    wanted = collections.Counter()
    for line in lines_of(told):
        number, *stack = line.split()
        wanted[tuple(stack[:depth])] += int(number)
    complaints = [
        f"{' '.join(stack)}: got {got[stack]}, wanted {wanted[stack]}"
        for stack in got.keys() | wanted.keys() if got[stack] != wanted[stack]
    ]
    if complaints:
        harness.fail("\n".join(sorted(complaints)[:20]))
    print(f"stack={depth}: {sum(got.values())} allocations are in {len(got)} stacks as they were made")


# --- samples -------------------------------------------------------------------------------------

# Of sampled.c: size and number of the allocations of each function, and what a block takes.
MIXTURE = {"small": (100, 400000, 112), "middle": (1500, 100000, 1536), "large": (40000, 4000, 40960)}


def case_sample(space, host, mean):
    """The estimates of sampled stacks lie within five standard deviations, for blocks and bytes."""
    mean = int(mean)
    _, segments = run_host(space, host, options=[f"sample={mean}"], keep=True)
    data = only_segment(segments)
    names = Names(host)
    got = collections.defaultdict(lambda: [0, 0, 0])
    for sample in data.samples:
        stack = names.stack(data, sample.frames)
        if "leaf" not in stack:
            continue
        if stack[0] != "leaf" or stack[2:] != ("main", "libc", "_start"):
            harness.fail(f"a stack that does not exist: {stack}")
        for i, value in enumerate((sample.samples, sample.blocks, sample.bytes)):
            got[stack[1]][i] += value
    if mean == 0:
        if data.samples:
            harness.fail(f"{len(data.samples)} samples")
        return
    complaints = []
    for function, (size, number, charge) in MIXTURE.items():
        likely = -math.expm1(-charge / mean)
        samples, blocks, total = got[function]
        # A sample happens with probability p; it counts for 1 / p blocks, rounded to whole ones.
        wanted = {
            "samples": (samples, number * likely, math.sqrt(number * likely * (1 - likely))),
            "blocks": (blocks, number, math.sqrt(number * (1 - likely) / likely)),
            "bytes": (total, number * size, size * math.sqrt(number * (1 - likely) / likely)),
        }
        for what, (value, expected, deviation) in wanted.items():
            # Rounding adds at most a variance of 1/4 a sample.
            deviation = math.hypot(deviation, math.sqrt(number * likely) / 2)
            off = (value - expected) / deviation
            print(f"{function}: {value} {what}, expected {expected:.0f}, {off:+.2f} deviations")
            if abs(off) > 5:
                complaints.append(f"{function}: {what} are {off:+.1f} deviations off")
    if complaints:
        harness.fail("\n".join(complaints))


def main():
    case, host, *arguments = sys.argv[1:]
    for tool in ("nm",):
        if shutil.which(tool) is None:
            harness.skip(f"{tool} is not installed (Debian package binutils)")
    with harness.Workspace() as space:
        globals()[f"case_{case}"](space, os.path.abspath(host), *arguments)


main()

# SPDX-License-Identifier: BSD-2-Clause
"""Every format, byte by byte, from segments whose figures are known; snapshots and differences."""

import csv
import gzip
import io
import json
import os
import pty
import re
import subprocess

import openmetrics
import pprof
from common import HERE, golden, harness, poolmon, segments

SCREEN = os.path.join(HERE, "..", "screen")
tap = harness.Tap()


def output(*arguments, err=None):
    result = poolmon(*arguments)
    text = result.err.decode()
    if err is None:
        text = re.sub(r"poolmon: --folded: .*\n", "", text)
    tap.ok(result.status == 0 and text == (err or ""), " ".join(map(str, arguments)), text)
    return result.out


def refused(message, *arguments):
    result = poolmon(*arguments)
    tap.ok((result.status, result.out, result.err.decode()) == (2, b"", f"poolmon: {message}\n"),
           f"refused: {message}", f"{result.status} {result.err.decode()}")


def check_csv(directory):
    for group in ("tag", "site", "process"):
        text = output("--csv", "--group", group, "--dir", directory).decode()
        golden(tap, f"{group}.csv", text)
        tap.ok(text.count("\r\n") == text.count("\n"), f"CSV by {group}: lines end in CRLF")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    tap.equal(rows[0]["place"], "bare", "CSV: read back")
    text = output("--csv", "--group=site", "--columns=tag,place", "--dir", directory).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    tap.ok(['a"\\,', 'exact!quo"te+0x20'] in rows, "CSV: quotes and commas come back", rows)
    text = output("--csv", "--batch", "--count=2", "--interval=0.1", "--dir", directory).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    tap.ok(len(rows) == 12 and float(rows[0]["time"]) < float(rows[11]["time"]),
           "CSV of two snapshots: names once, a time first", text)


def check_openmetrics(directory, space):
    text = output("--openmetrics", "--dir", directory).decode()
    families = openmetrics.parse(text)
    zero = {name for name, family in families.items()
            if not any(sample.value for sample in family.samples)}
    # Families of zeros are left out: new counters must not change this file.
    golden(tap, "stacks.openmetrics", "".join(
        line for line in text.splitlines(True)
        if not any(re.search(rf"\b{name}(_total)?\b", line.split("{")[0]) for name in zero)))
    series = openmetrics.series
    tap.equal(series(families, "pooltag_allocs", tag="Wrk1"), [110], "sites of a tag are one series")
    tap.equal(series(families, "pooltag_process_sites_lost", pid="201"), [7], "lost sites")
    tap.equal(series(families, "pooltag_in_use_bytes", tag='a"\\,', pool="Nonp",
                     exe='/opt/a"b\\dir/exact'), [40], "labels come back unescaped")
    twins = os.path.join(space.path, "twins.seg")
    with open(twins, "w", encoding="utf-8") as file:
        for generation in ("", ".1"):
            file.write(f"process 300.1{generation} live /bin/twin\nmodule /bin/twin\n"
                       "site twin Paged 0 main 1\nshard 1\ncell 0 0 1 1 16\n")
    families = openmetrics.parse(output("--openmetrics", "--dir",
                                        segments(space, "twins", twins)).decode())
    tap.equal(len(series(families, "pooltag_in_use_bytes", pid="300", exe="/bin/twin")), 2,
              "two processes of one pid and name are two series")
    path = os.path.join(space.path, "metrics")
    output("--openmetrics=" + path, "--batch", "--count=2", "--interval=0.1", "--dir", directory)
    with open(path, encoding="utf-8") as file:
        tap.equal(file.read(), text, "a file has the last snapshot, whole")
    text = output("--openmetrics", "--batch", "--count=2", "--interval=0.1", "--dir", directory)
    tap.equal(text.count(b"# EOF\n"), 2, "standard output has one after the other")


def check_stacks(directory):
    for name, options in {"best": (), "exact": ("--stacks=exact",),
                          "sampled": ("--stacks=sampled",),
                          "allocs": ("--value=alloc_objects",)}.items():
        golden(tap, f"{name}.folded", output("--folded", *options, "--dir", directory).decode())
    said = ("poolmon: --folded: processes with stacks by site (stack=N): 1, with sampled stacks: 1,"
            " with one call per site: 1\n")
    output("--folded", "--dir", directory, err=said)
    for name in ("best", "exact", "sampled"):
        options = () if name == "best" else (f"--stacks={name}",)
        profile = pprof.load(output("--pprof", *options, "--dir", directory))
        golden(tap, f"{name}.pprof.txt", pprof.text(profile))
        sums = [sum(values[i] for _, values, _ in profile["samples"]) for i in range(4)]
        rows = json.loads(output("--json", "--dir", directory))["rows"]
        wanted = [sum(row[key] for row in rows)
                  for key in ("allocs", "alloc_bytes", "diff", "requested")]
        tap.equal(sums, wanted, f"pprof, {name}: the sums are the table's")
    profile = pprof.load(output("--pprof", "-iWrk*", "-p", "-p", "--dir", directory))
    tap.equal({labels["tag"] for _, _, labels in profile["samples"]}, {"Wrk1"}, "filters count")


def check_several(directory, space):
    paths = {name: os.path.join(space.path, "all." + name)
             for name in ("json", "csv", "openmetrics", "pprof", "folded")}
    out = output(*(f"--{name}={path}" for name, path in paths.items()), "--dir", directory)
    tap.ok(out == b"" and all(os.path.getsize(path) for path in paths.values()),
           "all formats at once, each to its file")
    help_of = "; see poolmon --help"
    refused("--pprof and --folded cannot both go to standard output; give one a file, as in "
            "--folded=FILE" + help_of, "--pprof", "--folded")
    refused("--pprof is one snapshot; with --batch it needs a file to replace, as in --pprof=FILE"
            + help_of, "--batch", "--pprof")
    refused("--csv: the name is empty" + help_of, "--csv=")
    refused("--value: 'x' is not one of alloc_objects, alloc_space, inuse_objects, inuse_space"
            + help_of, "--folded", "--value=x")
    refused("--value needs --folded" + help_of, "--pprof", "--value=inuse_space")
    refused("--stacks needs --pprof or --folded" + help_of, "--csv", "--stacks=exact")
    refused("--stacks: 'x' is neither exact nor sampled" + help_of, "--folded", "--stacks=x")
    result = poolmon("--csv=" + space.join("no", "where"), "--dir", directory)
    tap.equal((result.status, result.err.decode()),
              (1, f"poolmon: --csv={space.path}/no/where: No such file or directory\n"),
              "a file that cannot be written is told")
    screen, terminal = pty.openpty()
    command = [harness.poolmon(), "--once", "--pprof", "--dir", directory]
    result = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, check=False)
    tap.equal((result.returncode, result.stderr),
              (2, b"poolmon: --pprof is not for terminals; give it a file, as in --pprof=FILE\n"),
              "a profile does not go to a terminal")
    os.close(terminal)
    os.close(screen)
    for name in ("csv", "openmetrics", "pprof", "folded", "json"):
        result = poolmon(f"--{name}=/dev/full", "--dir", directory)
        tap.ok(result.status == 1 and b"No space left on device" in result.err,
               f"--{name}: a full disk is told", result.err)


def without_now(text):
    text = re.sub(r'"host":"[^"]*","time":[0-9.]+', '"host":"h","time":0.0', text)
    text = re.sub(r'"poolmon":"[^"]*"', '"poolmon":"v"', text)
    return re.sub(r'"uid":[0-9]+', '"uid":0', text)


def check_snap(space, stacks):
    two = segments(space, "two", os.path.join(SCREEN, "two.seg"))
    later = segments(space, "later", os.path.join(SCREEN, "two-later.seg"))
    output("snap", "--dir", stacks, space.join("stacks.json"))
    with open(space.join("stacks.json"), encoding="utf-8") as file:
        text = file.read()
    golden(tap, "stacks.snap.json", without_now(text))
    tap.equal(json.loads(text)["schema"], "poolmon-snapshot/1", "a snapshot is JSON")
    output("snap", space.join("two.json.gz"), "--dir", two, "--pid", "101")
    with gzip.open(space.join("two.json.gz"), "rt", encoding="utf-8") as file:
        tap.equal([process["pid"] for process in json.load(file)["processes"]], [101],
                  "a compressed snapshot of one process")
    # Files of the first version, never to be written anew: old files stay readable.
    before = os.path.join(HERE, "golden", "snapshot-1-before.json")
    after = os.path.join(HERE, "golden", "snapshot-1-after.json.gz")
    for group in ("tag", "module", "function", "site", "process"):
        text = output("diff", "--group", group, before, after).decode()
        golden(tap, f"diff-{group}.txt", text.replace(HERE, "HERE"))
    text = output("diff", "--json", before, after).decode()
    golden(tap, "diff.json", text.replace(HERE, "HERE"))
    text = output("diff", before, after, "--columns=waste", "--sort=waste").decode()
    golden(tap, "diff-waste.txt", text.replace(HERE, "HERE"))
    tap.equal(output("diff", before, before).decode().splitlines()[-1], "no difference (7 rows)",
              "a file and itself")

    def rows(*operands):
        result = json.loads(output("diff", "--json", *operands))
        return [(row["tag"], row["type"], row["delta"]["bytes"]) for row in result["rows"]]

    wanted = rows(before, after)
    tap.equal(rows(before, "live", "--dir", later), wanted, "a file and what lives")
    tap.equal(rows("live", after, "--dir", two), wanted, "what lives and a file")
    tap.equal(rows("103", "103", "--dir", two), [], "a process and itself")
    tap.equal(rows(before, "102", "--dir", later)[-1], ("leak", "Paged", -24000000),
              "a file and one process")


BROKEN = {
    "schema.json": ('{"schema":"poolmon/1"}',
                    "its schema is not poolmon-snapshot/1; poolmon snap writes such files"),
    "later.json": ('{"schema":"poolmon-snapshot/2"}',
                   "its schema is not poolmon-snapshot/1; poolmon snap writes such files, and a "
                   "later poolmon wrote this one"),
    "cut.json": ('{"schema":', "line 1, column 10: unexpected token near end of file"),
    "none.json": ('{"schema":"poolmon-snapshot/1"}', '"processes" is not an array'),
    "array.json": ("[]", "its schema is not poolmon-snapshot/1; poolmon snap writes such files"),
    "process.json": ('{"schema":"poolmon-snapshot/1","processes":[1]}',
                     'process 1: "exe" is not a string'),
    "rows.json": ('{"schema":"poolmon-snapshot/1","processes":[{"exe":"x"}]}',
                  'process 1: "rows" is not an array'),
    "tag.json": ('{"schema":"poolmon-snapshot/1","processes":[{"exe":"x","rows":[{"tag":"ab",'
                 '"type":"Paged","module":"m"}]}]}',
                 'process 1, row 1: "tag" is not four characters'),
    "type.json": ('{"schema":"poolmon-snapshot/1","processes":[{"exe":"x","rows":[{"tag":"abcd",'
                  '"type":"Page","module":"m"}]}]}',
                  'process 1, row 1: "type" is neither Paged nor Nonp'),
    "number.json": ('{"schema":"poolmon-snapshot/1","processes":[{"exe":"x","rows":[{"tag":"abcd",'
                    '"type":"Paged","module":"m","allocs":-1}]}]}',
                    'process 1, row 1: "allocs" is not a number from 0 to 1152921504606846976'),
    "frees.json": ('{"schema":"poolmon-snapshot/1","processes":[{"exe":"x","rows":[{"tag":"abcd",'
                   '"type":"Paged","module":"m","frees":1}]}]}',
                   "process 1, row 1: more was freed than allocated"),
}


def check_broken(space):
    good = os.path.join(HERE, "golden", "snapshot-1-before.json")
    for name, (text, message) in BROKEN.items():
        path = space.join(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        refused(f"diff: {path}: {message}", "diff", good, path)
    with open(os.path.join(HERE, "golden", "snapshot-1-after.json.gz"), "rb") as file:
        half = file.read()[:200]
    with open(space.join("half.gz"), "wb") as file:
        file.write(half)
    refused(f"diff: {space.path}/half.gz: its compressed data ends too early", "diff", good,
            space.join("half.gz"))
    refused(f"diff: {space.path}/none: No such file or directory", "diff", good,
            space.join("none"))
    help_of = "; see poolmon --help"
    refused("diff: what? poolmon diff BEFORE AFTER" + help_of, "diff", good)
    refused("'c' is one word too many" + help_of, "diff", "a", "b", "c")
    refused("diff: 'tag' is not a number that changes" + help_of, "diff", "--sort=tag", "a", "b")
    refused("snap: what? poolmon snap FILE" + help_of, "snap")
    refused("--pid 4000000: no such process under pooltag; poolmon list shows which there are",
            "diff", good, "4000000", "--dir", space.path)


with harness.Workspace() as work:
    stacks_directory = segments(work, "stacks", os.path.join(HERE, "stacks.seg"))
    check_csv(stacks_directory)
    check_openmetrics(stacks_directory, work)
    check_stacks(stacks_directory)
    check_several(stacks_directory, work)
    check_snap(work, stacks_directory)
    check_broken(work)
tap.done()

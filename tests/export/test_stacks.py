# SPDX-License-Identifier: BSD-2-Clause
"""Stacks of a real process, exact and sampled, in every format that has stacks.

`go tool pprof` (Debian package golang-go) must open what we write and find the functions.
"""

import os
import re
import subprocess

import pprof
from common import ENV, GROW, harness, poolmon, running

GROWN = {"few": 20 * 10000, "many": 60 * 10000, "small": 100 * 100}
tap = harness.Tap()


def frames_of(line):
    stack, value = line.rsplit(" ", 1)
    return stack.split(";"), int(value)


def functions():
    """Start and end of grow's functions, by name."""
    found = {}
    for line in harness.run(["nm", "-S", GROW]).out.decode().splitlines():
        words = line.split()
        if len(words) == 4 and words[3].split(".")[0].startswith("grow_"):
            found[words[3].split(".")[0]] = (int(words[0], 16), int(words[1], 16))
    return found


def function_of(frame, table):
    """The function of a frame of grow's, named or given as module+offset."""
    found = re.fullmatch(r"grow(?:!(\w+)|\+0x([0-9a-f]+))", frame)
    if not found:
        return None
    if found[1]:
        return found[1].split(".")[0]
    address = int(found[2], 16) - 1
    return next((name for name, (start, size) in table.items()
                 if start <= address < start + size), None)


def check_folded(segments, pid, exact):
    result = poolmon("--folded", "--pid", pid, "--dir", segments)
    kinds = {True: "by site (stack=N): 1", False: "sampled stacks: 1"}
    tap.ok(result.status == 0 and kinds[exact] in result.err.decode(),
           "--folded says which stacks", result.err)
    tap.ok(b"grow!main;grow!grow_many;" in result.out, "functions are named", result.out)
    table, values = functions(), {}
    for line in result.out.decode().splitlines():
        frames, value = frames_of(line)
        names = tuple(name for name in (function_of(f, table) for f in frames)
                      if name and name.startswith("grow_"))
        values[names] = values.get(names, 0) + value
    return values


def check_pprof(segments, pid, path, exact):
    options = [f"--pprof={path}", "--pid", pid, "--dir", segments]
    result = poolmon(*options)
    tap.equal((result.status, result.err), (0, b""), "--pprof")
    with open(path, "rb") as file:
        profile = pprof.load(file.read())
    document = harness.poolmon_json("--pid", pid, "--dir", segments)
    requested = sum(row["requested"] for row in document["rows"])
    tap.equal(sum(values[3] for _, values, _ in profile["samples"]), requested,
              "the sum of inuse_space is the table's Requested")
    build_id = harness.run(["readelf", "-n", GROW]).out.decode()
    found = re.search(r"Build ID: ([0-9a-f]+)", build_id)
    tap.ok(any(name == GROW and (not found or found[1] == ident)
               for name, _, _, _, ident in profile["mappings"]),
           "the program is a mapping with its build id", profile["mappings"])
    return profile


def check_go(path, space):
    """go tool pprof's own opinion."""
    env = dict(ENV, HOME=space.path, PPROF_TMPDIR=space.path)
    name = "go tool pprof names the functions and adds up"
    try:
        version = subprocess.run(["go", "version"], env=env, capture_output=True, check=False)
    except FileNotFoundError:
        tap.skip(name, "not installed: golang-go")
        return
    tap.ok(version.returncode == 0, version.stdout.decode().strip())
    result = harness.run(["go", "tool", "pprof", "-top", "-cum", "-unit=B", "-nodefraction=0",
                          "-sample_index=inuse_space", path], env)
    rows = {}
    for line in result.out.decode().splitlines():
        words = line.split()
        if len(words) >= 6 and words[-1].startswith("grow_"):
            rows[words[-1].split(".")[0]] = int(words[3].rstrip("B"))
    tap.ok(result.status == 0 and rows.get("grow_big") == GROWN["few"] + GROWN["many"]
           and rows.get("grow_many") == GROWN["many"] + GROWN["small"]
           and rows.get("grow_few") == GROWN["few"], name,
           f"{rows}\n{result.out.decode()}\n{result.err.decode()}")


def program(segments, options):
    env = harness.preloaded(ENV, f"dir={segments}:{options}")
    return running([GROW], "ready", env, subprocess.PIPE)


with harness.Workspace() as work:
    directory = work.segments()
    with program(directory, "stack=16") as (child, _):
        got = check_folded(directory, child.pid, True)
        tap.equal(got.get(("grow_few", "grow_big")), GROWN["few"], "exact: grow_few -> grow_big")
        tap.equal(got.get(("grow_many", "grow_big")), GROWN["many"], "exact: grow_many -> grow_big")
        tap.equal(got.get(("grow_many", "grow_small")), GROWN["small"], "exact: grow_small")
        check_pprof(directory, child.pid, work.join("exact.gz"), True)
        check_go(work.join("exact.gz"), work)
        poolmon("snap", work.join("before.gz"), "--dir", directory)
        child.stdin.write("\n")
        child.stdin.flush()
        tap.ok("ready" in [child.stdout.readline().strip() for _ in range(3)], "it grew again")
        text = poolmon("diff", work.join("before.gz"), child.pid, "--dir", directory, "--json")
        growth = sum(row["delta"]["requested"] for row in harness.json.loads(text.out)["rows"])
        tap.equal(growth, sum(GROWN.values()), "diff of a file and the process: what it grew by")
    with program(directory, "sample=1000") as (child, _):
        got = check_folded(directory, child.pid, False)
        big = got.get(("grow_few", "grow_big"), 0) + got.get(("grow_many", "grow_big"), 0)
        tap.equal(big, GROWN["few"] + GROWN["many"], "sampled: a site's figures are exact")
        tap.ok(abs(got.get(("grow_few", "grow_big"), 0) - GROWN["few"]) <= 20000,
               "sampled: with a sample per block, the stacks nearly so", got)
        profile_read = check_pprof(directory, child.pid, work.join("sampled.gz"), False)
        tap.ok(profile_read["period"] > 1 and len(profile_read["comments"]) == 2,
               "a sampled profile says so", profile_read["comments"])
        os.kill(child.pid, 9)
        child.wait()
        tap.ok(poolmon("--pprof", "--pid", child.pid, "--dir", directory).status == 0,
               "the stacks of a process that was killed are still there")
tap.done()

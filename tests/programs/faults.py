# SPDX-License-Identifier: BSD-2-Clause
"""Real programs of which every call site that allocates fails once: they may fail, the library may not.

Usage: faults.py BLAME-LIBRARY --quick|--full|--whole=LOG NAME.sh [argument...]; called by meson, or by hand with
--whole, which goes on until no site is left, however long that takes: sites that have failed are added to the file
LOG, from which a run that was stopped goes on. With --full the program is skipped in the quick set.

The script of run.py is run again and again; in each round every process it starts has one allocation
fail, at a call site whose turn it is (fault_log=, fault_max=1), until no new site is found or the time is
over. The library is at fault when it prints a report, when a
process crashes in its code, or when its segments cannot be read afterwards. A round that hangs is the
program's own business unless one of its threads stands in the library's code.
"""

import itertools
import math
import os
import pwd
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run as programs

harness = programs.harness

ROUND_SECONDS = 20
QUICK_SECONDS = 8
FULL_SECONDS = 90

# Reports that are right, of what programs do wrong when memory is out.
TRUE_REPORTS = [
    # glibc 2.36: regcomp frees twice when one of its last allocations fails, whatever the allocator.
    r"^pooltag: BAD_POOL_CALLER \(0xC2, 0x7\): double free of block .*, allocated by libc\.so\.6!re_compile_internal\+",
    # OpenSSL 3.0: at exit it frees store loaders twice whose registration failed, lock and all; likewise.
    r"^pooltag: BAD_POOL_CALLER \(0xC2, 0x7\): double free of block .*, allocated by libcrypto\.so\.3!CRYPTO_THREAD_lock_new\+",
]


def lines_of(log):
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def ours(text):
    """What the library is to blame for in a program's stderr."""
    return [
        line
        for line in text.splitlines()
        if re.search(r"^blame: .*libpooltag|^pooltag: .*\(0x|^pooltag: operator new", line)
        and not any(re.search(report, line) for report in TRUE_REPORTS)
    ]


def look(segments):
    """Segments that poolmon refuses, or whose figures do not add up."""
    document = harness.poolmon_json("--dir", segments)
    refused = [entry for entry in document.get("refused", [])]
    return harness.check_rows(document)[:3] + [str(entry) for entry in refused[:3]]


def main():
    blame, which, script = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3])
    programs.skip_unless_full(which)
    seconds = FULL_SECONDS if os.environ.get("POOLTAG_TEST_FULL") == "1" else QUICK_SECONDS
    if which.startswith("--whole="):
        seconds = math.inf
    found = programs.directives(script)
    programs.skip_if_missing(found)
    user = pwd.getpwnam(found["user"][0]) if "user" in found and os.geteuid() == 0 else None
    complaints = []
    failed = hung = done = 0
    end = "until no site was left"
    with harness.Workspace() as space:
        env = programs.environment_of(space, programs.install(space, script))
        command = ["/bin/sh", space.join("bin", "script"), *sys.argv[4:]]
        log = os.path.abspath(which.partition("=")[2] or space.join("sites"))
        with open(log, "a", encoding="utf-8"):
            pass
        os.chmod(log, 0o666)
        started = time.monotonic()
        for done in itertools.count(1):
            before = len(lines_of(log))
            segments = space.segments(user)
            options = f"dir={segments}:keep=1:fault_log={log}:fault_max=1:fault_after={done % 7}"
            library = space.join("bin", "libpooltag.so")
            faulty = harness.preloaded(env, options, f"{library}:{blame}")
            faulty["POOLTAG_SEGMENTS"] = segments
            work = space.directory("work", 0o755, user)
            result = harness.run(command, faulty, ROUND_SECONDS, cwd=work, user=user)
            space.end_strays()
            failed += result.status != 0
            hung += result.timed_out
            complaints += ours(result.err.decode(errors="replace")) + look(segments)
            if complaints or len(lines_of(log)) == before:
                break
            if time.monotonic() - started > seconds:
                end = "until the time was over"
                break
        sites = len(lines_of(log))
    if complaints:
        harness.fail("\n".join(complaints))
    if sites == 0:
        harness.fail("no call site failed")
    print(f"{sites} sites failed in {done} rounds, {end}; the program failed in {failed} of them, "
          f"and did not end in {hung}; the library did nothing wrong")


main()

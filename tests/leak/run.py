# SPDX-License-Identifier: BSD-2-Clause
"""Leak scans of hosts that say themselves what must be found.

Usage: run.py CASE DIRECTORY   DIRECTORY has the hosts; called by meson.
"""

import os
import pwd
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import scan as scans

SHAPES = """plain ring self interior freed list wide tree large aligned guarded reallocated locked mapped annotated
    dead_thread thread_stack thread_register thread_blocking thread_deaf tls_static tls_dynamic
    specific thread_allocating stale_stack context context_mapped context_heap plugin forked
    ending namespace thread_spinning deaf_tls""".split()
CONTAINERS = "vector list shared map array array_of_none".split()

# Where a ring decides by addresses which of its blocks is the definite one.
RINGS = {("containers", "map")}


def host(name):
    return os.path.join(sys.argv[2], name)


def options(segments, *more):
    return ":".join([f"dir={segments}", "keep=1", "leak_check=1", *more])


def expectations(out):
    """pid -> class -> Amount"""
    found = {}
    for line in out.decode().splitlines():
        word, pid, name, blocks, size = line.split()
        if word != "expect":
            harness.fail(f"unexpected output: {line}")
        # The host subtracts in unsigned arithmetic.
        amount = scans.Amount(int(blocks) % 2**64, int(size) % 2**64)
        found.setdefault(int(pid), {})[name] = amount
    return found


def run_host(segments, command, *more, **how):
    env = harness.preloaded(harness.environment(), options(segments, *more))
    result = harness.run(command, env, **how)
    if result.status != 0 or result.err or result.timed_out:
        harness.fail(f"{command}: status {result.status}, timed out: {result.timed_out}\n"
                     + result.err.decode(errors="replace"))
    return result


def lost(scan):
    return tuple(a + b for a, b in zip(scans.total(scan, "definite"),
                                       scans.total(scan, "indirect")))


def complaints_of(scan, expected, ring):
    """What of one process's scan is not as its host says."""
    complaints = []
    if scan.state != "complete":
        return [f"the scan of {scan.pid} is {scan.state}: {scan.reason}"]
    for name in ("definite", "indirect", "possible", "ignored"):
        got, wanted = scans.total(scan, name), expected[name]
        if ring and name in ("definite", "indirect"):
            continue
        if got != wanted:
            where = [(site.function, site.module, tuple(site.classes[name]))
                     for site in scan.sites if site.classes[name].blocks]
            complaints.append(f"{name}: found {tuple(got)}, wanted {tuple(wanted)}: {where}")
    if ring:
        wanted = tuple(a + b for a, b in zip(expected["definite"], expected["indirect"]))
        if lost(scan) != wanted:
            complaints.append(f"lost: found {lost(scan)}, wanted {wanted}")
    kept = scans.total(scan, "reachable")
    if kept.blocks < expected["reachable"].blocks or kept.bytes < expected["reachable"].bytes:
        complaints.append(f"reachable: found {tuple(kept)}, less than {expected['reachable']}")
    return complaints


def check_shape(space, program, shape, variant, *more, before=()):
    """The complaints about one variant of a shape, and the scans of its processes."""
    segments = space.segments()
    result = run_host(segments, [*before, host(program), shape, variant, sys.argv[2]], *more)
    expected = expectations(result.out)
    found = [scan for scan in scans.read_all(segments)
             if scan.pid in expected and scan.end != scans.EXECED]
    complaints = [f"{len(expected)} processes, {len(found)} segments"] * \
        (len(found) != len(expected))
    for scan in found:
        complaints += complaints_of(scan, expected[scan.pid], (program, shape) in RINGS)
    return complaints, found


def case_shapes(space):
    tap = harness.Tap()
    for program, shapes in (("shapes", SHAPES), ("containers", CONTAINERS)):
        for shape in shapes:
            for variant in ("leak", "keep"):
                complaints, _ = check_shape(space, program, shape, variant)
                tap.ok(not complaints, f"{program} {shape} {variant}", "\n".join(complaints))
    tap.done()


def case_verified(space):
    """The same where blocks have guards around them, or wait before they are used again."""
    tap = harness.Tap()
    for more in (["verify=2"], ["special_min=1", "special_max=5000"], ["stack=8"]):
        for shape in ("plain", "interior", "large", "aligned", "guarded", "reallocated", "tls_dynamic"):
            for variant in ("leak", "keep"):
                complaints, _ = check_shape(space, "shapes", shape, variant, *more)
                tap.ok(not complaints, f"{shape} {variant} with {more}", "\n".join(complaints))
    tap.done()


def case_nonpaged(space):
    """The same in the nonpaged pool, whose blocks lie in an arena of their own."""
    tap = harness.Tap()
    rules = space.join("pooltag.txt")
    with open(rules, "w", encoding="ascii") as file:
        file.writelines(f"Key{name[0]}/Nonp - shapes!{name} - locked\n" for name in
                        ("definite", "indirect", "possible", "reachable"))
    for shape in ("plain", "ring", "self", "interior", "large", "locked", "tls_dynamic", "plugin"):
        for variant in ("leak", "keep"):
            complaints, found = check_shape(space, "shapes", shape, variant, f"rules={rules}",
                                            "nonpaged_best_effort=1")
            locked = [site.pool for site in found[0].sites if site.function in scans.CLASSES]
            tap.ok(not complaints and (not locked or set(locked) == {1}), f"{shape} {variant}",
                   "\n".join(complaints) or locked)
    tap.done()


def case_held(space):
    """Threads inside malloc when they are held, and one that cannot be held: no scan may hang."""
    tap = harness.Tap()
    for i in range(10):
        complaints, found = check_shape(space, "shapes", "thread_allocating", "leak")
        tap.ok(not complaints and found[0].threads == 4 and found[0].missed == 0,
               f"4 threads that allocate, run {i}", "\n".join(complaints) or found[0])
    _, found = check_shape(space, "shapes", "thread_deaf", "keep")
    tap.equal((found[0].threads, found[0].missed), (1, 1), "a thread with all signals blocked")
    _, found = check_shape(space, "shapes", "thread_blocking", "keep")
    tap.equal((found[0].threads, found[0].missed), (1, 0), "one that did it by libc")
    tap.done()


# Ends with a scan that takes long enough to be found at it.
LONG_SCAN = "keep = [[str(i) * 4] for i in range(1500000)]"


def scanner_of(process):
    """The scanning child of a process, as soon as there is one; None when it was through before."""
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    while process.poll() is None:
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        if children:
            return int(children[0])
    return None


def stop(pid):
    """Stops a process: False when it is gone."""
    state = ""
    try:
        os.kill(pid, signal.SIGSTOP)
        while state not in ("T", "Z", "X"):
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                state = file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state == "T"


def stopped_scan(space):
    """A process whose scanning child has just been stopped: (process, child, segments)."""
    for _ in range(10):
        segments = space.segments()
        env = harness.preloaded(harness.environment(PYTHONMALLOC="malloc"),
                                options(segments, "leak_stall=2"))
        process = subprocess.Popen(["/usr/bin/python3", "-c", LONG_SCAN], env=env,
                                   stderr=subprocess.PIPE)
        child = scanner_of(process)
        if child is not None and stop(child) and \
                scans.read_all(segments)[0].state == "running":
            return process, child, segments
        process.kill()
        process.communicate()
    harness.fail("no scan could be stopped in ten attempts")


def case_stall(space):
    """A scanning child that does not go on: it is given up, but not if everything was stopped."""
    tap = harness.Tap()
    for together in (False, True):
        process, child, segments = stopped_scan(space)
        if together:
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(4)
            os.kill(child, signal.SIGCONT)
            os.kill(process.pid, signal.SIGCONT)
        err = process.communicate(timeout=60)[1].decode()
        scan = scans.read_all(segments)[0]
        reason = "" if together else "the scanning process made no progress (option leak_stall)"
        line = f"pooltag: the leak check could not be performed: {reason}\n" if reason else ""
        tap.equal((process.returncode, scan.state, scan.reason, err),
                  (0, "complete" if together else "failed", reason, line),
                  "both stopped" if together else "the child stopped")
        tap.ok(not os.path.exists(f"/proc/{child}"), "the child is gone")
    tap.done()


# --- where a scan must work ----------------------------------------------------------------------


def check_places(tap, name, space, result, segments):
    found = [scan for scan in scans.read_all(segments) if scan.end != scans.EXECED]
    complaints = [] if result.status == 0 else [f"status {result.status}: {result.err.decode()}"]
    for scan in found:
        if scan.state != "complete" or scans.total(scan, "definite").blocks != 1:
            complaints.append(f"{scan.state} {scan.reason} {scans.total(scan, 'definite')}")
    tap.ok(not complaints and found, name, "\n".join(complaints) or "no segment")


def first_processor():
    return str(min(os.sched_getaffinity(0)))


def case_places(space):
    tap = harness.Tap()
    leak = [host("shapes"), "plain", "leak"]

    def environment(segments, **more):
        return harness.preloaded(harness.environment(**more), options(segments))

    nobody = pwd.getpwnam("nobody")
    segments = space.segments(nobody)
    result = harness.run(leak, environment(segments), user=nobody)
    check_places(tap, "as an unprivileged user", space, result, segments)

    segments = space.segments()
    result = harness.run(["timeout", "20", *leak], environment(segments))
    leaks = [s for s in scans.read_all(segments) if s.path and scans.total(s, "definite").blocks]
    tap.ok(result.status == 0 and len(leaks) == 1, "under timeout", result)

    segments = space.segments()
    result = harness.run(["sh", "-c", 'exec "$@" <&-', "sh", *leak], environment(segments))
    check_places(tap, "with stdin closed", space, result, segments)

    segments = space.segments()
    closed = 'exec "$@" <&- >/dev/null 2>&-'
    result = harness.run(["sh", "-c", closed, "sh", *leak], environment(segments))
    check_places(tap, "with stderr closed", space, result, segments)

    segments = space.segments()
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
    probe = harness.run([*unshare, "true"])
    if probe.status == 0:
        env = "LD_PRELOAD=" + harness.library()
        inner = ["env", env, "POOLTAG_OPTIONS=" + options(segments), *leak]
        # No capability at all is left inside.
        result = harness.run([*unshare, "setpriv", "--bounding-set=-all", "--inh-caps=-all",
                              *inner])
        check_places(tap, "in a user and pid namespace without capabilities", space, result,
                     segments)
    else:
        tap.skip("in a user namespace", "unshare: " + probe.err.decode().strip())

    read_only = ["unshare", "--mount", "sh", "-c",
                 'mount -o remount,bind,ro / && ! touch /x 2>&- && exec "$@"', "sh"]
    probe = harness.run([*read_only, "true"])
    if probe.status == 0:
        segments = space.segments()
        result = harness.run([*read_only, "env", "LD_PRELOAD=" + harness.library(),
                              "POOLTAG_OPTIONS=" + options(segments), *leak])
        check_places(tap, "on a read-only file system", space, result, segments)
    else:
        tap.skip("on a read-only file system", "mount: " + probe.err.decode().strip())

    # As with ptrace_scope 3: nothing may look into another process, not even a parent into a child.
    segments = space.segments()
    result = harness.run([host("forbid"), "env", "LD_PRELOAD=" + harness.library(),
                          "POOLTAG_OPTIONS=" + options(segments), *leak])
    check_places(tap, "where ptrace and process_vm_readv are forbidden", space, result, segments)

    # A large heap is read by several threads, where they may be made and there are processors.
    for name, before in (("by several threads", []), ("where no thread may be made", [host("forbid")]),
                         ("on one processor", ["taskset", "--cpu-list", first_processor()])):
        complaints, found = check_shape(space, "shapes", "tree", "keep", before=before)
        tap.ok(not complaints, f"a large heap {name}", "\n".join(complaints) or found)

    # The result needs no file, only the report does.
    env = harness.preloaded(harness.environment(), "dir=/nonexistent/nowhere")
    result = harness.run([host("asking"), "check"], env)
    tap.ok(result.status == 23 and b"SUMMARY" in result.err, "without any segment", result)
    tap.done()


# --- what programs ask themselves ----------------------------------------------------------------


def case_asking(space):
    tap = harness.Tap()
    env = harness.preloaded(harness.environment())
    result = harness.run([host("asking"), "check"], env)
    text = result.err.decode()
    tap.equal(result.status, 23, "__lsan_do_leak_check ends with LeakSanitizer's status")
    tap.ok("55 bytes in 1 block definitely lost" in text and "loud" in text, "and says the site",
           text)
    tap.ok("quiet" not in text and re.search(
        r"SUMMARY: 55 byte\(s\) leaked in 1 allocation\(s\), besides 1 suppressed", text),
        "but what the program suppresses is only counted", text)
    result = harness.run([host("asking"), "check"],
                         harness.preloaded(harness.environment(LSAN_OPTIONS="exitcode=7")))
    tap.equal(result.status, 7, "LSAN_OPTIONS=exitcode=")
    result = harness.run([host("asking"), "check"],
                         harness.preloaded(harness.environment(LSAN_OPTIONS="detect_leaks=0")))
    tap.equal((result.status, result.err), (0, b""), "LSAN_OPTIONS=detect_leaks=0")

    file = space.join("suppressions")
    with open(file, "w", encoding="ascii") as out:
        out.write("# all of it\nleak:^lo*_site$\n")
    result = harness.run([host("asking"), "check"], harness.preloaded(
        harness.environment(LSAN_OPTIONS=f"suppressions={file}")))
    tap.equal((result.status, result.err), (0, b""), "LSAN_OPTIONS=suppressions=")
    result = harness.run([host("asking"), "check"], harness.preloaded(
        harness.environment(LSAN_OPTIONS="suppressions=/nonexistent")))
    tap.ok(result.status == 23 and b"/nonexistent" in result.err, "a file that is not there",
           result)

    result = harness.run([host("asking"), "recover"], env)
    tap.equal((result.status, result.err.count(b"SUMMARY")), (0, 2), "the recoverable check goes on")
    result = harness.run([host("asking"), "api"], env)
    tap.equal((result.status, result.err), (0, b""), "pooltag_leak_check")

    segments = space.segments()
    result = harness.run([host("asking"), "check"], harness.preloaded(
        harness.environment(), options(segments)))
    found = scans.read_all(segments)
    tap.equal((result.status, found[0].state, found[0].trigger), (0, "complete", 2),
              "with leak_check=1 the check is in the segment and the program goes on")
    tap.equal(found[0].suppressions, "leak:quiet*site\n", "with what the program suppresses")

    segments = space.segments()
    result = harness.run([host("asking"), "off"], harness.preloaded(
        harness.environment(LSAN_OPTIONS="detect_leaks=0"), options(segments)))
    tap.equal((result.status, scans.read_all(segments)[0].state), (0, "off"), "a check not wanted")
    tap.done()


def case_forks(space):
    """A child of a process that is being scanned has locks that nobody in it holds, ours and glibc's."""
    tap = harness.Tap()
    result = harness.run([host("forks")], harness.preloaded(harness.environment()), timeout=270)
    tap.equal((result.status, result.out, result.err), (0, b"100 children\n", b""),
              "forks while another thread scans, and scans in the children")
    tap.done()


def case_request(space):
    """A word in the segment is noticed by a process that allocates, and a signal wakes one that sleeps."""
    tap = harness.Tap()
    busy = ["perl", "-e", 'while (1) { $x = "a" x (1000 + rand(100000)) }']
    for name, command, more in (("busy", busy, ""), ("asleep", ["sleep", "60"], ":leak_signal=40")):
        segments = space.segments()
        env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1{more}")
        child = subprocess.Popen(command, env=env)
        try:
            until = time.monotonic() + 30
            while not os.listdir(segments) and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.1)  # for the handler
            number, served = scans.ask(os.path.join(segments, os.listdir(segments)[0]))
            if number:
                os.kill(child.pid, number)
            while not served() and time.monotonic() < until:
                time.sleep(0.01)
            scan = scans.read_all(segments)[0]
            tap.equal((served(), scan.state, scan.trigger, child.poll()),
                      (True, "complete", 3, None), name)
        finally:
            child.kill()
            child.wait()
    tap.done()


def main():
    with harness.Workspace() as space:
        globals()["case_" + sys.argv[1]](space)


main()

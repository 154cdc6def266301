# SPDX-License-Identifier: BSD-2-Clause
"""Runs one real program with and without the library and compares what it does.

Usage: run.py [--options OPTIONS --quick|--full] NAME.sh [argument...]; called by meson, once per program.
OPTIONS are more of the library's, key=value:key=value; with --full the program is skipped in the quick set.

A program is a shell script that drives it in an empty directory. Comment lines at its top say what
it needs:

    # requires: COMMAND[=PACKAGE]...  skipped when one is not installed
    # files: PATH=PACKAGE...          likewise, for files
    # exe: NAME...                    executables (expressions) that must have left a segment
    # user: NAME                      runs as this user when we are root
    # timeout: SECONDS                for each of the two runs (default 60)
    # varies: /REGEX/TEXT/ REASON     replaced in the output of both runs before they are compared

The script sees $PORT (a free loopback port), $SOURCE (this tree), and the command
`check-rows PID MODULE`, which asks poolmon about a live process. Everything the script starts, its
own shell included, runs under the library in the second run.
"""

import difflib
import os
import pwd
import re
import shutil
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

CHECK_ROWS = """#!/bin/sh
# Does nothing in the run without the library; otherwise looks at process $1 from outside of it.
test -n "$POOLTAG_SEGMENTS" || exit 0
unset LD_PRELOAD POOLTAG_OPTIONS
exec /usr/bin/python3 '{bin}/check_rows.py' "$POOLTAG_SEGMENTS" "$@"
"""


def directives(script):
    """The comment lines at the top of a script as {key: [text, ...]}."""
    found = {}
    with open(script, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                break
            match = re.match(r"# (requires|files|exe|user|timeout|varies): (.*)", line)
            if match:
                found.setdefault(match[1], []).append(match[2].strip())
    return found


def words(found, key):
    return " ".join(found.get(key, [])).split()


def skip_if_missing(found):
    missing = []
    for word in words(found, "requires"):
        command, _, package = word.partition("=")
        if not shutil.which(command, path=harness.PATH):
            missing.append(package or command)
    for word in words(found, "files"):
        path, _, package = word.partition("=")
        if not os.path.exists(path):
            missing.append(package)
    if missing:
        harness.skip(f"not installed: {' '.join(missing)}")


def skip_unless_full(which):
    if which == "--full" and os.environ.get("POOLTAG_TEST_FULL") != "1":
        harness.skip("only with ./run-tests --full")


def substitutions(found):
    pairs = []
    for text in found.get("varies", []):
        match = re.fullmatch(r"/((?:[^/\\]|\\.)+)/((?:[^/\\]|\\.)*)/ (.+)", text)
        if not match:
            harness.fail(f"bad line '# varies: {text}': want /REGEX/TEXT/ REASON")
        pairs.append((re.compile(match[1].replace("\\/", "/"), re.MULTILINE), match[2]))
    return pairs


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def install(space, script):
    """Puts what the script needs where any user can read it: the tree may be in a private place."""
    bin_dir = space.directory("bin", 0o755)
    here = os.path.dirname(os.path.abspath(__file__))
    tested = {"libpooltag.so": harness.library(), "poolmon": harness.poolmon()}
    ours = {
        "check_rows.py": os.path.join(here, "check_rows.py"),
        "harness.py": harness.__file__,
        "script": script,
    }
    for name, source in {**tested, **ours}.items():
        shutil.copy(source, os.path.join(bin_dir, name))
        os.chmod(os.path.join(bin_dir, name), 0o755)
    wrapper = os.path.join(bin_dir, "check-rows")
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write(CHECK_ROWS.format(bin=bin_dir))
    os.chmod(wrapper, 0o755)
    return bin_dir


def normalised(raw, pairs):
    text = raw.decode(errors="backslashreplace")
    for pattern, replacement in pairs:
        text = pattern.sub(replacement, text)
    return text


def compare(what, plain, tagged):
    if plain == tagged:
        return []
    return [f"{what} differs under the library:"] + list(
        difflib.unified_diff(
            plain.splitlines(), tagged.splitlines(), "without", "with", lineterm="", n=2
        )
    )[:60]


def check_segments(segments, found):
    """Every executable named by `# exe:` has been counted, and poolmon can show all of them."""
    complaints = []
    headers = harness.read_headers(segments)
    by_exe = {os.path.basename(header.exe): header for header in headers}
    for name in words(found, "exe"):
        shown = [header for exe, header in by_exe.items() if re.fullmatch(name, exe)]
        if not shown:
            complaints.append(f"no segment of {name}; there are: {' '.join(sorted(by_exe))}")
        for header in shown:
            document = harness.poolmon_json("--dir", segments, "--pid", header.pid)
            complaints += harness.check_rows(document)[:5]
            if harness.sums(document)[0] <= 0:
                complaints.append(f"no allocation of {header.exe} was counted")
    document = harness.poolmon_json("--dir", segments)
    paths = {os.path.basename(process["segment"]) for process in document["processes"]}
    if paths != {os.path.basename(header.path) for header in headers}:
        complaints.append(f"{len(headers)} segments, but poolmon shows {len(paths)} of them")
    return complaints


def environment_of(space, bin_dir):
    """What a script of ours sees, without the library."""
    return harness.environment(
        PATH=f"{bin_dir}:{harness.PATH}",
        SOURCE=harness.SOURCE,
        PORT=str(free_port()),
        HOME=space.join("work"),
        TMPDIR=space.join("work"),
        TERM="dumb",
        POOLTAG_TEST_POOLMON=os.path.join(bin_dir, "poolmon"),
        POOLTAG_TEST_LIBRARY=os.path.join(bin_dir, "libpooltag.so"),
    )


def main():
    arguments = sys.argv[1:]
    options = ""
    if arguments[0] == "--options":
        options = ":" + arguments[1]
        skip_unless_full(arguments[2])
        arguments = arguments[3:]
    script = os.path.abspath(arguments[0])
    found = directives(script)
    skip_if_missing(found)
    pairs = substitutions(found)
    timeout = int((found.get("timeout") or ["60"])[0])
    user = None
    if "user" in found and os.geteuid() == 0:
        user = pwd.getpwnam(found["user"][0])

    with harness.Workspace() as space:
        bin_dir = install(space, script)
        env = environment_of(space, bin_dir)
        command = ["/bin/sh", os.path.join(bin_dir, "script"), *arguments[1:]]

        def go(environment):
            work = space.directory("work", 0o755, user)
            result = harness.run(command, environment, timeout, cwd=work, user=user)
            space.end_strays()
            return result

        plain = go(env)
        if plain.timed_out or plain.status != 0 or not plain.out:
            harness.fail(
                f"without the library: status {plain.status}, timed out: {plain.timed_out}, "
                f"{len(plain.out)} bytes of output (wanted: 0, False, some)\n"
                + plain.out.decode(errors="replace")
                + plain.err.decode(errors="replace")
            )
        segments = space.segments(user)
        tagged = go(
            dict(
                harness.preloaded(
                    env, f"dir={segments}:keep=1{options}", os.path.join(bin_dir, "libpooltag.so")
                ),
                POOLTAG_SEGMENTS=segments,
            )
        )
        complaints = ["hangs under the library"] if tagged.timed_out else []
        if tagged.status != plain.status:
            complaints.append(f"exit status {tagged.status} under the library, {plain.status} else")
        complaints += compare("stdout", normalised(plain.out, pairs), normalised(tagged.out, pairs))
        complaints += compare("stderr", normalised(plain.err, pairs), normalised(tagged.err, pairs))
        complaints += check_segments(segments, found)
    if complaints:
        harness.fail("\n".join(complaints))
    print(f"same output, {len(plain.out)} bytes, and status with and without the library")


if __name__ == "__main__":
    main()

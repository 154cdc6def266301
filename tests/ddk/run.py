# SPDX-License-Identifier: BSD-2-Clause
"""run.py [--all-levels] BUILD SOURCE... - builds a driver's test with every compiler and runs it.

The flags are those of pooltag-ddk.pc. Each program writes TAP; this writes one line per build, and
what it said when it failed. A program's bug checks are cases of its own, see bugcheck() in ddk.h.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import harness  # noqa: E402  pylint: disable=wrong-import-position

COMPILERS = {
    "gcc C": ["gcc", "-std=gnu17"],
    "clang C": ["clang-14", "-std=gnu17"],
    "gcc C++": ["g++", "-x", "c++"],
    "clang C++": ["clang++-14", "-x", "c++"],
}
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def ddk_flags(build):
    """The compiler flags of the pkg-config file, with the headers of this tree."""
    env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(build, "meson-private"))
    text = subprocess.run(["pkg-config", "--cflags", "pooltag-ddk"], env=env, check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    flags = [flag for flag in text.split() if not flag.startswith("-I")]
    return flags + ["-I", os.path.join(harness.SOURCE, "include/pooltag/ddk")]


def build_program(compiler, optimise, sources, program, flags):
    command = COMPILERS[compiler] + [optimise, "-g", *WARNINGS, *flags, *sources, "-o", program]
    library = harness.library()
    if "++" in compiler:
        command += ["-x", "none"]
    command += [library, f"-Wl,-rpath,{os.path.dirname(library)}", "-lpthread"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)


def main():
    levels = ("-O2",)
    # The headers turn optimisation off for drivers: what depends on it is __try and its kin.
    if sys.argv[1] == "--all-levels":
        levels = ("-O0", "-O2", "-O3")
        del sys.argv[1]
    build, sources = sys.argv[1], sys.argv[2:]
    flags = ddk_flags(build)
    tap = harness.Tap()
    with harness.Workspace() as space:
        env = harness.environment(POOLTAG_OPTIONS=f"dir={space.segments()}")
        for compiler in COMPILERS:
            for optimise in levels:
                name = f"{compiler} {optimise}"
                program = space.join("program")
                done = build_program(compiler, optimise, sources, program, flags)
                if not tap.ok(done.returncode == 0, f"{name}: built", done.stdout):
                    continue
                result = harness.run([program], env, 60)
                out = result.out.decode(errors="backslashreplace")
                lines = re.findall(r"^(?:not )?ok ", out, re.MULTILINE)
                plan = re.search(r"^1\.\.(\d+)$", out, re.MULTILINE)
                failed = [line for line in out.splitlines() if not line.startswith("ok ")]
                tap.ok(result.status == 0 and plan and int(plan[1]) == len(lines) > 0,
                       f"{name}: {len(lines)} tests",
                       "\n".join(failed) + f"\nstatus {result.status}, hangs: {result.timed_out}\n"
                       + result.err.decode(errors="backslashreplace"))
    tap.done()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: BSD-2-Clause
"""Do Meson and CTest run their tests under `poolmon check` as docs/leak-check.md says?

Usage: tools.py meson|ctest; writes TAP. A project of two tests, of which one leaks, is configured,
built and tested with the real tool and the files of docs/ci/.
"""

import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

SOURCE = """#include <stdlib.h>
int main(int argc, char **argv)
{
	void *volatile block = malloc(123);

	(void)argv;
	if (argc > 1)
		free(block);
	block = NULL;
	return 0;
}
"""
MESON = """project('p', 'c')
exe = executable('tested', 'tested.c')
test('leaky', exe)
test('clean', exe, args: 'x')
"""
CMAKE = """cmake_minimum_required(VERSION 3.16)
project(p C)
include(CTestMemcheck.cmake)
include(CTest)
add_executable(tested tested.c)
add_test(NAME leaky COMMAND tested)
add_test(NAME clean COMMAND tested x)
"""


class Project:
    def __init__(self, tap, space):
        self.tap, self.path = tap, space.directory("project")
        self.build = os.path.join(self.path, "build")
        self.segments = space.segments()
        self.env = harness.environment(
            PATH=f"{os.path.dirname(harness.poolmon())}:{harness.PATH}", CFLAGS="-g -O0 -fno-builtin",
            POOLTAG_LIBRARY=harness.library(), POOLTAG_OPTIONS=f"dir={self.segments}", HOME=self.path)
        self.write("tested.c", SOURCE)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *command, cwd=None, wanted=0):
        result = harness.run(command, self.env, 120, cwd=cwd or self.path)
        text = result.out.decode() + result.err.decode()
        self.tap.ok(result.status == wanted if wanted is not None else result.status > 0,
                    " ".join(command[:4]), f"status {result.status}\n{text}")
        return text


def meson(project):
    project.write("meson.build", MESON)
    project.run("meson", "setup", project.build)
    project.run("ninja", "-C", project.build)
    project.run("meson", "test", "-C", project.build, "--no-rebuild")
    project.run("meson", "test", "-C", project.build, "--no-rebuild", "--wrap",
                "poolmon check --junit=%e.%p.xml --", wanted=1)
    with open(os.path.join(project.build, "meson-logs/testlog-poolmon.json"), encoding="utf-8") as file:
        tests = {t["name"]: t for t in map(json.loads, file)}
    project.tap.equal({n: (t["result"], t["returncode"]) for n, t in tests.items()},
                      {"leaky": ("FAIL", 23), "clean": ("OK", 0)}, "meson: the leaky test fails, with 23")
    project.tap.ok("definite: 123 bytes in 1 block" in tests["leaky"].get("stderr", ""),
                   "meson: its log has the report", tests["leaky"])
    files = [f for f in os.listdir(project.build) if re.fullmatch(r"tested\.\d+\.xml", f)]
    project.tap.equal(len(files), 2, "a report for each test")


def ctest(project):
    project.write("CMakeLists.txt", CMAKE)
    for name in ("CTestMemcheck.cmake", "poolmon-memcheck"):
        shutil.copy(os.path.join(harness.SOURCE, "docs/ci", name), project.path)
    project.run("cmake", "-B", project.build)
    project.run("cmake", "--build", project.build)
    text = project.run("ctest", "-T", "memcheck", cwd=project.build, wanted=None)
    project.tap.ok(re.search(r"MemCheck #1: leaky .*\*\*\*Failed", text) and
                   re.search(r"MemCheck #2: clean .*(Passed|Defects: 0)", text),
                   "ctest: the leaky test fails, the other does not", text)
    project.tap.ok(re.search(r"Memory Leak - 1$", text, re.M), "ctest: a defect is counted", text)
    logs = os.path.join(project.build, "Testing/Temporary")
    found = [f for f in os.listdir(logs) if f.startswith("MemoryChecker.")]
    reports = {f: open(os.path.join(logs, f), encoding="utf-8").read() for f in found}
    project.tap.ok(any("definite: 123 bytes in 1 block" in t for t in reports.values()),
                   "ctest: its log has the report", reports)


def main():
    tool = sys.argv[1]
    if not shutil.which(tool, path=harness.PATH):
        harness.skip(f"{tool} is not installed")
    tap = harness.Tap()
    with harness.Workspace() as space:
        {"meson": meson, "ctest": ctest}[tool](Project(tap, space))
    tap.done()


main()

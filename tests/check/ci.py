# SPDX-License-Identifier: BSD-2-Clause
"""Does what docs/ shows for CI work when it is pasted?

Usage: ci.py github|gitlab|make|pytest|cargo; writes TAP. The commands are taken out of the files: the
steps of the workflow and of the pipeline by a YAML parser, those for pytest, cargo and make out of the
code of docs/leak-check.md. They run in a project of a few files, once with a leak and once without.
"""

import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

DOCS = os.path.join(harness.SOURCE, "docs")

PROGRAM = """#include <stdlib.h>
int main(void)
{
	void *volatile block = malloc(123); /* the line */

	if (!LEAKS)
		free(block);
	block = NULL;
	return 0;
}
"""
MAKEFILE = """tested: tested.c
	$(CC) $(CFLAGS) -fno-builtin -o $@ $<
test: tested
	./tested
"""
EXTENSION = """#include <stdlib.h>
void *volatile block;
void work(void)
{
	block = malloc(123);
	if (!LEAKS)
		free((void *)block);
	block = NULL;
}
"""
PYTEST = """import ctypes

def test_work():
    ctypes.CDLL("./libwork.so").work()
"""
CARGO = """[package]
name = "tested"
version = "0.1.0"
edition = "2021"
"""
RUST = """#[test]
fn work() {
    let block = vec![7u8; 123];
    assert_eq!(block[5], 7);
    if LEAKS { std::mem::forget(block); }
}
"""


class Project:
    """A directory like a fresh checkout, and the environment of a job."""

    def __init__(self, tap, space, leaks):
        self.tap, self.leaks = tap, leaks
        self.name = "with a leak" if leaks else "without"
        self.path = space.directory("leaky" if leaks else "clean")
        tools = space.directory("tools-" + os.path.basename(self.path))
        self.installed = os.path.join(tools, "installed")
        # What a job installs is there already, and the test looks whether it would have been.
        self.write(os.path.join(tools, "apt-get"), f'#!/bin/sh\necho "$@" >> {self.installed}\n')
        os.chmod(os.path.join(tools, "apt-get"), 0o755)
        self.env = harness.environment(
            PATH=f"{tools}:{os.path.dirname(harness.poolmon())}:{harness.PATH}", HOME=self.path,
            POOLTAG_LIBRARY=harness.library(), POOLTAG_OPTIONS=f"dir={space.segments()}",
            GITHUB_STEP_SUMMARY=os.path.join(self.path, "summary.md"))

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def source(self, name, text):
        word = {True: "true", False: "false"} if name.endswith(".rs") else {True: "1", False: "0"}
        self.write(name, text.replace("LEAKS", word[self.leaks]))

    def run(self, script, wanted, name, shell=("bash", "-e")):
        self.write("../script", script)
        result = harness.run([*shell, "../script"], self.env, 280, cwd=self.path)
        self.text = result.out.decode() + result.err.decode()
        self.tap.ok(result.status == wanted, f"{self.name}: {name}",
                    f"status {result.status}, not {wanted}\n{script}\n{self.text}")
        return result

    def program(self):
        self.source("tested.c", PROGRAM)
        self.write("Makefile", MAKEFILE)
        self.write("leaks.supp", "leak:nowhere\n")
        self.write("leaks.baseline", "# poolmon baseline 1\n")


def load(name):
    try:
        import yaml
    except ImportError:
        harness.skip("python3-yaml is not installed")
    with open(os.path.join(DOCS, "ci", name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def commands(heading):
    """The lines of the first block of code under a heading, without comments."""
    with open(os.path.join(DOCS, "leak-check.md"), encoding="utf-8") as file:
        text = file.read()
    block = text[text.index(f"## {heading}"):].split("```sh\n")[1].split("```")[0]
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def line_of(text, part):
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def github(project):
    project.program()
    job = load("github.yml")["jobs"]["leaks"]
    steps = {step.get("name", step.get("uses")): step for step in job["steps"]}
    project.run(steps["Build"]["run"], 0, "the step Build")
    project.tap.ok("install -y gcc make" in project.read(project.installed), "it installs what it uses")
    out = project.run(steps["Check for leaks"]["run"], 23 if project.leaks else 0,
                      "the step Check for leaks").out.decode()
    line = line_of(PROGRAM, "the line")
    project.tap.equal(f"::error file=tested.c,line={line}," in out, project.leaks,
                      f"{project.name}: an annotation of the line")
    project.tap.equal("definite" in project.read("summary.md"), project.leaks,
                      f"{project.name}: the job's summary")
    upload = steps["Code scanning"]
    sarif = json.loads(project.read(upload["with"]["sarif_file"]))
    project.tap.equal([r["ruleId"] for r in sarif["runs"][0]["results"]],
                      ["leak/definite"] * project.leaks, f"{project.name}: the file that is uploaded")
    project.tap.ok(upload["if"] == "always()" and
                   job["permissions"].get("security-events") == "write",
                   "uploaded even when the check fails, which is permitted")


def gitlab(project):
    project.program()
    job = load("gitlab.yml")["leaks"]
    project.run("\n".join(job["script"]), 23 if project.leaks else 0, "the script",
                shell=("bash", "-eo", "pipefail"))
    project.tap.ok("install -y gcc make" in project.read(project.installed), "it installs what it uses")
    project.tap.equal("definite: 123 bytes in 1 block" in project.text, project.leaks,
                      f"{project.name}: the log has the report")
    artifacts = job["artifacts"]
    suite = xml.etree.ElementTree.fromstring(project.read(artifacts["reports"]["junit"]))
    project.tap.equal(len(suite.findall(".//failure")), int(project.leaks),
                      f"{project.name}: JUnit's XML")
    project.tap.ok(artifacts["when"] == "always" and
                   all(project.read(path) for path in artifacts["paths"]), "artifacts are kept")


def make(project):
    project.program()
    project.run(commands("pytest, cargo")[2], 23 if project.leaks else 0, "make test")
    project.tap.equal("definite: 123 bytes in 1 block" in project.text, project.leaks,
                      f"{project.name}: the report")


def pytest(project):
    if harness.run(["python3", "-m", "pytest", "--version"], project.env).status != 0:
        harness.skip("python3-pytest is not installed")
    project.source("work.c", EXTENSION)
    project.write("tests/test_work.py", PYTEST)
    project.run("gcc -g -fno-builtin -shared -fPIC -o libwork.so work.c", 0, "an extension")
    project.run(commands("pytest, cargo")[0], 23 if project.leaks else 0, "pytest")
    project.tap.ok("1 passed" in project.text, "the test itself passes", project.text)
    project.tap.equal(re.findall(r"^definite: (\d+ bytes in \d+ blocks?),", project.text, re.M),
                      ["123 bytes in 1 block"] * project.leaks, f"{project.name}: the report")


def cargo(project):
    if not shutil.which("cargo", path=harness.PATH):
        harness.skip("cargo is not installed")
    project.write("Cargo.toml", CARGO)
    project.source("src/main.rs", "fn main() {}\n\n" + RUST)
    # Cargo ends with a status of its own when a test program fails.
    result = project.run(commands("pytest, cargo")[1], 23 if project.leaks else 0, "cargo test")
    project.tap.ok(b"1 passed" in result.out, "the test itself passes", project.text)
    project.tap.equal(re.findall(r"^definite: (\d+ bytes in \d+ blocks?),", project.text, re.M),
                      ["123 bytes in 1 block"] * project.leaks, f"{project.name}: the report")


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        for leaks in (True, False):
            globals()[sys.argv[1]](Project(tap, space, leaks))
    tap.done()


main()

# SPDX-License-Identifier: BSD-2-Clause
"""Do the reports of `poolmon check` fit their schemas, and say the same?

Usage: reports.py LEAKS; writes TAP. The schemas beside this file are what the formats' own schemas ask
of the parts that poolmon writes, and allow nothing else.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import harness

try:
    import jsonschema
except ImportError:
    harness.skip("python3-jsonschema is not installed")
if not shutil.which("xmllint"):
    harness.skip("xmllint (libxml2-utils) is not installed")

FORMATS = ("text", "json", "junit", "sarif", "github", "markdown")


class Reports:
    def __init__(self, tap, space, leaks):
        self.tap, self.space, self.leaks = tap, space, leaks
        self.segments = space.segments()

    def make(self, name, *words, cwd=harness.SOURCE):
        """All reports of one check, as texts."""
        self.name = name
        paths = {kind: self.space.join(f"{kind}.{name}") for kind in FORMATS}
        command = [harness.poolmon(), "check", "--dir", self.segments,
                   *(f"--{kind}={path}" for kind, path in paths.items()), *words]
        self.result = harness.run(command, harness.environment(POOLTAG_LIBRARY=harness.library()), 60,
                                  cwd=cwd)
        self.texts = {}
        for kind, path in paths.items():
            with open(path, encoding="utf-8") as file:
                self.texts[kind] = file.read()
        self.junit_path = paths["junit"]
        self.json = json.loads(self.texts["json"])
        self.sarif = json.loads(self.texts["sarif"])
        self.validate()

    def validate(self):
        for kind, document in (("json", self.json), ("sarif", self.sarif)):
            with open(os.path.join(HERE, f"{kind}.schema.json"), encoding="utf-8") as file:
                schema = json.load(file)
            errors = [f"{list(e.path)}: {e.message[:200]}"
                      for e in jsonschema.Draft7Validator(schema).iter_errors(document)]
            self.tap.ok(not errors, f"{self.name}: {kind} fits its schema", "\n".join(errors[:5]))
        done = subprocess.run(["xmllint", "--noout", "--schema", os.path.join(HERE, "junit.xsd"),
                               self.junit_path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        self.tap.ok(done.returncode == 0, f"{self.name}: junit fits its schema", done.stdout)
        suite = xml.etree.ElementTree.parse(self.junit_path).find("testsuite")
        for attribute, path in (("tests", "testcase"), ("failures", "testcase/failure"),
                                ("errors", "testcase/error"), ("skipped", "testcase/skipped")):
            self.tap.equal(int(suite.get(attribute)), len(suite.findall(path)),
                           f"{self.name}: junit counts its {attribute}")
        self.tap.equal(self.texts["text"].splitlines()[-1], self.json["summary"],
                       f"{self.name}: text and JSON sum up alike")

    def counting(self):
        return [f for f in self.json["findings"] if f["status"] == "counts"]


def commands(text):
    """GitHub's workflow commands as (command, {property: value}, message), decoded as GitHub does."""
    for line in text.splitlines():
        command, properties, message = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", line).groups()
        pairs = [p.partition("=") for p in (properties or "").split(",") if p]
        yield command, {k: urllib.parse.unquote(v) for k, _, v in pairs}, urllib.parse.unquote(message)


def leaky(reports):
    tap = reports.tap
    reports.make("leaks", "--", reports.leaks, "definite", "3", "indirect", "possible")
    with open(os.path.join(HERE, "leaks.c"), encoding="utf-8") as file:
        source = file.read().splitlines()
    where = {(p["file"], int(p["line"])) for c, p, _ in commands(reports.texts["github"]) if c == "error"}
    tap.ok(where and all(file == "tests/check/leaks.c" and "malloc" in source[line - 1]
                         for file, line in where), "github: the lines are those of the malloc", where)
    tap.equal(len([c for c, *_ in commands(reports.texts["github"]) if c == "error"]),
              len(reports.counting()), "github: an error per place")
    results = reports.sarif["runs"][0]["results"]
    tap.equal(len([r for r in results if r["level"] == "error"]), len(reports.counting()),
              "sarif: a result per place")
    place = results[0]["locations"][0]["physicalLocation"]
    tap.equal(place["artifactLocation"], {"uri": "tests/check/leaks.c", "uriBaseId": "%SRCROOT%"},
              "sarif: files are relative to the source")
    fingerprints = [r["partialFingerprints"]["poolmonPlace/v1"] for r in results]
    reports.make("again", "--", reports.leaks, "definite", "3", "indirect", "possible", "keep")
    tap.equal(sorted(r["partialFingerprints"]["poolmonPlace/v1"]
                     for r in reports.sarif["runs"][0]["results"]), sorted(fingerprints),
              "sarif: a second run has the same fingerprints")
    rows = [line for line in reports.texts["markdown"].splitlines() if line.startswith("| ")]
    tap.ok(all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows) and
           len(rows) == len(reports.counting()) + 1, "markdown: a row per place", rows)


def others(reports):
    tap = reports.tap
    supp = reports.space.join("supp")
    with open(supp, "w", encoding="utf-8") as file:
        file.write('leak:main # "quoted" <&> \\ text\n')
    reports.make("suppressed", f"--suppressions={supp}", "--", reports.leaks, "definite")
    result = reports.sarif["runs"][0]["results"][0]
    tap.equal(result["suppressions"], [{"kind": "external", "justification": '"quoted" <&> \\ text'}],
              "sarif: a suppressed result says so")
    tap.equal(result["message"]["text"][:9], "definite:", "and what it is")
    reports.make("unchecked", "--", reports.leaks, "fork", "definite", "1", "_exit", "0")
    tap.equal(reports.json["counts"], {"checked": 1, "unchecked": 1, "failed": 0}, "json: counts")
    reports.make("failed", "--wait=0", "--", reports.leaks, "orphan")
    tap.equal(reports.sarif["runs"][0]["invocations"][0]["executionSuccessful"], False,
              "sarif: a check that could not be made")
    reports.make("budget", "--budget=*=1", "--", reports.leaks, "budget", "5000")
    tap.ok(any(p.get("title") == "Over budget" for _, p, _ in commands(reports.texts["github"])),
           "github: a budget")
    reports.make("peak", "--peak-budget=*=1000", "--", reports.leaks, "peak", "5000")
    for kind in ("text", "github", "markdown", "junit", "sarif"):
        tap.ok("bytes in use at once in a process" in reports.texts[kind], f"{kind}: a peak budget",
               reports.texts[kind])
    reports.make("doubt", "--peak-budget=*=1500000", "--", reports.leaks, "peak", "1000000", "again",
                 "1000000")
    for kind in ("text", "github", "markdown", "junit", "sarif"):
        tap.ok("in no process were more than" in reports.texts[kind], f"{kind}: a doubt",
               reports.texts[kind])
    reports.make("hostile", "--budget=]]><&\"'*=1", "--", "sh", "-c",
                 f"exec {reports.leaks} definite # | <b>&amp;]]> %0A \u00fc")
    reports.make("growth", "--growth=3", "--", reports.leaks, "hold", "%n")


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        reports = Reports(tap, space, os.path.abspath(sys.argv[1]))
        leaky(reports)
        others(reports)
    tap.done()


main()

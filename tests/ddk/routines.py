# SPDX-License-Identifier: BSD-2-Clause
"""Is routines.def true?

Usage: routines.py list|tests|cases|complete|link|table BUILD; --update sorts conformance.def and
rewrites the tables of docs/driver-kit.md and the totals there and in README.md.

list    what is done is exported or defined in a header, what is absent is neither, nothing is missing
tests   every routine that is done is named by a test of this folder
cases   every entry of conformance.def has its case in a test, which is what the entry says
complete  every routine that is done has a case for its success
link    a driver that names absent or unknown routines does not link, and the linker names them all
table   docs/driver-kit.md has the list, and README.md its totals
"""

import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import conformance  # noqa: E402  pylint: disable=wrong-import-position
import harness  # noqa: E402  pylint: disable=wrong-import-position
import run  # noqa: E402  pylint: disable=wrong-import-position

KIT = os.path.join(harness.SOURCE, "include", "pooltag", "ddk")
DOCUMENT = os.path.join(harness.SOURCE, "docs", "driver-kit.md")
DOCUMENTS = [DOCUMENT, os.path.join(harness.SOURCE, "README.md")]
PAGES = "https://learn.microsoft.com/windows-hardware/drivers/"
Routine = collections.namedtuple("Routine", "name status page difference group")
STATUS = {"DONE": "done", "STAND_IN": "stand-in", "ABSENT": "absent"}
ENTRY = re.compile(r'POOLTAG_ROUTINE\((\w+), (\w+), "([^"]*)", "([^"]*)"\)$')
HEAD = "| routine | status | cases | what differs |\n|---|---|---|---|\n"
# Exported for the headers' macros, not for drivers' own use, or no routines of the kit.
NOT_ROUTINES = re.compile(r"Pooltag|_(wcs|str)|WdfObject(Dereference|Reference)Actual|"
                          r"WdfObjectGetTypedContextWorker|pooltag_|_Z|__lsan_|[a-z_]+[0-9]?$|_Exit")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def routines():
    found, group = [], ""
    for line in read(os.path.join(KIT, "routines.def")).splitlines():
        heading = re.fullmatch(r"/\* --- (.*) --- \*/", line)
        entry = ENTRY.match(line)
        if heading:
            group = heading[1]
        elif entry:
            found.append(Routine(*entry.groups(), group))
    return found


def headers():
    return {path: read(path) for path in glob.glob(os.path.join(KIT, "**", "*.h"), recursive=True)
            + glob.glob(os.path.join(KIT, "parts", "strsafe.def"))}


def exported():
    text = subprocess.run(["nm", "-D", "--defined-only", harness.library()], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1] for line in text.splitlines()}


def build_all(build, lines, compiler):
    """Builds a driver whose main() has `lines`; (exit status, what compiler and linker say)"""
    with tempfile.TemporaryDirectory(prefix="pooltag-ddk.") as directory:
        source = os.path.join(directory, "driver.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <ntifs.h>\n#include <ntstrsafe.h>\n#include <ntintsafe.h>\n"
                       "#include <wdf.h>\n#include <fltkernel.h>\n#include <ndis.h>\n"
                       "#include <storport.h>\nvolatile ULONG_PTR sink;\nint main(void)\n{\n")
            file.writelines(lines)
            file.write("\treturn 0;\n}\n")
        flags = run.ddk_flags(build)
        if "++" not in compiler:
            flags.append("-Wno-implicit-function-declaration")
        done = run.build_program(compiler, "-O0", [source], os.path.join(directory, "driver"),
                                 flags)
        return done.returncode, done.stdout


def check_list(build):
    listed = routines()
    names = [routine.name for routine in listed]
    complaints = [f"{name} is listed twice" for name in set(names) if names.count(name) > 1]
    operations = set(re.findall(r"\(\*(\w+)\)\s*\(struct _DMA_ADAPTER", read(
        os.path.join(KIT, "parts", "dma.h"))))
    lines = []
    for routine in listed:
        if routine.status not in STATUS:
            complaints.append(f"{routine.name}: unknown status {routine.status}")
        elif routine.name in operations:
            lines.append(f"\tsink = sizeof(((DMA_OPERATIONS *)0)->{routine.name});\n")
        elif routine.status != "ABSENT":
            lines.append(f"#ifndef {routine.name}\n\tsink = (ULONG_PTR)&{routine.name};\n#endif\n")
        if routine.status == "STAND_IN" and not routine.difference:
            complaints.append(f"{routine.name}: a stand-in says what differs")
        if routine.status == "DONE" and routine.difference:
            complaints.append(f"{routine.name}: what differs is a stand-in")
    status, said = build_all(build, lines, "gcc C")
    if status != 0:
        complaints.append("not all that is done can be named and linked:\n" + "\n".join(
            line for line in said.splitlines() if "error" in line or "undefined" in line))
    complaints += [f"exported, but not listed: {name}" for name in sorted(exported() - set(names))
                   if not NOT_ROUTINES.match(name)]
    return complaints


def check_tests(_build):
    text = "\n".join(read(path) for path in glob.glob(os.path.join(HERE, "**", "*.[ch]*"),
                                                      recursive=True))
    words = set(re.findall(r"\w+", text))
    # Families whose tests macros write: one test per member, named by pasting.
    members = set(re.findall(r"\bprefix##([A-Z]\w+)##letter", text))
    for family, letter in re.findall(r"^FAMILY\((\w+), (\w),", text, re.MULTILINE):
        words |= {family + member + letter for member in members}
    for suffix in re.findall(r"^TESTS\(\w+, (\w*)\)", text, re.MULTILINE):
        words |= {name + suffix for name in re.findall(r"\b(Rtl\w+)##Suffix", text)}
    for kind in re.findall(r"^\tARITHMETIC\((\w+),", text, re.MULTILINE):
        words |= {f"Rtl{kind}{member}" for member in re.findall(r"Rtl##name##(\w+)", text)}
    return [f"no test names {routine.name}" for routine in routines()
            if routine.status != "ABSENT" and routine.name not in words]


def check_cases(build):
    return conformance.check(routines(), run.ddk_flags(build))


def check_complete(_build):
    return conformance.missing(routines())


def check_link(build):
    complaints = []
    texts = "\n".join(headers().values())
    absent = [routine.name for routine in routines() if routine.status == "ABSENT"
              and not re.search(rf"\(\*{routine.name}\)", texts)]
    declared = [name for name in absent if re.search(rf"\b{name}\(", texts)]
    unknown = sorted(set(absent) - set(declared)) + ["IoPooltagHasNoSuchRoutine"]
    for compiler in run.COMPILERS:
        # In C++ what is not declared does not compile, and the compiler names it.
        called = [] if "++" in compiler else unknown
        lines = [f"\tsink = (ULONG_PTR)&{name};\n" for name in declared]
        lines += [f"\t{name}();\n" for name in called]
        status, said = build_all(build, lines, compiler)
        named = set(re.findall(r"undefined reference to `(\w+)", said))
        wanted = set(declared + called)
        if status == 0 or named != wanted:
            complaints.append(f"{compiler}: the linker does not name {sorted(wanted - named)}"
                              f", and names {sorted(named - wanted)}\n{said[:1500]}")
    return complaints


def table():
    text, group = "", None
    for routine in routines():
        if routine.group != group:
            group = routine.group
            text += f"\n### {group[0].upper() + group[1:]}\n\n{HEAD}"
        folder = "ddi/" if re.search(r"/n[cf]-", routine.page) else ""
        name = f"[{routine.name}]({PAGES}{folder}{routine.page})" if routine.page else routine.name
        text += (f"| {name} | {STATUS[routine.status]} | {conformance.counts(routine)} | "
                 f"{routine.difference} |\n")
    return text + "\n"


def totals():
    """The sentence that README.md and the document have."""
    count = collections.Counter(routine.status for routine in routines())
    return (f"{len(routines())} routines: {count['DONE']} done, {count['STAND_IN']} stand-ins, "
            f"{count['ABSENT']} absent")


def fresh(path):
    """A document with the totals and tables that it should have."""
    text = re.sub(r"\d+ routines: \d+ done, \d+ stand-ins, \d+ absent", totals(), read(path))
    if path == DOCUMENT:
        for name, made in (("routines", table()), ("cannot", conformance.elsewhere())):
            begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
            before, rest = text.split(begin)
            text = before + begin + made + end + rest.split(end)[1]
    return text


def check_table(_build):
    if sys.argv[1] == "--update":
        conformance.sort(routines())
        for path in DOCUMENTS:
            text = fresh(path)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return []
    complaints = [f"{os.path.relpath(path, harness.SOURCE)}: figures are not those of routines.def "
                  "and conformance.def; `tests/ddk/routines.py --update`"
                  for path in DOCUMENTS if read(path) != fresh(path)]
    return complaints + [f"{os.path.relpath(path, harness.SOURCE)} does not say {totals()!r}"
                         for path in DOCUMENTS if totals() not in fresh(path)]


CHECKS = {"list": check_list, "tests": check_tests, "cases": check_cases,
          "complete": check_complete, "link": check_link, "table": check_table,
          "--update": check_table}


def main():
    complaints = CHECKS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else None)
    print("\n".join(complaints) or f"{len(routines())} routines, {len(conformance.entries()[0])} "
                                   "entries of what is documented: as it should be")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

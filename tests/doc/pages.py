# SPDX-License-Identifier: BSD-2-Clause
"""pages.py POOLMON COMPILER PAGE... - are the manual pages whole?

Each page has to pass mandoc's check, to name everything its lists and `poolmon --help` name, and
pooltag-segment(5) to have the offsets and sizes the compiler gives the structs.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import lists  # noqa: E402  pylint: disable=wrong-import-position

KINDS = {"TEXT": "text", "NUMBER": "number", "BOOL": "0 or 1"}

poolmon, compiler, *paths = sys.argv[1:]
pages = {os.path.basename(path): path for path in paths}
failures = []


def output(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False, **options).stdout


def rendered(name):
    """A page as plain text on one line, so that words are found wherever lines break."""
    page = output(["mandoc", "-Tutf8", "-O", "width=200", pages[name]])
    return " ".join(re.sub(".\b", "", page).split())


def check(name, page, items, what):
    """Every item stands in the page, not as a part of a longer word."""
    for item in items:
        if not re.search(rf"(?<![\w-]){re.escape(item)}(?![\w-])", page):
            failures.append(f"{name} does not have the {what} '{item}'")
    if not items:
        failures.append(f"{name}: nothing to look for: {what}")


def names_of(options):
    return [f"--{o.name}" for o in options if o.name] + [
        f"-{letter}{o.argument}" for o in options for letter in o.letters]


def check_lists(found):
    page = rendered("poolmon.1")
    check("poolmon.1", page, [f"poolmon {c.name}" for c in found.commands if c.name], "command")
    for command in found.commands:
        if command.name not in ("run", "check"):
            check("poolmon.1", page, names_of(found.options_of(command.name)), "option")
    check("poolmon.1", page, [f"-{c.key}" for c in found.columns if c.key], "letter")
    check("poolmon.1", page, [c.name for c in found.columns], "column")
    check("poolmon.1", page, [g.name for g in found.groups], "group")
    check("poolmon.1", page, [k.label for k in found.keys], "key")
    check("poolmon.1", page, [k.help for k in found.keys], "key's meaning")
    check("poolmon.1", page, [r.name for r in found.reasons], "reason")
    check("poolmon.1", page, [c.name for c in found.counters if c.scope != "cell"], "counter")
    for command in ("run", "check"):
        check(f"poolmon-{command}.1", rendered(f"poolmon-{command}.1"), names_of(found.options_of(command)),
              "option")
    check("libpooltag.3", rendered("libpooltag.3"),
          [f"{o.name}={KINDS[o.type]}" for o in found.library_options], "option")
    check("pooltag-segment.5", rendered("pooltag-segment.5"), [c.name for c in found.counters],
          "counter")


def check_help():
    """What --help says, down to the sentence, for the reader of either."""
    both = "".join(rendered(f"poolmon{command}.1") for command in ("", "-run", "-check"))
    told = output([poolmon, "--help"])
    check("poolmon*.1", both, sorted(set(re.findall(r"^  (?:-., )*(--[\w-]+)", told, re.M))),
          "option of --help")
    check("poolmon.1", both, re.findall(r"^       poolmon (\w+)", told, re.M), "command of --help")


def check_api():
    page = rendered("libpooltag.3")
    with open(os.path.join(lists.ROOT, "include/pooltag/pooltag.h"), encoding="utf-8") as file:
        header = file.read()
    inline = re.findall(r"^static inline [\w *]+?\b(pooltag_\w+)\(", header, re.M)
    inline.remove("pooltag_scope_cleanup")
    check("libpooltag.3", page, inline + ["pooltag_audit", "POOLTAG_SCOPE", "POOLTAG_TAG"], "function")


def check_grammar():
    """The grammar in the page is that of rules.h, word for word."""
    with open(os.path.join(lists.ROOT, "include/pooltag/rules.h"), encoding="utf-8") as file:
        block = re.search(r"^ \*\tfile .*?(?=^ \*$)", file.read(), re.M | re.S)[0]
    lines = [line.removeprefix(" *").split("(*")[0] for line in block.splitlines()]
    page = re.sub(r"\(\*.*?\*\) ?", "", rendered("pooltag.txt.5"))
    for rule in " ".join(" ".join(lines).split()).split(" ; "):
        if rule.removesuffix(" ;") not in page:
            failures.append(f"pooltag.txt.5 does not have the rule '{rule}'")


def check_offsets():
    """The compiler's offset and size of every field in the page's tables."""
    with open(pages["pooltag-segment.5"], encoding="utf-8") as file:
        source = file.read()
    with open(os.path.join(lists.ROOT, "poolmon/man/pooltag-segment.5.in"), encoding="utf-8") as file:
        structs = re.findall(r"^@struct (\w+)", file.read(), re.M)
    tables = re.findall(r"^\.Bl -column.*?^\.El", source, re.M | re.S)
    if len(tables) != len(structs):
        failures.append(f"pooltag-segment.5 has {len(tables)} tables for {len(structs)} structs")
    lines = []
    for name, table in zip(structs, tables):
        fields = re.findall(r"^\.It (\d+) Ta (\d+) Ta Va (\w+)", table, re.M)
        for offset, size, field in fields:
            lines.append(f'_Static_assert(offsetof(struct {name}, {field}) == {offset}, "{name}.{field}");')
            lines.append(f'_Static_assert(sizeof(((struct {name} *)0)->{field}) == {size}, "{name}.{field}");')
        sizes = " + ".join(f"sizeof(((struct {name} *)0)->{field})" for _, _, field in fields)
        lines.append(f'_Static_assert(sizeof(struct {name}) == {sizes}, "{name}: a field is missing");')
    for constant, value in re.findall(r"^\.It Dv (\w+) Pq (\d+)", source, re.M):
        lines.append(f'_Static_assert({constant} == {value}, "{constant}");')
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "offsets.c")
        with open(program, "w", encoding="utf-8") as file:
            file.write("#include <stddef.h>\n#include <pooltag/segment.h>\n" + "\n".join(lines))
        said = output([*compiler.split(), "-std=c11", "-I", os.path.join(lists.ROOT, "include"),
                       "-fsyntax-only", program])
    if said:
        failures.append(said)
    print(f"{len(lines)} offsets, sizes and constants")


def main():
    if not shutil.which("mandoc"):
        print("SKIP: not installed: mandoc")
        return 77
    said = output(["mandoc", "-Tlint", "-W", "warning", *paths])
    if said:
        failures.append(said)
    check_lists(lists.Lists(compiler.split()))
    check_help()
    check_api()
    check_grammar()
    check_offsets()
    print("\n".join(failures) or f"{len(paths)} pages are whole")
    return 1 if failures else 0


sys.exit(main())

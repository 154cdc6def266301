# SPDX-License-Identifier: BSD-2-Clause
"""Does README.md's table of options say what options.def says?

Usage: doc.py [--update]; --update rewrites the table.
"""

import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HEAD = "| key | default | meaning |\n|---|---|---|\n"
ENTRY = re.compile(r'^POOLTAG_OPTION\((\w+), (\w+), ([^,]+), .*,\n\t"(.*)"\)$', re.MULTILINE)
TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")


def default_of(kind, text):
    """A default as it would be written in POOLTAG_OPTIONS; they are products and shifts in C."""
    if kind == "TEXT":
        return text.strip('"')
    numbers = re.fullmatch(r"(\d+)(?:ull)?(?: (<<|\*) (\d+))?", text)
    value = int(numbers[1])
    if numbers[2]:
        value = value << int(numbers[3]) if numbers[2] == "<<" else value * int(numbers[3])
    for letter, shift in (("g", 30), ("m", 20), ("k", 10)):
        if value and value % (1 << shift) == 0:
            return f"{value >> shift}{letter}"
    return str(value)


def escaped(text):
    return text.replace("<", "&lt;").replace("|", "\\|")


def table():
    with open(os.path.join(ROOT, "include/pooltag/options.def"), encoding="utf-8") as file:
        text = file.read()
    entries = ENTRY.findall(text)
    if len(entries) != len(re.findall(r"^POOLTAG_OPTION\(", text, re.MULTILINE)):
        sys.exit("doc.py cannot read every entry of options.def")
    return HEAD + "".join(
        f"| `{name}` | {default_of(kind, default) or '-'} | {escaped(meaning)} |\n"
        for name, kind, default, meaning in entries
    )


def main():
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = TABLE.search(text)
    if sys.argv[1:] == ["--update"] and found:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(found[0], table()))
        return 0
    if not found or found[0] != table():
        print("README.md: the table of options is not options.def's; `tests/doc/doc.py --update`")
        return 1
    print("README.md has the options of options.def")
    return 0


sys.exit(main())

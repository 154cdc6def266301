# SPDX-License-Identifier: BSD-2-Clause
"""Does README.md's table of options say what options.def says?

Usage: doc.py [--update]; --update rewrites the table.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import lists  # noqa: E402  pylint: disable=wrong-import-position

HEAD = "| key | default | meaning |\n|---|---|---|\n"
TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")


def escaped(text):
    return text.replace("<", "&lt;").replace("|", "\\|")


def table():
    return HEAD + "".join(
        f"| `{option.name}` | {option.default or '-'} | {escaped(option.help)} |\n"
        for option in lists.Lists().library_options
    )


def main():
    path = os.path.join(lists.ROOT, "README.md")
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

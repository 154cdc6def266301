# SPDX-License-Identifier: BSD-2-Clause
"""Is every C and C++ file formatted as .clang-format says, and no comment wider than its columns?"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDERS = ("include", "lib", "poolmon", "tests", "bench", "docs")
COLUMNS = 100  # .clang-format's ColumnLimit, which it does not apply to comments
TABLES = "tests"  # whose rows stand in one line each


def wide_lines(path):
    """Lines that are too wide, but for what clang-format could not break: directives and macros."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return [
        f"{os.path.relpath(path, ROOT)}:{number}: {len(line.expandtabs(8))} columns, {COLUMNS} at most"
        for number, line in enumerate(lines, 1)
        if len(line.expandtabs(8)) > COLUMNS and not line.startswith("#")
    ]


def main():
    tool = shutil.which("clang-format-14")
    if not tool:
        print("SKIP: not installed: clang-format-14")
        return 77
    files = []
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            files += [os.path.join(folder, n) for n in names if n.endswith((".c", ".h", ".cpp"))]
    files.sort()
    print(f"{len(files)} files", flush=True)
    status = subprocess.call([tool, "--style=file", "--dry-run", "-Werror", *files])
    if status:
        print("clang-format-14 -i FILE... would change the files named above")
    wide = [line for path in files
            if not os.path.relpath(path, ROOT).startswith(TABLES + os.sep) for line in wide_lines(path)]
    print("\n".join(wide), end="\n" if wide else "")
    return 1 if status or wide or not files else 0


sys.exit(main())

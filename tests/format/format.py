# SPDX-License-Identifier: BSD-2-Clause
"""Is every C and C++ file formatted as .clang-format says?"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDERS = ("include", "lib", "poolmon", "tests", "bench", "docs")


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
    return 1 if status or not files else 0


sys.exit(main())

# SPDX-License-Identifier: BSD-2-Clause
"""What the built library shows to the world: its symbols, what it needs, and its headers.

Usage: exports.py CASE, one of CASES; called by meson. `exports.py --update` rewrites symbols.txt from
the library, for a commit that means to change it.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "symbols.txt")
NEEDED = {"libc.so.6", "ld-linux-x86-64.so.2"}
STANDARDS = [("gcc", "c11"), ("gcc", "c17"), ("g++", "c++17"), ("clang-14", "c11"), ("clang++-14", "c++17")]


# jemalloc 5.3.0 keeps its thread data, first-level cache included, in thread-local storage; preloading
# it alone takes as much. What is pooltag's own stays under 200 bytes.
JEMALLOC_TLS = 2632


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def exported():
    lines = output("nm", "-D", "--defined-only", harness.library()).splitlines()
    return sorted(line.split()[-1] for line in lines)


def symbols():
    """The exported symbols are exactly the list: nothing of jemalloc or libunwind leaks out."""
    with open(LIST, encoding="utf-8") as file:
        wanted = file.read().split()
    got = exported()
    complaints = [f"exported, but not in symbols.txt: {name}" for name in sorted(set(got) - set(wanted))]
    complaints += [f"in symbols.txt, but not exported: {name}" for name in sorted(set(wanted) - set(got))]
    if wanted != sorted(wanted):
        complaints.append("symbols.txt is not sorted")
    return complaints


def dynamic():
    """The dynamic section: libc is all it needs, no text relocations, static TLS, not executable."""
    text = output("readelf", "-dW", harness.library())
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", text))
    complaints = [f"needs {name}" for name in sorted(needed - NEEDED)]
    if "TEXTREL" in text:
        complaints.append("has text relocations")
    if re.search(r"\((RPATH|RUNPATH)\)", text):
        complaints.append("has a run path")
    headers = output("readelf", "-lW", harness.library())
    stack = re.search(r"GNU_STACK.*", headers)
    if not stack or "E" in stack[0].split()[-2]:
        complaints.append("wants an executable stack")
    tls = re.search(r"^\s*TLS\s+\S+\s+\S+\s+\S+\s+\S+\s+(0x[0-9a-f]+)", headers, re.MULTILINE)
    if tls and int(tls[1], 16) >= JEMALLOC_TLS + 200:
        complaints.append(f"{int(tls[1], 16)} bytes of static TLS, {JEMALLOC_TLS} of them jemalloc's; the loader's reserve is small")
    # __tls_get_addr allocates: thread-local variables must be of the initial-exec kind.
    if "__tls_get_addr" in output("nm", "-D", "--undefined-only", harness.library()):
        complaints.append("calls __tls_get_addr")
    return complaints


def headers():
    """The public headers compile alone, in every standard that hosts and viewers use."""
    complaints = []
    names = os.listdir(os.path.join(harness.SOURCE, "include", "pooltag"))
    public = [f"pooltag/{name}" for name in sorted(names) if name.endswith(".h")]
    if not {"pooltag/segment.h", "pooltag/tag.h"} <= set(public):
        complaints.append(f"include/pooltag has only {public}")
    for header in public:
        for compiler, standard in STANDARDS:
            language = "c++" if "++" in compiler else "c"
            command = [compiler, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror"]
            command += ["-I", os.path.join(harness.SOURCE, "include"), "-x", language, "-fsyntax-only", "-"]
            result = subprocess.run(
                command,
                input=f"#include <{header}>\n#include <{header}>\n",
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            if result.returncode:
                complaints.append(f"{header} with {compiler} -std={standard}:\n{result.stderr}")
    return complaints


CASES = {"symbols": symbols, "dynamic": dynamic, "headers": headers}


def main():
    if sys.argv[1] == "--update":
        with open(LIST, "w", encoding="utf-8") as file:
            file.write("\n".join(exported()) + "\n")
        return 0
    complaints = CASES[sys.argv[1]]()
    print("\n".join(complaints) or "as it should be")
    return 1 if complaints else 0


sys.exit(main())

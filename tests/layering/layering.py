# SPDX-License-Identifier: BSD-2-Clause
"""Does every #include go down? The rule is ARCHITECTURE.md's; this is its table.

Usage: layering.py [ROOT]   checks the tree at ROOT (default: this one)
       layering.py --self-test
Prints each offending edge and exits 1 if there is one.
"""

import os
import re
import shutil
import sys
import tempfile

# Layer -> layers it may include from, besides itself.
API = "include/pooltag"
BASE = {API, "lib/base"}
PARTS = BASE | {"lib/heap", "lib/sites", "lib/stats"}
POOL = PARTS | {"lib/pool"}
COMMON = {API, "poolmon/common"}
MODEL = COMMON | {"poolmon/reader", "poolmon/model"}
MAY_INCLUDE = {
    API: set(),
    "lib/base": {API},
    "lib/heap": BASE,
    "lib/sites": BASE,
    "lib/stats": BASE,
    "lib/pool": PARTS,
    "lib/interpose": POOL | {"lib/verify", "lib/leaks"},
    "lib/kernel": POOL | {"lib/verify"},
    "lib/leaks": POOL,
    "lib/verify": POOL,
    "poolmon/common": {API},
    "poolmon/reader": COMMON,
    "poolmon/model": COMMON | {"poolmon/reader"},
    "poolmon/symbols": COMMON | {"poolmon/reader"},
    "poolmon/view": MODEL | {"poolmon/symbols"},
    "poolmon/export": MODEL | {"poolmon/symbols"},
    "poolmon/check": MODEL | {"poolmon/symbols", "poolmon/export"},
    "poolmon/cmd": MODEL | {"poolmon/symbols", "poolmon/view", "poolmon/export", "poolmon/check"},
}

# Headers of other projects that one place knows: header -> the only files that may include it.
CONFINED = {
    r"jemalloc/.*": r"lib/heap/je\.c",
    r"(lib)?unwind.*\.h": r"lib/sites/[^/]+\.c",
    r"(n?curses|ncursesw/.*)\.?h?": r"poolmon/view/curses\.c",
    r"(dwarf|elfutils/.*)\.?h?": r"poolmon/symbols/(files\.c|functions\.[ch])",
    r"jansson\.h": r"poolmon/(export|check|cmd|model)/.*",
    r"microhttpd\.h": r"poolmon/export/http\.h",
    r"libiberty/.*": r"poolmon/common/demangle\.c",
    r"zlib\.h": r"poolmon/export/.*",
}
# Of those, the ones that a single file may include, whatever its name.
SINGLE = {r"(lib)?unwind.*\.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def sources(root):
    for top in ("include", "lib", "poolmon"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def", ".cpp")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def layer_of(path):
    """The layer a file belongs to: the longest folder the table knows."""
    folder = os.path.dirname(path)
    while folder and folder not in MAY_INCLUDE:
        folder = os.path.dirname(folder)
    return folder or None


def resolve(root, path, name):
    """The file of this tree that `name` stands for in an #include of `path`, or None."""
    roots = [os.path.dirname(path), "include", "include/pooltag", "lib", "poolmon", ""]
    for base in roots:
        candidate = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def check_first_include(path, names):
    """x.c includes x.h first, if there is one, which proves x.h complete."""
    stem, extension = os.path.splitext(os.path.basename(path))
    own = [n for n in names if os.path.basename(n) == stem + ".h"]
    if extension == ".c" and own and names[0] != own[0]:
        return [f'{path}: its first include is "{names[0]}", not its own "{own[0]}"']
    return []


def check(root):
    """(number of edges seen, complaints)"""
    edges, complaints, single = 0, [], {}
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            found = INCLUDE.findall(COMMENT.sub("", file.read()))
        layer = layer_of(path)
        if layer is None and path.count("/") > 1:
            complaints.append(f"{path}: its folder is in no layer; add it to the table")
        for _, name in found:
            for header, owner in CONFINED.items():
                if not re.fullmatch(header, name):
                    continue
                if not re.fullmatch(owner, path):
                    complaints.append(f"{path} -> <{name}>: only {owner} may include it")
                elif header in SINGLE:
                    single.setdefault(header, set()).add(path)
            target = resolve(root, path, name)
            if target is None:
                continue
            edges += 1
            target_layer = layer_of(target)
            if path.split("/")[0] != target.split("/")[0] and not target.startswith("include/"):
                complaints.append(f"{path} -> {target}: lib and poolmon share only include/")
            elif layer and target_layer != layer and target_layer not in MAY_INCLUDE[layer]:
                complaints.append(f"{path} -> {target}: {layer} may not include {target_layer}")
        complaints += check_first_include(path, [name for _, name in found])
    for header, paths in single.items():
        if len(paths) > 1:
            complaints.append(f"<{header}> is included by {len(paths)} files: {sorted(paths)}")
    return edges, complaints


# A tree of one wrong edge each, and a word that its complaint must contain.
WRONG = [
    ("lib/base/a.c", '#include "heap/x.h"\n', "lib/base may not include lib/heap"),
    ("lib/heap/a.c", '#include "sites/x.h"\n', "lib/heap may not include lib/sites"),
    ("lib/stats/a.c", '#include "heap/x.h"\n', "lib/stats may not include lib/heap"),
    ("lib/sites/a.c", '#\tinclude "stats/x.h"\n', "lib/sites may not include lib/stats"),
    ("lib/pool/a.c", '#include "interpose/x.h"\n', "lib/pool may not include lib/interpose"),
    ("lib/kernel/a.c", '#include "interpose/x.h"\n', "lib/kernel may not include lib/interpose"),
    ("poolmon/view/a.c", '#include "../../lib/base/x.h"\n', "share only include/"),
    ("lib/pool/a.c", '#include "../../poolmon/model/x.h"\n', "share only include/"),
    ("poolmon/export/a.c", '#include "view/x.h"\n', "poolmon/export may not include poolmon/view"),
    ("include/pooltag/a.h", '#include "../../lib/base/x.h"\n', "share only include/"),
    ("lib/heap/a.c", "#include <jemalloc/jemalloc.h>\n", "only lib/heap/je"),
    ("lib/pool/a.c", "#include <libunwind.h>\n", "only lib/sites"),
    ("poolmon/view/a.c", "#include <curses.h>\n", "only poolmon/view/curses"),
    ("lib/base/x.c", '#include <stdio.h>\n#include "x.h"\n', "not its own"),
    ("lib/other/a.c", "", "in no layer"),
]


def self_test():
    failed = 0
    for path, text, wanted in WRONG:
        root = tempfile.mkdtemp(prefix="pooltag-layering.")
        try:
            for layer in MAY_INCLUDE:
                os.makedirs(os.path.join(root, layer), exist_ok=True)
                with open(os.path.join(root, layer, "x.h"), "w", encoding="utf-8"):
                    pass
            clean = check(root)[1]
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
            complaints = check(root)[1]
        finally:
            shutil.rmtree(root)
        if clean or len(complaints) != 1 or wanted not in complaints[0]:
            print(f"self-test: {path} with {text!r}: wanted '{wanted}', got {clean + complaints}")
            failed = 1
    print(f"self-test: {len(WRONG)} wrong edges tried")
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")
    edges, complaints = check(root)
    print("\n".join(complaints + [f"{edges} includes of our own files, {len(complaints)} wrong"]))
    return 1 if complaints or edges == 0 else 0


sys.exit(main())

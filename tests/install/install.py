#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""install.py BUILD SOURCE - what `meson install` puts where, that it can be linked, and what a
configuration without a dependency says."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

build, source = sys.argv[1:3]
WANTED = {
    r"lib/.*libpooltag\.so": "the library",
    r"lib/.*pkgconfig/pooltag\.pc": "the pkg-config file",
    r"bin/poolmon": "the viewer",
    r"include/pooltag/pooltag\.h": "the API",
    r"include/pooltag/segment\.h": "the format",
    r"include/pooltag/counters\.def": "what the format includes",
    r"include/pooltag/tag\.h": "the tag type",
    r"include/pooltag/rules\.h": "the grammar of rules",
}
PROGRAM = r"""
#include <pooltag/pooltag.h>
#include <pooltag/segment.h>
#include <stdio.h>
int main(void)
{
	struct pooltag_block block;

	if (pooltag_query(pooltag_malloc(POOLTAG_TAG('L', 'i', 'n', 'k'), 100), &block) != 0)
		return 1;
	printf("%u %.4s\n", (unsigned)block.requested, (const char *)&block.tag);
	return 0;
}
"""


def fail(text):
    sys.exit(f"FAIL: {text}")


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, **options)


with tempfile.TemporaryDirectory(prefix="pooltag-install.") as directory:
    done = run(["meson", "install", "--no-rebuild", "--destdir", directory, "-C", build])
    if done.returncode != 0:
        fail(done.stdout)
    files = {str(path.relative_to(directory)): path
             for path in pathlib.Path(directory).rglob("*") if path.is_file()}
    found = {}
    for pattern, what in WANTED.items():
        matches = [path for name, path in files.items() if re.search(pattern + "$", name)]
        if len(matches) != 1:
            fail(f"{what}: {len(matches)} files match {pattern}; installed: {sorted(files)}")
        found[what] = matches[0]

    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=directory,
               PKG_CONFIG_PATH=str(found["the pkg-config file"].parent))
    flags = run(["pkg-config", "--cflags", "--libs", "pooltag"], env=env)
    program = os.path.join(directory, "linked")
    with open(program + ".c", "w", encoding="utf-8") as text:
        text.write(PROGRAM)
    done = run(["cc", program + ".c", "-o", program] + flags.stdout.split())
    if done.returncode != 0:
        fail(f"a program does not link with {flags.stdout}: {done.stdout}")
    env = dict(os.environ, LD_LIBRARY_PATH=str(found["the library"].parent),
               POOLTAG_OPTIONS="dir=" + directory)
    done = run([program], env=env)
    if done.stdout != "100 Link\n":
        fail(f"a linked program says {done.stdout!r}")

    # A dependency that is missing is one clear line that names Debian's package.
    env = dict(os.environ, PKG_CONFIG_LIBDIR="/nonexistent")
    done = run(["meson", "setup", os.path.join(directory, "bare"), source], env=env)
    if done.returncode == 0 or not re.search(
            r"missing dependency: \S+ \(Debian package (\S+); apt-get install \1\)", done.stdout):
        fail(f"without dependencies: {done.stdout[-500:]}")
print(f"{len(files)} files installed, a program linked, a missing dependency named")

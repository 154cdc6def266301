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
    r"lib/.*pkgconfig/pooltag-ddk\.pc": "the driver kit's pkg-config file",
    r"include/pooltag/ddk/ntddk\.h": "the driver kit",
    r"include/pooltag/ddk/routines\.def": "its list of routines",
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


DRIVER = r"""
#include <ntifs.h>
#include <ntstrsafe.h>
#include <wdf.h>
#include <stdio.h>
int main(void)
{
	CHAR text[16];
	PVOID block = ExAllocatePool2(POOL_FLAG_PAGED, 100, 'knil');

	RtlStringCbPrintfA(text, sizeof(text), "%ws", L"driver");
	puts(text);
	ExFreePoolWithTag(block, 'knil');
	return 0;
}
"""


def fail(text):
    sys.exit(f"FAIL: {text}")


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, **options)


def run_built(place, installed, package, source):
    """What a program says that is built with nothing but what a pkg-config file says."""
    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=place,
               PKG_CONFIG_PATH=str(installed["the pkg-config file"].parent))
    flags = run(["pkg-config", "--cflags", "--libs", package], env=env)
    program = os.path.join(place, "program")
    with open(program + ".c", "w", encoding="utf-8") as text:
        text.write(source)
    done = run(["cc", "-Wall", "-Werror", program + ".c", "-o", program] + flags.stdout.split())
    if done.returncode != 0:
        fail(f"a program does not build with {flags.stdout}: {done.stdout}")
    env = dict(os.environ, LD_LIBRARY_PATH=str(installed["the library"].parent),
               POOLTAG_OPTIONS="dir=" + place)
    return run([program], env=env).stdout


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

    said = run_built(directory, found, "pooltag", PROGRAM)
    if said != "100 Link\n":
        fail(f"a linked program says {said!r}")
    said = run_built(directory, found, "pooltag-ddk", DRIVER)
    if said != "driver\n":
        fail(f"an installed driver says {said!r}")

    # A dependency that is missing is one clear line that names Debian's package.
    env = dict(os.environ, PKG_CONFIG_LIBDIR="/nonexistent")
    done = run(["meson", "setup", os.path.join(directory, "bare"), source], env=env)
    if done.returncode == 0 or not re.search(
            r"missing dependency: \S+ \(Debian package (\S+); apt-get install \1\)", done.stdout):
        fail(f"without dependencies: {done.stdout[-500:]}")
print(f"{len(files)} files installed, a program linked, a missing dependency named")

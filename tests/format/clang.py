#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""clang.py SOURCE - builds library and viewer with clang 14, every warning an error."""

import os
import subprocess
import sys
import tempfile

source = sys.argv[1]
with tempfile.TemporaryDirectory(prefix="pooltag-clang.") as build:
    env = dict(os.environ, CC="clang-14", CXX="clang++-14")
    for command in (
        ["meson", "setup", "-Dwerror=true", "-Dtests=false", "-Dbench=false", build, source],
        ["ninja", "-C", build],
    ):
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True)
        if done.returncode != 0:
            print("\n".join(done.stdout.splitlines()[-60:]))
            sys.exit(f"FAIL: {' '.join(command[:1])} with clang 14")
print("clang 14 builds library and viewer without a warning")

# SPDX-License-Identifier: BSD-2-Clause
"""localtag.py POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY DRIVER - the tag file that -c makes.

DRIVER is driver.c as a shared object: a file that a process has loaded, but that has not allocated.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

poolmon, make_segments, fixtures, driver = map(os.path.abspath, sys.argv[1:5])
tap = harness.Tap()

SEGMENT = """process 7.1 live /usr/sbin/host
module {driver}
module /usr/sbin/host
module /usr/sbin/host
site rem\\x20 Paged 1 main 0x1
site A\\x0aB! Paged 1 main 0x2
site Bu*\\x20 Paged 1 main 0x3
site Drv1 Paged 1 main 0x4
shard 1
cell 0 0 1 8 16 0 0 0
cell 0 1 1 8 16 0 0 0
cell 0 2 1 8 16 0 0 0
cell 0 3 1 8 16 0 0 0
"""


def run(*words, cwd):
    return subprocess.run([poolmon, "--dir", os.path.join(cwd, "s"), *words], cwd=cwd, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30)


def entries(cwd):
    with open(os.path.join(cwd, "localtag.txt"), encoding="ascii") as file:
        return [line.rstrip("\n") for line in file if not line.startswith("//")]


def check_hostile(cwd):
    """Modules are what a process has written: names of anything."""
    os.mkfifo(os.path.join(cwd, "pipe"))
    with open(driver, "rb") as file:
        whole = file.read()
    for size in range(0, len(whole), 97):  # cut anywhere
        with open(os.path.join(cwd, f"cut{size}"), "wb") as file:
            file.write(whole[:size])
    for at in range(0, 64):  # the header, byte by byte
        with open(os.path.join(cwd, f"bent{at}"), "wb") as file:
            file.write(whole[:at] + b"\xff" + whole[at + 1:])
    with open(os.path.join(cwd, "hostile.seg"), "w", encoding="ascii") as file:
        file.write("process 9.1 live /usr/sbin/hostile\n")
        file.writelines(f"module {path}\n" for path in ("/dev/zero", "/dev/tty", "/", f"{cwd}/pipe", f"{cwd}/none"))
        file.writelines(f"module {cwd}/cut{size}\n" for size in range(0, len(whole), 97))
        file.writelines(f"module {cwd}/bent{at}\n" for at in range(0, 64))
        file.write("site Host Paged 0 main 0x1\nshard 1\ncell 0 0 1 8 16 0 0 0\n")
    subprocess.run([make_segments, os.path.join(cwd, "hostile.seg"), os.path.join(cwd, "s")], check=True)
    os.remove(os.path.join(cwd, "localtag.txt"))
    made = run("-c", cwd=cwd)
    tap.ok(made.returncode == 0 and "Host - zero" in entries(cwd), "pipes, devices and damaged files do no harm", made)


def main():
    with tempfile.TemporaryDirectory(prefix="localtag-") as cwd:
        os.mkdir(os.path.join(cwd, "s"), 0o700)
        none = run("-c", cwd=cwd)
        tap.ok(none.returncode == 2 and none.stderr.endswith(
            "poolmon: -c: no process has used a tag yet, so there is nothing to make it of\n"), "without a process", none)
        tap.ok(not os.path.exists(os.path.join(cwd, "localtag.txt")), "no file is made")
        subprocess.run([make_segments, os.path.join(fixtures, "two.seg"), os.path.join(cwd, "s")], check=True)
        with open(os.path.join(cwd, "host.seg"), "w", encoding="ascii") as file:
            file.write(SEGMENT.format(driver=driver))
        subprocess.run([make_segments, os.path.join(cwd, "host.seg"), os.path.join(cwd, "s")], check=True)

        made = run("/c", cwd=cwd)
        tap.ok(made.stderr == "PoolMon: No localtag.txt in current directory\n"
           "PoolMon: Creating localtag.txt in current directory......\n", "PoolMon's messages", made.stderr)
        name = os.path.basename(driver)
        tap.ok(entries(cwd) == ["Bu*  - host", f"Dr2  - {name}", f"Drv1 - {name}, host", f"Drv3 - {name}",
                            "PyMe - python3.11", "SSLk - libcrypto.so.3", "dict - redis-server", "leak - leaky",
                            "sds  - redis-server"],
           "tags of processes and of constants; none that cannot be written, nor a number like a tag",
           "\n".join(entries(cwd)))
        rows = {line[1:5]: line[79:] for line in made.stdout.split("\n")[5:] if line}
        tap.ok(rows["dict"].endswith("[redis-server]") and rows["Drv1"].endswith(f"[{name}, host]"), "Mapped_Driver has them", rows)
        tap.ok(rows["..A."].endswith("Unknown Driver"), "and what is in no file is an Unknown Driver", rows)
        with open(os.path.join(cwd, "localtag.txt"), "w", encoding="ascii") as file:
            file.write("dict - mine\n")
        again = run("-c", cwd=cwd)
        tap.ok(again.stderr == "" and "[mine]" in again.stdout and entries(cwd) == ["dict - mine"],
           "a file that is there is used, and left as it is", again)
        both = run("-c", "-g", os.path.join(cwd, "localtag.txt"), cwd=cwd)
        tap.ok("[mine][mine]" in both.stdout, "-c and -g stand in one column", both)
        check_hostile(cwd)
        os.remove(os.path.join(cwd, "localtag.txt"))
        os.symlink("/nonexistent/there", os.path.join(cwd, "localtag.txt"))
        link = run("-c", cwd=cwd)
        tap.ok(link.returncode == 1 and "localtag.txt: File exists" in link.stderr, "no link is followed to make one", link)
    tap.done()


main()

# SPDX-License-Identifier: BSD-2-Clause
"""lookup-load.py SOCKET COUNT [PER_SECOND] - asks lookupd for COUNT names, one of ten unknown.

A COUNT of 0 asks until it is stopped; without PER_SECOND, as fast as it goes. With QUIT behind
everything the server ends.
"""

import itertools
import socket
import sys
import time

quit_at_end = sys.argv[-1] == "QUIT"
path, count, *rate = [word for word in sys.argv[1:] if word != "QUIT"]
client = socket.socket(socket.AF_UNIX)
client.connect(path)
stream = client.makefile("rw")
for i in range(int(count)) if int(count) else itertools.count():
    name = f"hsot{i}.typing-error" if i % 10 == 9 else f"host{i * 7919 % 2000}"
    stream.write(f"GET {name}\n")
    stream.flush()
    if not stream.readline():
        sys.exit("lookupd is gone")
    if rate:
        time.sleep(1 / float(rate[0]))
if quit_at_end:
    stream.write("QUIT\n")
    stream.flush()

# requires: /usr/bin/python3=python3
# files: /usr/lib/python3.11/test/test_dict.py=libpython3.11-testsuite
# exe: python3.*
# timeout: 600
# varies: /^\d+:\d\d:\d\d load avg: \S+ // wall-clock time and load of the machine
# varies: /^(Total duration): .*$/\1/ run time
# varies: /^test_\w+ passed in .*\n// run time, printed for slow modules only
# varies: /^pooltag: cannot open the directory .*: permission denied;.*\n// children that became another user
#
# $1 is one of Python's own test modules.
set -eu
/usr/bin/python3 -m test "$1"

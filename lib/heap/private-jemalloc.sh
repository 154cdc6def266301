#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# private-jemalloc.sh ARCHIVE OUTPUT NM OBJCOPY AR - a jemalloc that nothing outside can see or replace
#
# Every public name of the archive gets the prefix pooltag_je_ (malloc -> pooltag_je_malloc), the
# system calls and libc functions listed below are redirected to lib/heap/je.c, and so is what its own
# tables are mapped with; the archive's C++ object is left out, a variable that je.c defines becomes
# weak, and every symbol becomes hidden.
set -eu
archive=$1 output=$2 nm=$3 objcopy=$4 ar=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $archive in /*) ;; *) archive=$PWD/$archive ;; esac
(cd "$work" && "$ar" x "$archive" && rm -f jemalloc_cpp.pic.o)

"$nm" -g --defined-only "$work"/*.o | awk 'NF == 3 && $3 !~ /^je_/ { print $3, "pooltag_je_" $3 }' |
    sort -u > "$work/names"
for name in mmap munmap mprotect madvise secure_getenv readlink pthread_atfork dlsym exp log round; do
    echo "$name pooltag_je_sys_$name"
done >> "$work/names"
echo "_Unwind_Backtrace pooltag_je_sys_Unwind_Backtrace
_Unwind_GetIP pooltag_je_sys_Unwind_GetIP" >> "$work/names"

# jemalloc calls back into its public names; those references are renamed with the definitions.
for object in "$work"/*.o; do
    "$objcopy" --redefine-syms="$work/names" --weaken-symbol=je_opt_cache_oblivious "$object"
done
"$objcopy" --redefine-sym je_extent_alloc_mmap=pooltag_je_map_table "$work/base.pic.o"
rm -f "$output"
"$ar" rcs "$output" "$work"/*.o

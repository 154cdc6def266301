/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz.h - what the fuzz targets share
 *
 * A target is one function that takes any bytes and must come back from them: no crash, no hang, no
 * access the sanitizers object to, and what the interface promises must hold (fuzz_demand). With
 * clang and -Dfuzz=true libFuzzer calls it (tests/fuzz/fuzz); else replay.c, with the files of the
 * corpus. One thread.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program when a promise is broken. */
#define fuzz_demand(condition)            \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

/* The bytes as a NUL-terminated string, until the next call. */
const char *fuzz_text(const uint8_t *data, size_t size);

/* The bytes as the content of a file in memory; its path, the same always. */
const char *fuzz_file(const uint8_t *data, size_t size);

/*
 * Gives back what the library under test had taken with base_arena_take and base_map_memory when this
 * was called before: what it took since may still be in use.
 */
void fuzz_reset(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - the values of POOLTAG_OPTIONS
 *
 * Callers: pool/init.c parses, everything reads. Locking: written once during init, read-only
 * afterwards. Context: never allocates, may run before libc is initialised.
 */
#ifndef LIB_BASE_OPTIONS_H
#define LIB_BASE_OPTIONS_H

#include "lib/base/compiler.h"

#define BASE_OPTION_TEXT_MAX          256

#define BASE_OPTION_TYPE_TEXT(name)   char name[BASE_OPTION_TEXT_MAX];
#define BASE_OPTION_TYPE_NUMBER(name) uint64_t name;
#define BASE_OPTION_TYPE_BOOL(name)   uint64_t name;

struct base_options {
#define POOLTAG_OPTION(name, type, default_value, min, max, help) BASE_OPTION_TYPE_##type(name)
#include <pooltag/options.def>
};

extern BASE_HIDDEN struct base_options base_options;

/*
 * Parses "key=value:key=value"; `text` may be NULL. Each unknown key or bad value is one note, and
 * the default stays.
 */
void base_options_parse(const char *text);

/*
 * The value of the environment variable `name`, or NULL. Works before libc has set up `environ`.
 * Answers NULL in privileged programs (AT_SECURE).
 */
const char *base_environment(const char *name);

#endif

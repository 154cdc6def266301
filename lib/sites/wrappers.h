/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wrappers.h - functions that allocate for their caller
 *
 * Purpose: xmalloc, g_strdup, std::vector::push_back and their like are stepped over, so that the
 * code which wanted the memory is charged. The list is wrappers.def.
 * Callers: pool/charge.c, the rules (whose own lines come first). Locking: none. Context:
 * async-signal-safe, never allocates; for the first sight of a site, as it compares with many
 * patterns.
 */
#ifndef LIB_SITES_WRAPPERS_H
#define LIB_SITES_WRAPPERS_H

/*
 * Whether the function is an allocation wrapper: 1 or 0. `module_path` is the path of the file it
 * is in, `linker_name` its name there, `readable` what sites_readable_name makes of it; a pattern
 * may match either name.
 */
int sites_is_wrapper(const char *module_path, const char *linker_name, const char *readable);

#endif

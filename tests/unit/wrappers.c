/* SPDX-License-Identifier: BSD-2-Clause */
/* Which functions are stepped over, and which are not however much they look like it; and the
 * matcher. */
#include "lib/sites/wrappers.h"
#include "lib/sites/glob.h"
#include "lib/sites/naming.h"
#include "tests/harness/tap.h"
#include <string.h>

struct decision {
	const char *module, *linker;
	int is_wrapper;
};

static const struct decision decisions[] = {
	{"/bin/a", "xmalloc", 1},
	{"/bin/a", "xstrdup", 1},
	{"/bin/a", "xnrealloc", 1},
	{"/bin/a", "my_malloc", 1},
	{"/bin/a", "safe_malloc.constprop.0", 1},
	{"/bin/a", "foo_strdup", 1},
	{"/bin/a", "operator_new", 0},
	{"/bin/a", "_Znwm", 1},
	{"/bin/a", "_ZN5redis4dictnwEm", 1},
	{"/usr/lib/libc.so.6", "__getdelim", 1},
	{"/usr/lib/libc.so.6", "fopen@@GLIBC_2.2.5", 0},
	{"/usr/lib/libc.so.6", "getcwd", 1},
	{"/bin/a", "getcwd", 0},
	{"/usr/lib/libglib-2.0.so.0", "g_malloc0", 1},
	{"/usr/lib/libglib-2.0.so.0", "g_hash_table_new", 0},
	{"/usr/lib/libcrypto.so.3", "CRYPTO_zalloc", 1},
	{"/usr/lib/libcrypto.so.3", "BN_new", 0},
	{"/usr/bin/redis-server", "zmalloc", 1},
	{"/usr/bin/redis-server", "ztrymalloc_usable", 1},
	{"/usr/bin/redis-server", "dictAddRaw", 0},
	{"/usr/bin/redis-server", "sdsnewlen", 0},
	{"/usr/sbin/nginx", "ngx_palloc_large", 1},
	{"/usr/sbin/nginx", "ngx_http_create_request", 0},
	{"/usr/bin/postgres", "AllocSetContextCreateInternal", 1},
	{"/usr/bin/postgres", "heap_insert", 0},
	{"/usr/lib/libsqlite3.so.0", "sqlite3MemMalloc", 1},
	{"/usr/lib/libsqlite3.so.0", "sqlite3BtreeOpen", 0},
	{"/usr/lib/libsqlite3.so.0", "pcache1Alloc", 0},
	{"/usr/bin/python3.11", "_PyObject_GC_NewVar", 1},
	{"/usr/bin/python3.11", "PyType_GenericAlloc", 1},
	{"/usr/bin/python3.11", "list_resize", 0},
	{"/usr/bin/python3.11", "PyList_New", 0},
	{"/usr/bin/perl", "Perl_safesysmalloc", 1},
	{"/usr/bin/perl", "S_more_sv", 0},
	{"/usr/bin/lua", "luaM_realloc_", 1},
	{"/usr/bin/lua", "luaH_new", 0},
	{"/bin/a",
	 "_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJiEEEvN9__gnu_cxx17__normal_iteratorIPiS1_"
	 "EEDpOT_",
	 1},
	{"/bin/a", "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_createERmm", 1},
	{"/bin/a", "_ZN9__gnu_cxx13new_allocatorIiE8allocateEmPKv", 1},
	{"/bin/a", "_ZNSt15__new_allocatorIiE8allocateEmPKv", 1},
	{"/bin/a",
	 "_ZNSt8__detail16_Hashtable_allocISaINS_10_Hash_nodeIiLb0EEEEE16_M_allocate_nodeIJiEEEPS2_"
	 "DpOT_",
	 1},
	{"/bin/a",
	 "_ZNSt8_Rb_treeIiiSt9_IdentityIiESt4lessIiESaIiEE14_M_create_nodeIJiEEEPSt13_Rb_tree_"
	 "nodeIiEDpOT_",
	 1},
	{"/bin/a",
	 "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
	 0},
	{"/bin/a", "_ZN5redis4dict3addEv", 0},
	{"/bin/a", "_ZN5redis6vector9push_backEv", 0},
	{"/bin/a", "__rust_alloc", 1},
	{"/bin/a", "_RNvCsiKbRVMA2DXN_7___rustc12___rust_alloc", 1},
	{"/bin/a", "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE", 1},
	{"/bin/a", "_ZN1r4dict13Dict$LT$T$GT$3add17h40a678349903e856E", 0},
	{"/bin/a", "main", 0},
	{"/bin/a", "cmd_malloc", 0},
	{"/bin/a", "alloc_inode", 0},
	{"/bin/a", "inode_alloc", 0},
	{"/bin/a", "malloc_init_arena", 0},
	{"/bin/a", "", 0},
};

static void check_decision(const struct decision *decision)
{
	char readable[SITES_READABLE_MAX];

	sites_readable_name(decision->linker, readable, sizeof(readable));
	ok(sites_is_wrapper(decision->module, decision->linker, readable) == decision->is_wrapper,
	   "%s%s", readable, decision->is_wrapper ? " is stepped over" : " is charged");
}

static void check_globs(void)
{
	static const struct {
		const char *pattern, *text;
		int matches;
	} globs[] = {
		{"", "", 1},
		{"", "a", 0},
		{"*", "", 1},
		{"*", "a/b", 1},
		{"?", "", 0},
		{"?", "a", 1},
		{"?", "ab", 0},
		{"a*c", "abc", 1},
		{"a*c", "abcd", 0},
		{"*abc", "ababc", 1},
		{"a*b*c", "aXbXbc", 1},
		{"a*b*c", "aXcXb", 0},
		{"***", "x", 1},
		{"*?", "", 0},
		{"*?", "a", 1},
		{"A", "a", 0},
		{"*a?", "aab", 1},
		{"[a]", "a", 0},
		{"a", "a*", 0},
		{"a\\*", "a*", 0},
		{"libc.so*", "libc.so.6", 1},
		{"libc.so*", "libcrypto.so.3", 0},
	};

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		ok(sites_glob_match(globs[i].pattern, globs[i].text) == globs[i].matches,
		   "glob '%s' and '%s'", globs[i].pattern, globs[i].text);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++)
		check_decision(&decisions[i]);
	check_globs();
	return done();
}

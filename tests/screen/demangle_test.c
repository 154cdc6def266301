/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demangle_test.c - linker names and what is shown for them
 */
#include "common/demangle.h"
#include "harness/tap.h"

#include <stdlib.h>

static const struct {
	const char *linker;
	const char *shown;
} names[] = {
	{"malloc", "malloc"},
	{"", ""},
	{"_Z", "_Z"},
	{"_ZNot a name", "_ZNot a name"},
	{"_Z3foov", "foo"},
	{"_Z1fPFviE", "f"},
	{"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
	{"_ZN12_GLOBAL__N_13fooEi", "(anonymous namespace)::foo"},
	{"_ZNK3FooclEii", "Foo::operator()"},
	{"_ZN3FoocvbEv", "Foo::operator bool"},
	{"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()"},
	{"_ZNSt8functionIFviEEC2ES1_", "std::function<void (int)>::function"},
	{"_ZN2ns1fIiEEvT_", "ns::f<int>"},
	{"_ZSt11make_uniqueI3FooJEENSt8__detail9_MakeUniqIT_E15__single_objectEDpOT0_",
	 "std::make_unique<Foo>"},
	{"_ZN3FoolsIiEERS_T_", "Foo::operator<< <int>"},
	{"_ZN3Foo3barEv.cold", "Foo::bar"},
	{"f.constprop.0.isra.1", "f"},
	{"main.main", "main.main"},
	{"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"},
	{"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE.llvm.123",
	 "core::fmt::Write::write_fmt"},
	{"_ZN63_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..clone..Clone$GT$"
	 "5clone17h0123456789abcdefE",
	 "<alloc::vec::Vec<T> as core::clone::Clone>::clone"},
	/* Rust's own scheme, since 1.37 by choice. */
	{"_RNvC6_123foo3bar", "123foo::bar"},
	{"_RNvCs6GmmlP4bgsG_1r4main", "r::main"},
	{"_RINvCs6GmmlP4bgsG_1r3hofNCNvB2_4mains_0EB2_", "r::hof::<r::main::{closure#1}>"},
	{"_RINvMNtNtCsgEmfK2I1SDS_4core3fmt2rtNtB3_8Argument9new_debugINtNtCslNYArtu3iFV_"
	 "5alloc3vec3VechE"
	 "ECs6GmmlP4bgsG_1r",
	 "<core::fmt::rt::Argument>::new_debug::<alloc::vec::Vec<u8>>"},
	{"_RNvCs6GmmlP4bgsG_1r4main.llvm.42", "r::main"},
	{"_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
	 "utf8_idents::საჭმელად_გემრიელი_სადილი"},
	{"_R", "_R"},
	{"_RNvC", "_RNvC"},
};

/*
 * A short name can stand for a text of any length: `count` times, each part is twice the one before.
 * Whoever may write a segment may write such names, so they must be neither slow nor long.
 */
static void check_bomb(const char *name, const char *linker)
{
	char *shown = demangle_name(linker);
	size_t length = strlen(shown);

	ok(length > 0 && length < 1100, "%s: %zu bytes stand for no more than %zu", name,
	   strlen(linker), length);
	free(shown);
}

static void check_bombs(void)
{
	char linker[1024] = "_Z1fISt4pairIiiE";

	/* pair<S0, S0>, of which the next is pair<S1, S1>, and so on. */
	for (int i = 0; i < 30; i++) {
		char number[4] = {(char)(i < 10 ? '0' + i : 'A' + i - 10), '_', 0};

		sprintf(linker + strlen(linker), "S_IS%sS%sE", number, number);
	}
	strcat(linker, "Evv");
	check_bomb("C++", linker);
	strcpy(linker, "_RINvC1a1b");
	/* Tuples of the tuple before, by its place in the name. */
	strcat(linker, "TllE");
	for (int i = 0, at = 8; i < 30; i++) {
		static const char digits[] =
			"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
		char back[8];
		int here = (int)strlen(linker) - 2;

		if (at - 1 < 62)
			sprintf(back, "B%c_", digits[at - 1]);
		else
			sprintf(back, "B%c%c_", digits[(at - 1) / 62], digits[(at - 1) % 62]);
		sprintf(linker + strlen(linker), "T%s%sE", back, back);
		at = here;
	}
	strcat(linker, "E");
	check_bomb("Rust", linker);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *shown = demangle_name(names[i].linker);

		if (!ok(strcmp(shown, names[i].shown) == 0, "%s", names[i].linker))
			diag("shown as %s", shown);
		free(shown);
	}
	check_bombs();
	return done();
}

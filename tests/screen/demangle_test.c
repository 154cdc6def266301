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
};

int main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *shown = demangle_name(names[i].linker);

		if (!ok(strcmp(shown, names[i].shown) == 0, "%s", names[i].linker))
			diag("shown as %s", shown);
		free(shown);
	}
	return done();
}

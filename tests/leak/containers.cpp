// SPDX-License-Identifier: BSD-2-Clause
// containers.cpp - C++'s containers and pointers, lost and kept
//
// containers NAME leak|keep. The blocks are made by the library's own code, so they are told to be
// of a class by hand; where a container points at itself, which block is the definite one depends on
// their addresses, and only the sum is said (as `lost`, by run.py's count of both classes).
#include "expect.h"
#include <cstdlib>
#include <cstring>
#include <forward_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace
{
using strings = std::vector<std::string>;

strings *volatile kept_strings;
std::forward_list<int> *volatile kept_list;
std::map<int, std::string> *volatile kept_map;
std::shared_ptr<int> *volatile kept_shared;

struct counted {
	virtual ~counted() = default;
	long value = 0;
};

counted *volatile kept_array;

const char *name_of(bool leak, const char *lost)
{
	return leak ? lost : "reachable";
}

__attribute__((noinline)) void vector(bool leak)
{
	auto *made = new strings;

	made->reserve(3);
	for (int i = 0; i < 3; i++)
		made->push_back(std::string(50, 'x'));
	expect_more(name_of(leak, "definite"), 1, sizeof(strings));
	expect_more(name_of(leak, "indirect"), 1, 3 * sizeof(std::string));
	expect_more(name_of(leak, "indirect"), 3, 3 * 51);
	kept_strings = leak ? nullptr : made;
}

__attribute__((noinline)) void list(bool leak)
{
	auto *made = new std::forward_list<int>;

	for (int i = 0; i < 100; i++)
		made->push_front(i);
	expect_more(name_of(leak, "definite"), 1, sizeof(*made));
	expect_more(name_of(leak, "indirect"), 100, 100 * 16);
	kept_list = leak ? nullptr : made;
}

__attribute__((noinline)) void shared(bool leak)
{
	auto *made = new std::shared_ptr<int>(new int(5));

	// A control block of 24 bytes points to the int.
	expect_more(name_of(leak, "definite"), 1, sizeof(*made));
	expect_more(name_of(leak, "indirect"), 2, 4 + 24);
	if (leak)
		return;
	kept_shared = made;
}

__attribute__((noinline)) void map(bool leak)
{
	auto *made = new std::map<int, std::string>;

	for (int i = 0; i < 50; i++)
		(*made)[i] = "short";
	expect_more(name_of(leak, "definite"), 1, sizeof(*made));
	expect_more(name_of(leak, "indirect"), 50, 50 * 72);
	kept_map = leak ? nullptr : made;
}

// The pointer the program has is 8 bytes behind the block's start, where the count stands.
__attribute__((noinline)) void array(bool leak)
{
	auto *made = new counted[4];

	expect_more(leak ? "definite" : "possible", 1, 4 * sizeof(counted) + 8);
	kept_array = leak ? nullptr : made;
}

// Of none there is only the count: the pointer is one past the block's end.
__attribute__((noinline)) void array_of_none(bool leak)
{
	volatile std::size_t none = 0;
	auto *made = new counted[none];

	expect_more(name_of(leak, "definite"), 1, 8);
	kept_array = leak ? nullptr : made;
}

const struct {
	const char *name;
	void (*run)(bool leak);
} shapes[] = {{"vector", vector}, {"list", list},   {"shared", shared},
	      {"map", map},       {"array", array}, {"array_of_none", array_of_none}};
} // namespace

int main(int argc, char **argv)
{
	for (const auto &shape : shapes)
		if (argc > 2 && std::strcmp(shape.name, argv[1]) == 0) {
			shape.run(std::strcmp(argv[2], "leak") == 0);
			scrub();
			expect_print();
			return 0;
		}
	must(0, "usage: containers NAME leak|keep");
}

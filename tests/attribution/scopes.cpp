// SPDX-License-Identifier: BSD-2-Clause
// scopes.cpp - scopes as objects, left by exceptions; the table is scopes.expect
#include "host.h"

#include <pooltag/pooltag.h>
#include <stdexcept>
#include <string>
#include <vector>

constexpr pooltag_tag outer = POOLTAG_TAG('O', 'u', 't', 'r');
constexpr pooltag_tag inner = POOLTAG_TAG('I', 'n', 'n', 'r');

extern "C" SITE void *allocate(std::size_t size);

extern "C" SITE void *allocate(std::size_t size)
{
	void *block = std::malloc(size);
	KEEP(block);
	return block;
}

SITE void throws(int depth)
{
	pooltag::scope scope(inner);

	allocate(20);
	if (depth == 0)
		throw 1;
	throws(depth - 1);
	STAY();
}

SITE void containers()
{
	pooltag::scope scope(inner);
	std::vector<std::string> texts;

	texts.reserve(4);
	texts.emplace_back(100, 'x');
	STAY();
}

int main()
{
	{
		pooltag::scope scope(outer);
		allocate(10);
		try {
			throws(3);
		} catch (int) {
			allocate(10);
		}
		containers();
		allocate(10);
	}
	allocate(10);
	return 0;
}

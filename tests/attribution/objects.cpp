// SPDX-License-Identifier: BSD-2-Clause
// objects.cpp - classes, namespaces, templates, lambdas, containers; the table is objects.expect
#include "host.h"

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace shop
{
struct item {
	char bytes[48];
};

class cart
{
      public:
	SITE cart()
	{
		first_ = new item;
		KEEP(first_);
	}

	SITE ~cart()
	{
		delete first_;
		STAY();
	}

	SITE void add(int count)
	{
		for (int i = 0; i < count; i++) {
			item *more = new item;
			KEEP(more);
			delete more;
		}
		STAY();
	}

	SITE static char *bytes(std::size_t size)
	{
		char *block = new char[size];
		KEEP(block);
		return block;
	}

      private:
	item *first_;
};

template <typename T> struct holder {
	SITE T *make(std::size_t count)
	{
		T *block = new T[count];
		KEEP(block);
		return block;
	}
};

SITE void *in_namespace()
{
	void *block = ::operator new(77, std::nothrow);
	KEEP(block);
	return block;
}

namespace
{
SITE void *hidden()
{
	void *block = ::operator new(64, std::align_val_t(64));
	KEEP(block);
	return block;
}
} // namespace
} // namespace shop

struct stock {
	SITE void operator()()
	{
		int *number = new int(1);
		KEEP(number);
		delete number;
		STAY();
	}
};

// What containers take is their owner's, through all of libstdc++'s layers.
struct owner {
	std::vector<long> numbers;
	std::map<int, int> sorted;
	std::unordered_map<int, int> hashed;
	std::string text;
	std::set<std::string> names;
	std::shared_ptr<shop::item> shared;
	std::unique_ptr<shop::item> unique;

	SITE void fill_vector()
	{
		numbers.reserve(100);
		STAY();
	}

	SITE void fill_map()
	{
		for (int i = 0; i < 10; i++)
			sorted[i] = i;
		STAY();
	}

	SITE void fill_string()
	{
		text.assign(200, 'x');
		STAY();
	}

	SITE void fill_set()
	{
		names.insert("short");
		STAY();
	}

	SITE void fill_shared()
	{
		shared = std::make_shared<shop::item>();
		STAY();
	}

	SITE void fill_unique()
	{
		unique = std::make_unique<shop::item>();
		STAY();
	}

	SITE void fill_hashed()
	{
		hashed.emplace(1, 2);
		STAY();
	}
};

SITE void push_back_everything()
{
	std::vector<long> numbers;

	for (long i = 0; i < 8; i++)
		numbers.push_back(i);
	STAY();
}

// The exception object is made by libstdc++ for who throws it.
SITE void throws()
{
	throw 5L;
}

SITE void with_lambda()
{
	auto lambda = []() SITE {
		void *block = std::malloc(55);
		KEEP(block);
		std::free(block);
		STAY();
	};

	for (int i = 0; i < 6; i++)
		lambda();
	STAY();
}

int main()
{
	{
		shop::cart cart;
		cart.add(5);
	}
	delete[] shop::cart::bytes(1000);
	shop::holder<int>().make(10);
	shop::holder<double>().make(10);
	::operator delete(shop::in_namespace());
	::operator delete(shop::hidden(), std::align_val_t(64));
	stock()();
	with_lambda();
	push_back_everything();
	try {
		throws();
	} catch (long) {
	}
	owner *all = new owner;
	KEEP(all);
	all->fill_vector();
	all->fill_map();
	all->fill_string();
	all->fill_set();
	all->fill_shared();
	all->fill_unique();
	all->fill_hashed();
	return 0;
}

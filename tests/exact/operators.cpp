// SPDX-License-Identifier: BSD-2-Clause
// operators.cpp - every form of operator new and delete
#include <cstdio>
#include <new>

namespace
{
struct alignas(64) wide {
	char bytes[192];
};

struct with_destructor {
	int value = 7;

	~with_destructor()
	{
		value = 0;
	}
};

// Keeps the compiler from removing the pair.
void *volatile sink;

template <typename T> T *seen(T *block)
{
	sink = block;
	return block;
}
} // namespace

int main()
{
	for (int i = 1; i < 300; i++) {
		delete seen(new int(i));
		delete[] seen(new char[static_cast<unsigned>(i) * 100]);
		delete[] seen(new with_destructor[static_cast<unsigned>(i)]);
		delete seen(new wide());
		delete[] seen(new wide[static_cast<unsigned>(i)]);
		delete seen(new (std::nothrow) long(i));
		delete[] seen(new (std::nothrow) wide[3]);
		::operator delete(seen(::operator new(static_cast<unsigned>(i))));
		::operator delete(seen(::operator new(10)), std::size_t(10));
		::operator delete(seen(::operator new(100, std::align_val_t(256))),
				  std::align_val_t(256));
		::operator delete[](seen(::operator new[](100, std::align_val_t(32))), 100,
				    std::align_val_t(32));
		if (i % 10 == 0)
			seen(new double(i)); // left over on purpose
	}
	std::puts("done");
}

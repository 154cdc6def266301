// SPDX-License-Identifier: BSD-2-Clause
// operators.cpp - every form of operator new and delete, bad_alloc and new-handlers. Writes TAP.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <malloc.h>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{
int cases;
int failures;

void check(bool good, const char *what)
{
	std::printf("%s %d - %s\n", good ? "ok" : "not ok", ++cases, what);
	failures += !good;
}

std::size_t opaque(std::size_t size)
{
	volatile std::size_t copy = size;
	return copy;
}

bool aligned(const void *block, std::size_t alignment)
{
	return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

constexpr std::size_t huge = std::numeric_limits<std::ptrdiff_t>::max();
constexpr std::align_val_t line{64};
constexpr std::align_val_t page{4096};

void test_forms()
{
	bool good = true;

	for (std::size_t size = 0; size < 100000; size = size * 2 + 1) {
		void *b = ::operator new(opaque(size));
		good = good && b && malloc_usable_size(b) >= size;
		std::memset(b, 1, malloc_usable_size(b));
		::operator delete(b);
		b = ::operator new[](opaque(size));
		good = good && b;
		::operator delete[](b);
		b = ::operator new(opaque(size));
		::operator delete(b, size);
		b = ::operator new[](opaque(size));
		::operator delete[](b, size);
		b = ::operator new(opaque(size), std::nothrow);
		good = good && b;
		::operator delete(b, std::nothrow);
		b = ::operator new[](opaque(size), std::nothrow);
		good = good && b;
		::operator delete[](b, std::nothrow);
	}
	check(good, "plain, array, sized and nothrow forms");
	for (std::size_t size = 0; size < 100000; size = size * 2 + 1) {
		void *b = ::operator new(opaque(size), line);
		good = good && b && aligned(b, 64);
		::operator delete(b, line);
		b = ::operator new[](opaque(size), page);
		good = good && b && aligned(b, 4096);
		::operator delete[](b, page);
		b = ::operator new(opaque(size), page);
		good = good && b && aligned(b, 4096);
		::operator delete(b, size, page);
		b = ::operator new[](opaque(size), line);
		good = good && b && aligned(b, 64);
		::operator delete[](b, size, line);
		b = ::operator new(opaque(size), line, std::nothrow);
		good = good && b && aligned(b, 64);
		::operator delete(b, line, std::nothrow);
		b = ::operator new[](opaque(size), page, std::nothrow);
		good = good && b && aligned(b, 4096);
		::operator delete[](b, page, std::nothrow);
	}
	check(good, "aligned forms: plain, array, sized and nothrow");
	::operator delete(nullptr);
	::operator delete[](nullptr);
	::operator delete(nullptr, std::size_t(8));
	::operator delete(nullptr, line);
	::operator delete[](nullptr, std::size_t(8), line);
	check(true, "delete of nullptr does nothing");
	void *one = ::operator new(opaque(0));
	void *two = ::operator new(opaque(0));
	check(one && two && one != two, "new of size 0 gives distinct blocks");
	::operator delete(one);
	::operator delete(two);
}

template <typename Call> bool throws_bad_alloc(Call call)
{
	try {
		call();
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

void test_failure()
{
	check(throws_bad_alloc([] { return ::operator new(opaque(huge)); }),
	      "new throws bad_alloc");
	check(throws_bad_alloc([] { return ::operator new[](opaque(huge)); }),
	      "new[] throws bad_alloc");
	check(throws_bad_alloc([] { return ::operator new(opaque(huge), line); }),
	      "aligned new throws bad_alloc");
	check(throws_bad_alloc([] { return ::operator new[](opaque(huge), page); }),
	      "aligned new[] throws bad_alloc");
	check(throws_bad_alloc([] { return ::operator new(opaque(SIZE_MAX)); }),
	      "new of SIZE_MAX throws bad_alloc");
	check(::operator new(opaque(huge), std::nothrow) == nullptr, "nothrow new answers nullptr");
	check(::operator new[](opaque(huge), std::nothrow) == nullptr,
	      "nothrow new[] answers nullptr");
	check(::operator new(opaque(huge), line, std::nothrow) == nullptr,
	      "nothrow aligned new answers nullptr");
	check(::operator new[](opaque(huge), page, std::nothrow) == nullptr,
	      "nothrow aligned new[] answers nullptr");
}

int handler_calls;

void counting_handler()
{
	if (++handler_calls == 3)
		std::set_new_handler(nullptr);
}

void throwing_handler()
{
	handler_calls++;
	throw std::bad_alloc();
}

void test_handler()
{
	std::set_new_handler(counting_handler);
	handler_calls = 0;
	check(throws_bad_alloc([] { return ::operator new(opaque(huge)); }) && handler_calls == 3,
	      "new calls the new-handler until there is none");
	std::set_new_handler(counting_handler);
	handler_calls = 0;
	check(::operator new(opaque(huge), std::nothrow) == nullptr &&handler_calls == 3,
	      "nothrow new calls the new-handler too");
	std::set_new_handler(counting_handler);
	handler_calls = 0;
	check(throws_bad_alloc([] { return ::operator new(opaque(huge), line); }) &&
		      handler_calls == 3,
	      "aligned new calls the new-handler");
	std::set_new_handler(throwing_handler);
	handler_calls = 0;
	check(throws_bad_alloc([] { return ::operator new[](opaque(huge)); }) && handler_calls == 1,
	      "what the new-handler throws passes through new[]");
	check(::operator new(opaque(huge), std::nothrow) == nullptr,
	      "nothrow new answers nullptr when the handler throws");
	std::set_new_handler(nullptr);
}

void test_library()
{
	std::vector<std::thread> threads;
	bool good[4] = {};

	for (int i = 0; i < 4; i++)
		threads.emplace_back([i, &good] {
			good[i] = throws_bad_alloc([] { return ::operator new(opaque(huge)); });
		});
	for (auto &thread : threads)
		thread.join();
	check(good[0] && good[1] && good[2] && good[3], "bad_alloc in four threads at once");
	bool length = false;
	try {
		std::vector<char> vector;
		vector.reserve(opaque(SIZE_MAX));
	} catch (const std::length_error &) {
		length = true;
	}
	check(length, "the library's own checks still work");
	std::pmr::monotonic_buffer_resource pool;
	std::pmr::vector<std::pmr::string> strings(&pool);
	for (int i = 0; i < 1000; i++)
		strings.emplace_back("a string too long to stand in the object " +
				     std::to_string(i));
	check(strings.back().back() == '9', "memory resources");
}
} // namespace

int main()
{
	std::setvbuf(stdout, nullptr, _IOLBF, 0);
	test_forms();
	test_failure();
	test_handler();
	test_library();
	std::printf("1..%d\n", cases);
	return failures != 0;
}

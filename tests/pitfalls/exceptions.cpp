// SPDX-License-Identifier: BSD-2-Clause
//
// exceptions.cpp - exceptions that pass through callbacks, constructors and the allocator itself
//
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

struct Member {
	std::string text = std::string(100, 'm');
};

struct Half {
	Member first;
	std::unique_ptr<Member> second = std::make_unique<Member>();

	explicit Half(bool fail)
	{
		if (fail)
			throw std::runtime_error(std::string(200, 'e'));
	}
};

int throw_out_of_sort(const void *a, const void *b)
{
	static int count;

	if (++count % 50 == 0)
		throw count;
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

int caught;

void constructors()
{
	for (int i = 0; i < 300; i++) {
		try {
			std::vector<std::unique_ptr<Half>> halves;

			for (int j = 0; j < 10; j++)
				halves.push_back(std::make_unique<Half>(j == 9));
		} catch (const std::runtime_error &error) {
			caught += std::string(error.what()).size() == 200;
		}
	}
}

void sorts()
{
	int numbers[100];

	for (int i = 0; i < 100; i++) {
		for (int j = 0; j < 100; j++)
			numbers[j] = (j * 37 + i) % 101;
		try {
			qsort(numbers, 100, sizeof numbers[0], throw_out_of_sort);
		} catch (int) {
			caught++;
		}
	}
}

// More than there is, in every form of new.
void out_of_memory()
{
	const std::size_t much = std::size_t{1} << 46;
	volatile std::size_t size = much;

	for (int i = 0; i < 100; i++) {
		try {
			delete[] new char[size];
		} catch (const std::bad_alloc &) {
			caught++;
		}
		caught += new (std::nothrow) char[size] == nullptr;
		try {
			::operator delete (::operator new (size, std::align_val_t{64}),
					   std::align_val_t{64});
		} catch (const std::bad_alloc &) {
			caught++;
		}
	}
}

int handler_calls;

void give_up_at_third()
{
	if (++handler_calls == 3)
		std::set_new_handler(nullptr);
}

void handler()
{
	volatile std::size_t size = std::size_t{1} << 46;

	std::set_new_handler(give_up_at_third);
	try {
		delete[] new char[size];
	} catch (const std::bad_alloc &) {
		caught++;
	}
}

} // namespace

int main()
{
	std::vector<std::thread> threads;

	constructors();
	sorts();
	out_of_memory();
	handler();
	for (int i = 0; i < 4; i++)
		threads.emplace_back([] {
			std::exception_ptr kept;

			try {
				throw std::length_error(std::string(5000, 'x'));
			} catch (...) {
				kept = std::current_exception();
			}
			try {
				std::rethrow_exception(kept);
			} catch (const std::exception &) {
			}
		});
	for (std::thread &thread : threads)
		thread.join();
	std::printf("%d caught, %d calls of the handler\n", caught, handler_calls);
	return 0;
}

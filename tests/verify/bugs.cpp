// SPDX-License-Identifier: BSD-2-Clause
/* bugs.cpp - one bug per name, for a verified process to catch; the list ends in main's table */
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

namespace
{

/* Hides a pointer from a compiler that would warn of, or use, what happens to it. */
char *launder(void *block)
{
	void *volatile copy = block;

	return static_cast<char *>(copy);
}

char *make(size_t size)
{
	char *block = launder(malloc(size));

	memset(block, 'm', size);
	return block;
}

/* The end of a string that is a byte longer than its block. */
void overrun_nul()
{
	char *block = make(40);

	block[40] = '\0';
	free(block);
}

void overrun_page()
{
	char *block = make(4096);

	block[4096] = 'x';
	free(block);
}

void overrun_large()
{
	char *block = make(100000);

	block[100000] = 'x';
	free(block);
}

/* realloc is a free as well. */
void overrun_grown()
{
	char *block = make(24);

	block[24] = 'x';
	free(realloc(block, 100));
}

/* Over everything that is known of the block in the block. */
void overrun_long()
{
	char *block = make(40);

	memset(block, 'x', 80);
	free(block);
}

/* It has written over what is in front of its start, the end of another block. */
void underrun()
{
	char *blocks[64];

	for (char *&block : blocks)
		block = make(40);
	for (char *block : blocks)
		memset(block - 4, 'u', 4);
	for (char *block : blocks)
		free(block);
}

void used_after_free()
{
	char *block = make(40);

	free(block);
	launder(block)[8] = 'x';
}

void used_after_free_large()
{
	char *block = make(100000);

	free(block);
	launder(block)[5000] = 'x';
	launder(block)[5001] = 'y';
}

/* It is seen when others push it out of the quarantine, long before the end. */
void used_after_free_long_ago()
{
	char *block = make(40);

	free(block);
	launder(block)[0] = 'x';
	for (int i = 0; i < 100000; i++)
		free(make(100));
	puts("not noticed in time");
	fflush(stdout);
}

void double_free()
{
	char *block = make(40);

	free(block);
	free(launder(block));
}

void double_free_huge()
{
	char *block = make(30000000);

	free(block);
	free(launder(block));
}

void new_free()
{
	free(launder(new char));
}

void malloc_delete()
{
	delete launder(malloc(40));
}

void array_delete()
{
	delete launder(new char[40]);
}

void new_array_delete()
{
	delete[] launder(new char);
}

void delete_size()
{
	operator delete (launder(operator new(40)), size_t{48});
}

void new_grown()
{
	free(realloc(launder(new char), 40));
}

void special_write()
{
	char *block = make(32);

	block[32] = 'x';
	free(block);
}

void special_read()
{
	char *block = make(4096);
	volatile char byte = block[4096 + 7];

	free(block + (byte & 0));
}

/* A size that is no multiple of the alignment leaves bytes in front of the guard page. */
void special_near()
{
	char *block = make(20);

	block[20] = 'x';
	free(block);
}

void special_before()
{
	char *block = make(32);

	block[-1] = 'x';
	free(block);
}

void special_freed()
{
	char *block = make(32);

	free(block);
	volatile char byte = launder(block)[3];

	(void)byte;
}

void special_double_free()
{
	char *block = make(32);

	free(block);
	free(launder(block));
}

/* A handler that does what handlers may not, while the report of its process is made. */
void handler_allocates()
{
	signal(SIGABRT, [](int) { free(make(100)); });
	overrun_nul();
}

/* Several threads find something at once; the process must end all the same. */
void all_at_once()
{
	std::vector<std::thread> threads;
	std::atomic<int> ready{0};

	for (int i = 0; i < 4; i++)
		threads.emplace_back([&ready] {
			ready++;
			while (ready < 4)
				;
			overrun_nul();
		});
	for (std::thread &thread : threads)
		thread.join();
}

/* Uses that are right, each close to one that is not. */
void nothing()
{
	char *block = make(40);

	block = static_cast<char *>(realloc(block, 50));
	block = static_cast<char *>(realloc(block, 20000));
	free(launder(block));
	free(calloc(10, 10));
	free(aligned_alloc(64, 128));
	free(make(0));
	delete launder(new char);
	delete[] launder(new char[3]);
	operator delete (launder(operator new(40)), size_t{40});
	operator delete (operator new (40, std::align_val_t{128}), size_t{40},
			 std::align_val_t{128});
	operator delete[](operator new[](40, std::nothrow), std::nothrow);
	for (size_t size = 0; size < 40000; size += 61)
		free(make(size));
}

const struct {
	const char *name;
	void (*bug)();
} bugs[] = {
	{"overrun-nul", overrun_nul},
	{"overrun-page", overrun_page},
	{"overrun-large", overrun_large},
	{"overrun-grown", overrun_grown},
	{"overrun-long", overrun_long},
	{"underrun", underrun},
	{"used-after-free", used_after_free},
	{"used-after-free-large", used_after_free_large},
	{"used-after-free-long-ago", used_after_free_long_ago},
	{"double-free", double_free},
	{"double-free-huge", double_free_huge},
	{"new-free", new_free},
	{"malloc-delete", malloc_delete},
	{"array-delete", array_delete},
	{"new-array-delete", new_array_delete},
	{"delete-size", delete_size},
	{"new-grown", new_grown},
	{"special-write", special_write},
	{"special-read", special_read},
	{"special-near", special_near},
	{"special-before", special_before},
	{"special-freed", special_freed},
	{"special-double-free", special_double_free},
	{"handler-allocates", handler_allocates},
	{"all-at-once", all_at_once},
	{"nothing", nothing},
};

} // namespace

int main(int argc, char **argv)
{
	for (const auto &entry : bugs)
		if (argc == 2 && strcmp(argv[1], entry.name) == 0) {
			entry.bug();
			puts("not noticed");
			return 0;
		}
	fputs("usage: bugs BUG\n", stderr);
	return 2;
}

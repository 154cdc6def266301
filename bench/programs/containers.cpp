// SPDX-License-Identifier: BSD-2-Clause
//
// containers.cpp - maps, strings, vectors and shared pointers in four threads
//
// containers [SCALE]: SCALE is a percentage of the work (default 100). Prints a checksum.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

constexpr unsigned thread_count = 4;

struct record {
	std::string name;
	std::vector<std::uint32_t> values;
	std::shared_ptr<record> previous;
};

std::uint64_t next(std::uint64_t &state)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 33;
}

std::uint64_t build(std::uint64_t seed, unsigned count)
{
	std::map<std::string, record> ordered;
	std::unordered_map<std::uint64_t, std::shared_ptr<record>> hashed;
	std::uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++) {
		std::uint64_t key = next(seed) % (count / 2 + 1);
		std::string name = "record number " + std::to_string(key);
		record &entry = ordered[name];

		entry.name += std::to_string(i);
		for (unsigned j = 0; j < key % 12; j++)
			entry.values.push_back(static_cast<std::uint32_t>(next(seed)));
		auto copy = std::make_shared<record>(entry);
		auto &slot = hashed[key % 4096];
		copy->previous = i % 64 ? slot : nullptr;
		slot = std::move(copy);
		if (i % 5 == 0)
			ordered.erase(ordered.begin());
	}
	for (const auto &entry : ordered)
		sum += entry.second.values.size() + entry.second.name.size();
	for (const auto &entry : hashed)
		sum += entry.second->name.size();
	return sum;
}

} // namespace

int main(int argc, char **argv)
{
	unsigned count = 2500u * (argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 100u);
	std::uint64_t sums[thread_count] = {};
	std::vector<std::thread> threads;

	for (unsigned i = 0; i < thread_count; i++)
		threads.emplace_back([&sums, i, count] { sums[i] = build(i + 1, count); });
	for (auto &thread : threads)
		thread.join();
	std::printf("%llu\n",
		    static_cast<unsigned long long>(sums[0] + sums[1] + sums[2] + sums[3]));
	return 0;
}

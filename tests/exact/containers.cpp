// SPDX-License-Identifier: BSD-2-Clause
// containers.cpp - the standard library's containers, strings, streams, functions and exceptions
#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{
void associative()
{
	std::map<std::string, std::vector<int>> tree;
	std::unordered_map<int, std::string> table;
	std::multiset<long> numbers;

	for (int i = 0; i < 5000; i++) {
		tree["key number " + std::to_string(i % 700)].push_back(i);
		table[i] = std::string(static_cast<unsigned>(i % 50), 'x');
		numbers.insert(i * 7919 % 1000);
	}
	for (int i = 0; i < 5000; i += 3)
		table.erase(i);
	std::cout << tree.size() << ' ' << table.size() << ' ' << numbers.count(7) << '\n';
}

void sequences()
{
	std::vector<std::string> texts;
	std::deque<int> queue;
	std::list<std::unique_ptr<int>> chain;

	for (int i = 0; i < 3000; i++) {
		texts.push_back(std::string("text ") + std::to_string(i * 31 % 3000));
		queue.push_front(i);
		chain.push_back(std::make_unique<int>(i));
		if (i % 2)
			queue.pop_back();
	}
	std::stable_sort(texts.begin(), texts.end());
	texts.shrink_to_fit();
	std::cout << texts.front() << ' ' << queue.size() << ' ' << *chain.back() << '\n';
}

void others()
{
	std::ostringstream stream;
	std::vector<std::function<int()>> functions;
	auto shared = std::make_shared<std::string>(1000, 's');

	for (int i = 0; i < 300; i++) {
		stream << i << ' ';
		functions.push_back([shared, i, name = std::to_string(i)] {
			return i + static_cast<int>(name.size() + shared->size());
		});
	}
	int sum = 0;
	for (const auto &function : functions)
		sum += function();
	std::cout << stream.str().size() << ' ' << sum << ' ' << shared.use_count() << '\n';
	std::cout << std::regex_replace(std::string("a1b22c333"), std::regex("[0-9]+"), "#")
		  << '\n';
	for (int i = 0; i < 100; i++) {
		try {
			throw std::runtime_error("thrown " + std::string(50, 'e'));
		} catch (const std::exception &error) {
			sum += error.what()[0];
		}
	}
	auto answer = std::async(std::launch::async, [] { return std::vector<int>(1000, 3); });
	std::cout << sum << ' ' << answer.get().size() << '\n';
}
} // namespace

int main()
{
	associative();
	sequences();
	others();
}

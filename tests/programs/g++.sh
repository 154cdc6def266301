# requires: g++
# exe: cc1plus (.*-)?as (.*-)?ld(\..*)?
# timeout: 180
#
# With `small`, of which thousands of rounds take no longer, a bit of everything and no headers.
set -eu
if [ "${1:-}" = small ]; then
	cat > small.cpp <<'CPP'
namespace shop {
template <typename T, int N> struct box {
	T items[N] = {};
	int count = 0;
	template <typename... More> void put(T first, More... more)
	{
		items[count++ % N] = first;
		if constexpr (sizeof...(more) > 0)
			put(more...);
	}
	T *begin() { return items; }
	T *end() { return items + count; }
};
struct shape {
	virtual double area() const = 0;
	virtual ~shape() {}
};
struct square final : shape {
	double side;
	explicit square(double s) : side(s) {}
	double area() const override { return side * side; }
};
enum class kind : unsigned { none, some = 7 };
constexpr unsigned long long power(unsigned n) { return n == 0 ? 1 : 2 * power(n - 1); }
static_assert(power(10) == 1024, "constant");
inline namespace detail { thread_local int calls; }
} // namespace shop
extern "C" int printf(const char *, ...);
int main()
{
	shop::box<int, 8> box;
	box.put(3, 1, 4, 1, 5);
	int sum = 0;
	for (int item : box)
		sum += [&](int x) { return ++shop::calls, x * int(shop::kind::some); }(item);
	shop::shape *shape = new shop::square(sum);
	try {
		if (shape->area() > 1)
			throw shop::calls;
	} catch (int calls) {
		printf("%d %d %g %s\n", sum, calls, shape->area(), __PRETTY_FUNCTION__);
	}
	delete shape;
	return 0;
}
CPP
	g++ -std=c++17 -O2 -g -Wall -frandom-seed=1 -c small.cpp -o small.o
	g++ small.o -o small
	./small
	echo 'int main() { std::vector<int> v; return x +; }' > bad.cpp
	g++ -c bad.cpp 2>&1 || echo "status $?"
	exit
fi
g++ -std=c++17 -O2 -g -frandom-seed=1 -c "$SOURCE/tests/exact/containers.cpp" -o containers.o
cksum containers.o
g++ -std=c++17 containers.o -o containers
./containers
echo 'int main() { std::vector<int> v; }' > bad.cpp
g++ -c bad.cpp 2>&1 || echo "status $?"

# requires: make gcc
# exe: make cc1
# timeout: 120
set -eu
cat > Makefile <<'MAKE'
OBJECTS := $(foreach n,1 2 3 4 5 6 7 8 9 10 11 12,unit$(n).o)
all: $(OBJECTS)
	ar rcD all.a $^
unit%.c:
	@echo 'int unit$*(int x) { return x * $*; }' > $@
%.o: %.c
	@gcc -O2 -c $< -o $@
.PRECIOUS: unit%.c
MAKE
make -j2 --output-sync=target
cksum all.a

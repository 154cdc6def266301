# requires: ls
# exe: ls
set -eu
mkdir tree
for i in $(seq 1 40); do
	mkdir "tree/$i"
	for j in 1 2 3 4 5; do : > "tree/$i/file $j"; done
done
ln -s 'no such file' tree/dangling
find tree -exec touch -h -d '2001-02-03 04:05:06' {} +
ls -laR --time-style=long-iso tree
ls --color=always -x -w 100 tree
ls -d tree/none || echo "status $?"

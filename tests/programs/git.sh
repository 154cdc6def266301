# requires: git
# exe: git
# timeout: 120
set -eu
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='2001-02-03T04:05:06Z'
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
export GIT_CONFIG_NOSYSTEM=1
git init -q -b main origin
cd origin
for i in $(seq 1 30); do
	for j in $(seq 1 10); do seq "$i" $((i * j * 10)) > "file$j"; done
	git add .
	git commit -q -m "change $i"
done
cd ..
git clone -q origin copy
cd copy
git -c pack.threads=2 gc -q --aggressive --prune=now
git fsck --full
git log --stat --format='%H %s'
git diff HEAD~5 | cksum
git blame file3 | cksum
ls .git/objects/pack

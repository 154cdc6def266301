# requires: vim
# exe: vim.*
set -eu
seq 1 5000 > text
vim -es -N -u NONE -i NONE text <<'VIM' > log || true
%s/\v(\d)(\d)$/\2-\1/
g/7/normal! Ayes
sort! n
let d = {}
for i in range(1, 3000) | let d['k' . i] = repeat([i], 3) | endfor
call append(0, string(len(d)) . ' ' . strpart(string(sort(keys(d))), 0, 60))
1,10print
undo
redo
wq! out
VIM
cksum out log
head -n 3 out

# requires: bash
# exe: (da)?sh bash sort
set -eu
cat > program.bash <<'PROGRAM'
declare -A seen
for i in $(seq 1 2000); do
	seen[key$((i % 97))]+="$i "
done
for key in $(printf '%s\n' "${!seen[@]}" | sort); do
	words=(${seen[$key]})
	echo "$key ${#words[@]} ${words[0]} ${words[-1]}"
done
text=$(printf '%*s' 20000 '' | tr ' ' x)
echo "${#text} ${text//x/yy}" | cksum
while read -r line; do echo "${line^^}"; done < <(printf 'one\ntwo\n')
(exit 7) || echo "subshell $?"
trap 'echo trapped' USR1
kill -USR1 $$
cat <<HERE
$(for i in 1 2 3; do (echo "nested $i $(echo deep)"); done)
HERE
sleep 0.1 & wait $!; echo "waited $?"
PROGRAM
bash program.bash

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# prepare.sh - from nothing to a build; sourced by ./quickstart and ./run-tests
#
# The caller has set `program` (its name, for messages) and stands in the root of the tree.

say() {
    printf '%s: %s\n' "$program" "$*"
}

# One clear line, and the end.
die() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

# The packages of the given sections of packages.txt.
packages() {
    for section; do
        awk -v wanted="[$section]" '/^\[/ { on = ($0 == wanted); next } on && NF && !/^#/' tools/packages.txt
    done
}

# Which of the packages in $1 are not installed, on one line.
missing() {
    # dpkg-query complains of packages it has never heard of; they are what we look for.
    # shellcheck disable=SC2086
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $1 2> /dev/null |
        sed -n 's/ installed$//p')
    for package in $1; do
        printf '%s\n' "$installed" | grep -qxF -e "$package" || printf '%s ' "$package"
    done
}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Installs what is missing of the given sections. Calls apt-get only if something is.
install_packages() {
    command -v dpkg-query > /dev/null || die "this is not Debian; install what tools/packages.txt lists"
    needed=$(missing "$(packages "$@")")
    [ -n "$needed" ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo > /dev/null; then
        die "needs packages, and neither root nor sudo to install them: apt-get install $needed"
    fi
    say "installing with apt-get: $needed"
    log=$(mktemp) || die "cannot make a temporary file"
    # shellcheck disable=SC2086
    if ! { as_root apt-get -q update &&
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -q -y --no-install-recommends install $needed; } > "$log" 2>&1 < /dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get failed (its last lines are above); needed: $needed"
    fi
    rm -f "$log"
}

# Configures build/ if it is not, and brings it up to date.
build() {
    log=$(mktemp) || die "cannot make a temporary file"
    if [ ! -f build/build.ninja ]; then
        say "configuring build/"
        if ! meson setup build > "$log" 2>&1 < /dev/null; then
            tail -n 20 "$log" >&2
            rm -f "$log"
            die "meson setup build failed (its last lines are above)"
        fi
    fi
    say "building"
    if ! ninja -C build > "$log" 2>&1 < /dev/null; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        die "ninja -C build failed (its last lines are above)"
    fi
    rm -f "$log"
}

#!/bin/sh
# tools/build.sh DIR TARGET... [-- CMAKE-OPTION...]: configures DIR where needed and builds the targets there.
# Quiet as long as all goes well; on a terminal ninja shows its one moving line.

set -eu
dir=$1
shift
targets=""
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    targets="$targets $1"
    shift
done
[ "${1:-}" = -- ] && shift

if [ ! -f "$dir/build.ninja" ] || [ $# -gt 0 ]; then
    mkdir -p "$dir"
    [ -f "$dir/build.ninja" ] || echo "build: configuring $dir"
    if ! cmake -S . -B "$dir" -G Ninja "$@" >"$dir/configure.log" 2>&1 </dev/null; then
        cat "$dir/configure.log" >&2
        echo "build: cmake could not configure $dir; its own words are above" >&2
        exit 1
    fi
fi

echo "build: compiling in $dir"
if [ -t 1 ]; then
    exec ninja -C "$dir" $targets
fi
if ! ninja -C "$dir" $targets >"$dir/build.log" 2>&1; then
    grep -v '^\[[0-9]*/[0-9]*\] [A-Z]' "$dir/build.log" >&2
    exit 1
fi

#!/bin/sh
# tools/bench.sh BUILD [ARGUMENT...]: runs the benchmarks, once they are there.

set -eu
build=$1
shift
if [ -x bench/run.sh ]; then
    exec bench/run.sh "$build" "$@"
fi
echo "bench: the floor programs are built in $build/bench; bench/run.sh, which compares the broker with them, is not there"
exit 1

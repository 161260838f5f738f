#!/bin/sh
# Runs one fuzz target of the build directory DIR on its corpus, test/fuzz/corpus/<target>/.
#
#   tools/fuzz.sh DIR TARGET [SECONDS]          until stopped, or so long; new inputs are kept in DIR/corpus/TARGET
#   tools/fuzz.sh --smoke DIR TARGET SECONDS    the same for a test run: quiet, nothing is kept
#
# A finding is written to DIR/findings/ and named; the same target built by gcc replays it under a debugger.

set -eu
smoke=no
if [ "$1" = --smoke ]; then
    smoke=yes
    shift
fi
dir=$1
target=$2
seconds=${3:-0}
root=$(cd "$(dirname "$0")/.." && pwd)
seeds=$root/test/fuzz/corpus/$target

if [ ! -x "$dir/fuzz/$target" ]; then
    echo "fuzz: $dir/fuzz/$target is not built: make fuzz, or make test" >&2
    exit 1
fi
mkdir -p "$dir/findings"
if [ "$smoke" = yes ]; then
    corpus=$(mktemp -d)
    trap 'rm -rf "$corpus"' EXIT
else
    corpus=$dir/corpus/$target
    mkdir -p "$corpus"
fi
set -- "$corpus"
if [ -d "$seeds" ]; then
    set -- "$corpus" "$seeds"
fi
export ASAN_OPTIONS="allow_addr2line=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1"
# In a test run the fuzzers leave the processors to tests with deadlines.
quiet=1
niceness=0
if [ "$smoke" = yes ]; then
    quiet=0
    niceness=10
fi
nice -n "$niceness" "$dir/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=65536 -print_final_stats=1 -verbosity="$quiet" -artifact_prefix="$dir/findings/$target-" "$@"

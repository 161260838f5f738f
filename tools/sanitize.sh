#!/bin/sh
# tools/sanitize.sh DIR SANITIZERS: builds everything in DIR with clang and runs the tests there, but for the slow
# ones. SANITIZERS: address, undefined, address,undefined, thread; or fuzz, which is address and undefined in the
# build directory of the fuzz targets, and so saves a build where those exist anyway.

set -eu
dir=$1
if [ "$2" = fuzz ]; then
    option=-DOTTLA_FUZZ=ON
else
    option=-DOTTLA_SANITIZE=$2
fi
tools/build.sh "$dir" all -- -DCMAKE_C_COMPILER=clang "$option"

export ASAN_OPTIONS="allow_addr2line=1:strict_string_checks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1"
export TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp:second_deadlock_stack=1:history_size=4"
cd "$dir"
exec ctest --output-on-failure --no-tests=error -j "$(nproc)" -L 'unit|golden|fuzz_replay|e2e' -LE slow

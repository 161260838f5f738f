#!/bin/sh
# tools/suite.sh NAME COMMAND...: runs one step, and says its name before and its time and outcome after.

set -u
name=$1
shift
start=$(date +%s)
echo "== $name"
"$@"
rc=$?
seconds=$(($(date +%s) - start))
if [ "$rc" -eq 0 ]; then
    echo "== $name: passed in $seconds s"
else
    echo "== $name: FAILED after $seconds s (exit code $rc)"
fi
exit "$rc"

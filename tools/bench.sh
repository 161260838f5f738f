#!/bin/sh
# tools/bench.sh BUILD [ARGUMENT...]: the broker beside its floor programs; writes docs/benchmarks.md.

set -eu
exec /usr/bin/python3 bench/run.py "$@"

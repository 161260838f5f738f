#!/bin/sh
# Holds the C files against .clang-format; --fix lays them out instead. Generated files are the generator's matter.
#
#   tools/check_format.sh [--fix] [ROOT]

set -eu
fix=no
if [ "${1:-}" = --fix ]; then
    fix=yes
    shift
fi
cd "${1:-$(dirname "$0")/..}"

if ! command -v clang-format >/dev/null; then
    echo "format: clang-format is missing: tools/setup.sh test installs it" >&2
    exit 1
fi

list() {
    for folder in src include test sim bench; do
        if [ -d "$folder" ]; then
            find "$folder" \( -name '*.c' -o -name '*.h' \) ! -path 'src/gen/*' -print0
        fi
    done
}

if [ "$fix" = yes ]; then
    list | xargs -0 -r -n 16 -P 2 clang-format -i
    exit 0
fi
if ! list | xargs -0 -r -n 16 -P 2 clang-format --dry-run -Werror --ferror-limit=1; then
    echo "format: make fmt lays it out"
    exit 1
fi
echo "format: all is well"

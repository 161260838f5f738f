#!/bin/sh
# What the generator writes is committed; this holds the committed files against the schemas they come from.
#
#   tools/check_generated.sh [ROOT]

set -eu
cd "${1:-$(dirname "$0")/..}"
if [ ! -e gen/ottla_gen.py ]; then
    if ls src/gen/*.[ch] >/dev/null 2>&1; then
        echo "generated: src/gen has files, but gen/ottla_gen.py, which writes them, is not there"
        exit 1
    fi
    echo "generated: nothing is generated yet"
    exit 0
fi
if ! /usr/bin/python3 gen/ottla_gen.py --check; then
    echo "generated: src/gen differs from what the schemas say: make gen, and commit both together"
    exit 1
fi
echo "generated: all is well"

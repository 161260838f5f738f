#!/bin/sh
# tools/coverage.sh DIR: runs the tests on a build that counts lines, and prints how many of each file they reach.

set -eu
dir=$1
tools/build.sh "$dir" all -- -DOTTLA_COVERAGE=ON -DOTTLA_WERROR=OFF
find "$dir" -name '*.gcda' -delete
(cd "$dir" && ctest --output-on-failure --no-tests=error -j "$(nproc)" -L 'unit|golden|fuzz_replay|e2e')

root=$PWD
cd "$dir"
find . -path '*/o_*' -name '*.gcno' -print0 | xargs -0 -r gcov -n 2>/dev/null | awk -v root="$root/" '
    /^File / { file = $2; gsub(/\047/, "", file); sub(root, "", file) }
    /^Lines executed:/ && file ~ /^src\// && file !~ /^src\/gen\// {
        split($0, part, /[:% ]+/)
        share = part[3]; lines = $NF
        if (lines > total[file]) { total[file] = lines }
        if (share * lines / 100 > hit[file]) { hit[file] = share * lines / 100 }
        file = ""
    }
    END {
        for (file in total) {
            printf "%6.1f %%  %5d lines  %s\n", 100 * hit[file] / total[file], total[file], file | "sort -n"
            all += total[file]; reached += hit[file]
        }
        close("sort -n")
        if (all > 0) { printf "%6.1f %%  %5d lines  in all\n", 100 * reached / all, all }
    }'

# Sourced by the scripts beside it: sets `ottla` to the program, build/ottla in a checkout or bin/ottla
# where it is installed.

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
for ottla in "${OTTLA_BIN:-}" "$here/../build/ottla" "$here/ottla" "$here/../bin/ottla"; do
    [ -n "$ottla" ] && [ -x "$ottla" ] && return
done
echo "$(basename "$0"): the program ottla is not built; run make first." >&2
exit 1

#!/bin/sh
# Asks every broker of this build that this user runs to stop: SIGTERM, upon which a broker finishes
# what it has begun.

. "$(dirname "$(readlink -f "$0")")/find-ottla.sh"
program=$(readlink -f "$ottla")
found=no
for process in /proc/[0-9]*; do
    [ -O "$process" ] || continue
    exe=$(readlink "$process/exe" 2>/dev/null) || continue
    # A program that was built anew while it runs has " (deleted)" behind its name.
    [ "${exe% (deleted)}" = "$program" ] || continue
    [ "$(tr '\0' '\n' <"$process/cmdline" 2>/dev/null | sed -n 2p)" = server ] || continue
    kill -TERM "${process#/proc/}" && found=yes
done
if [ "$found" = no ]; then
    echo "No kafka server to stop"
    exit 1
fi

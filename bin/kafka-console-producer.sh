#!/bin/sh
. "$(dirname "$(readlink -f "$0")")/find-ottla.sh"
exec "$ottla" produce "$@"

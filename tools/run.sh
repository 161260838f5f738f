#!/bin/sh
# Starts the broker on this machine, in the foreground.

set -eu
cd "$(dirname "$0")/.."
exec build/ottla server config/standalone.properties "$@"

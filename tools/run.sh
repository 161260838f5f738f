#!/bin/bash
# Starts the broker on this machine, in the foreground. On an empty data directory it first plays the tutorial once: it
# creates a topic, produces two messages and consumes them, and prints each command as one would type it.
#
#   tools/run.sh [--no-demo] [--override key=value]...

set -euo pipefail
cd "$(dirname "$0")/.."

ottla=${OTTLA_BIN:-build/ottla}
demo=yes
args=()
for arg in "$@"; do
    if [ "$arg" = --no-demo ]; then
        demo=no
    else
        args+=("$arg")
    fi
done
config=config/standalone.properties
if [ "$demo" = no ] || [ -e data/standalone/meta.properties ] || [ ${#args[@]} -gt 0 ]; then
    exec "$ottla" server "$config" "${args[@]}"
fi

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

greeting=$(mktemp)
trap 'rm -f "$greeting"' EXIT
"$ottla" server "$config" >"$greeting" &
broker=$!
trap 'kill -TERM "$broker" 2>/dev/null || true' INT TERM
until grep -q '^Ottla listens' "$greeting"; do
    if ! kill -0 "$broker" 2>/dev/null; then
        wait "$broker" || exit $?
        exit 1
    fi
    sleep 0.01
done

# step COMMAND: prints it, runs it, prints how long it took.
step() {
    local begin end
    echo "${bold}\$ $1${plain}"
    begin=$(date +%s%N)
    bash -c "$1" || echo "(the command failed; the broker runs on)"
    end=$(date +%s%N)
    echo "  ($(((end - begin) / 1000000)) ms)"
}

echo "A first start: the tutorial, played once. (make run ARGS=--no-demo skips it.)"
echo
step "bin/kafka-topics.sh --create --bootstrap-server localhost:9092 --replication-factor 1 --partitions 1 --topic test"
step "printf 'This is a message\nThis is another message\n' | bin/kafka-console-producer.sh --bootstrap-server localhost:9092 --topic test"
step "bin/kafka-console-consumer.sh --bootstrap-server localhost:9092 --topic test --from-beginning --max-messages 2"
echo
cat "$greeting"

rc=0
wait "$broker" || rc=$?
if kill -0 "$broker" 2>/dev/null; then # a signal ended the wait, not the broker
    rc=0
    wait "$broker" || rc=$?
fi
exit "$rc"

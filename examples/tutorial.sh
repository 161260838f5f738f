#!/bin/bash
# The tutorial, line by line, against a broker of its own, with a real text on top: every byte that goes in must come out
# again, before and after kill -9.
#
#   examples/tutorial.sh            uses a free port and a folder of its own, and removes both
#   TUTORIAL_MB=200 examples/tutorial.sh    the size of the large text (default 200)

set -euo pipefail
cd "$(dirname "$0")/.."

mb=${TUTORIAL_MB:-200}
dir=$(mktemp -d)
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("localhost", 0)); print(s.getsockname()[1])')
server=localhost:$port
broker=""

cleanup() {
    [ -z "$broker" ] || kill -9 "$broker" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT

start() {
    : >"$dir/greeting"
    bin/kafka-server-start.sh config/standalone.properties --override "log.dirs=$dir/data" \
        --override "listeners=PLAINTEXT://localhost:$port" >"$dir/greeting" 2>>"$dir/log" &
    broker=$!
    for _ in $(seq 1 3000); do
        grep -q '^Ottla listens' "$dir/greeting" && return
        kill -0 "$broker" 2>/dev/null || break
        sleep 0.01
    done
    echo "the broker did not start:" >&2
    cat "$dir/log" >&2
    exit 1
}

crash() {
    kill -9 "$broker"
    wait "$broker" 2>/dev/null || true
    broker=""
}

# same WHAT FILE FILE
same() {
    if cmp "$2" "$3"; then
        echo "ok: $1"
    else
        echo "NOT THE SAME: $1" >&2
        exit 1
    fi
}

lines() { wc -l <"$1"; }

consume() { # TOPIC FILE COUNT
    timeout 120 bin/kafka-console-consumer.sh --bootstrap-server "$server" --topic "$1" --from-beginning \
        --max-messages "$3" >"$2" 2>>"$dir/log"
}

kcat_consume() { # TOPIC FILE COUNT
    timeout 120 kcat -q -b "$server" -C -t "$1" -p 0 -o beginning -c "$3" -e >"$2"
}

start
bin/kafka-topics.sh --create --bootstrap-server "$server" --replication-factor 1 --partitions 1 --topic test
[ "$(bin/kafka-topics.sh --list --bootstrap-server "$server")" = test ]
bin/kafka-topics.sh --describe --bootstrap-server "$server" --topic test
printf 'This is a message\nThis is another message\n' >"$dir/messages"
bin/kafka-console-producer.sh --broker-list "$server" --topic test <"$dir/messages"
consume test "$dir/out" 2
same "two messages" "$dir/messages" "$dir/out"

text=/usr/share/common-licenses/GPL-3
for topic in gpl gpl-kcat; do
    bin/kafka-topics.sh --create --bootstrap-server "$server" --partitions 1 --topic "$topic"
done
bin/kafka-console-producer.sh --bootstrap-server "$server" --topic gpl <"$text"
kcat -q -b "$server" -P -t gpl-kcat -p 0 <"$text"

# A large text: the licence over and over, each line numbered so that no two are the same.
awk -v bytes=$((mb * 1000000)) '
    { text[NR] = $0 }
    END {
        while (size < bytes) {
            for (i = 1; i <= NR && size < bytes; i++) {
                line = ++n " " text[i]
                size += length(line) + 1
                print line
            }
        }
    }' "$text" >"$dir/large"
bin/kafka-topics.sh --create --bootstrap-server "$server" --partitions 1 --topic large
bin/kafka-topics.sh --create --bootstrap-server "$server" --partitions 1 --topic large-kcat
bin/kafka-console-producer.sh --bootstrap-server "$server" --topic large <"$dir/large"
kcat -q -b "$server" -P -t large-kcat -p 0 <"$dir/large"

check_all() {
    consume gpl "$dir/out" "$(lines "$text")"
    same "the licence, our tools ($1)" "$text" "$dir/out"
    # kcat leaves empty lines out when it produces.
    grep -v '^$' "$text" >"$dir/no-empty"
    kcat_consume gpl-kcat "$dir/out" "$(lines "$dir/no-empty")"
    same "the licence, kcat ($1)" "$dir/no-empty" "$dir/out"
    consume large "$dir/out" "$(lines "$dir/large")"
    same "$mb MB, our tools ($1)" "$dir/large" "$dir/out"
    kcat_consume large-kcat "$dir/out" "$(lines "$dir/large")"
    same "$mb MB, kcat ($1)" "$dir/large" "$dir/out"
}

check_all "first"
crash
start
check_all "after kill -9"

bin/kafka-topics.sh --delete --bootstrap-server "$server" --topic large
bin/kafka-topics.sh --list --bootstrap-server "$server" | grep -qx large && { echo "large is still there" >&2; exit 1; }
kill -TERM "$broker"
wait "$broker"
broker=""
start
check() { bin/kafka-topics.sh --list --bootstrap-server "$server"; }
[ "$(check | tr '\n' ' ')" = "gpl gpl-kcat large-kcat test " ] || { check >&2; exit 1; }
echo "ok: the tutorial"

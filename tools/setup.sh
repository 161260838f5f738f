#!/bin/sh
# Installs the Debian packages that are missing, and says so. When nothing is missing it says nothing and costs a few
# milliseconds. Uses sudo where it is not run by root.
#
#   tools/setup.sh          what the build and the running broker need
#   tools/setup.sh test     the same, and what the tests need
#   tools/setup.sh --list [test]   prints the names only

set -eu

build_packages="
    gcc libc6-dev cmake ninja-build
    libisal-dev uthash-dev liblz4-dev libzstd-dev zlib1g-dev liblmdb-dev libjansson-dev libssl-dev librdkafka-dev
    libsnappy-dev libmicrohttpd12"
test_packages="
    libcmocka-dev clang clang-format libclang-rt-14-dev
    python3 python3-pytest python3-confluent-kafka python3-kafka kcat"

list_only=no
if [ "${1:-}" = --list ]; then
    list_only=yes
    shift
fi
wanted=$build_packages
if [ "${1:-}" = test ]; then
    wanted="$wanted $test_packages"
fi
if [ "$list_only" = yes ]; then
    printf '%s\n' $wanted
    exit 0
fi

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not a Debian system, so nothing is installed. The build needs:" $wanted >&2
    exit 0
fi

installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii *//p') || true
missing=""
for package in $wanted; do
    case "
$installed
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
if [ -z "$missing" ]; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: these packages are missing, and without root or sudo they can not be installed:$missing" >&2
        echo "setup: ask an administrator for: apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null
}

fail() {
    tail -n 15 "$log" >&2
    echo "setup: $1" >&2
    exit 1
}

echo "setup: missing Debian packages:$missing"
if [ -n "$as_root" ]; then
    echo "setup: they are installed with sudo, which may ask for your password"
    sudo true || { echo "setup: sudo refused; as root run: apt-get install$missing" >&2; exit 1; }
fi
if ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
    echo "setup: fetching the package lists (apt-get update)"
    apt update || fail "apt-get update failed: is the network there, and is /etc/apt/sources.list right?"
fi
echo "setup: installing (apt-get install), a minute or two"
if ! apt install --no-install-recommends $missing; then
    echo "setup: that failed; fetching newer package lists and trying once more"
    apt update || fail "apt-get update failed: is the network there, and is /etc/apt/sources.list right?"
    apt install --no-install-recommends $missing ||
        fail "apt-get could not install:$missing. Its own words are above; Debian 12 or later has all of them."
fi
echo "setup: done"

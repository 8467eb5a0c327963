#!/bin/sh
# Installs the Debian packages that the build needs, and only those that are missing. `make` calls it.
set -eu

# libstdc++-dev is a virtual name: Swift's compiler for C++ needs the headers of one of them.
packages="libopenblas-dev libjpeg-dev libspng-dev libjson-c-dev libsimdjson-dev libtorch-dev libgloo-dev libstdc++-dev"

fail() {
    echo "setup: $*" >&2
    exit 1
}

command -v swift >/dev/null 2>&1 || fail "swift is not on the PATH; install Swift 6 from https://swift.org/install and run again"

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] && return
    # A virtual name, like libjpeg-dev in some releases, is there when something provides it.
    dpkg-query -W -f '${db:Status-Status} ${Provides}\n' 2>/dev/null | grep -q "^installed .*\b$1\b"
}

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for package in $packages; do installed "$package" || missing="$missing $package"; done
else
    fail "this is no Debian or Ubuntu; install what these packages hold by hand, then run 'swift build -c release': $packages"
fi
[ -z "$missing" ] && exit 0

command -v apt-get >/dev/null 2>&1 || fail "apt-get is not here; install these packages and run again:$missing"
if [ "$(id -u)" = 0 ]; then
    as_root=""
else
    command -v sudo >/dev/null 2>&1 || fail "not root, and sudo is not here; as root run: apt-get install$missing"
    as_root="sudo"
fi

echo "setup: installing$missing"
$as_root apt-get update -qq || fail "'apt-get update' failed; see its message above"
case " $missing " in *" libstdc++-dev "*)
    newest=$(apt-cache search --names-only '^libstdc\+\+-[0-9]+-dev$' | cut -d' ' -f1 | sort -V | tail -n 1)
    missing=$(printf '%s' "$missing" | sed "s/libstdc++-dev/${newest:-libstdc++-dev}/") ;;
esac
for package in $missing; do
    apt-cache show "$package" >/dev/null 2>&1 ||
        fail "the package sources have no $package; on Ubuntu, enable universe ('add-apt-repository universe') and run again"
done
# What apt-get would say before it asks: "Need to get 289 MB of archives." and the space that it takes.
apt-get install --no-install-recommends --assume-no $missing 2>/dev/null | grep -E '^(Need to get|After this)' | sed 's/^/setup: /' || true
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing ||
    fail "'apt-get install$missing' failed; see its message above"

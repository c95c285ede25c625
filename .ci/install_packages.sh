#!/usr/bin/env bash
# Installs the Debian packages that a build (`build`) or every test (`test`) needs. Leaves apt alone when all are there.
#
#   .ci/install_packages.sh build|test
set -euo pipefail

# What compiles and links the program; nothing else is needed to run it.
build_packages=(
    g++ cmake ninja-build pkg-config
    make # with it the linker optimises on every core
    libssl-dev libyaml-cpp-dev libre2-dev libboost-dev libexpected-dev libseccomp-dev
)
# The runners, the peers that talk through the proxy, and the proxies it is measured against.
test_packages=(
    libboost-test-dev clang-14 libclang-rt-14-dev clang-format-14
    python3 python3-pytest python3-pytest-xdist python3-websockets procps
    curl nghttp2-client wrk apache2-utils chromium
    openssl gnutls-bin sslscan testssl.sh
    nginx-light haproxy valgrind strace
    logrotate supervisor systemd
    dpkg-dev file # cpack makes the package with them
)

packages=("${build_packages[@]}")
case "${1:-build}" in
    build) ;;
    test)
        packages+=("${test_packages[@]}")
        # Node.js may come from elsewhere and bring its own npm.
        command -v node >/dev/null || packages+=(nodejs)
        command -v npm >/dev/null || packages+=(npm)
        ;;
    *) echo "usage: $0 build|test" >&2; exit 64 ;;
esac

# Certificates that this machine's owner has added are trusted by what the packages below download.
if [ -n "$(find /usr/local/share/ca-certificates -name '*.crt' 2>/dev/null)" ] && [ "$(id -u)" -eq 0 ]; then
    update-ca-certificates >/dev/null 2>&1 || true
fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${packages[@]}"; do
    # Any nginx will do: the flavours conflict with each other.
    [ "$package" = nginx-light ] && [ -x /usr/sbin/nginx ] && continue
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Not a Debian system. Install what corresponds to: ${missing[*]}" >&2
    exit 69
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Needs root to install: ${missing[*]}" >&2; exit 77; }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
# The daemons among the packages are peers of tests: none is to be started by its installation.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    made_policy=1
fi
remove_policy() { [ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"; }
trap remove_policy EXIT
quiet_apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
log=$(mktemp)
if ! { "${as_root[@]}" "${quiet_apt[@]}" update &&
       "${as_root[@]}" "${quiet_apt[@]}" install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 69
fi
rm -f "$log"

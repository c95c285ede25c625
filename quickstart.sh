#!/usr/bin/env bash
# Builds Baton on a Debian 12 machine and shows its main job: three binary upgrades under load, nothing lost.
#
#   ./quickstart.sh           the demonstration, then the proxy stays up: curl the printed address
#   ./quickstart.sh --exit    the same, and ends
#   ./quickstart.sh --json    prints the result as JSON
set -euo pipefail
cd "$(dirname "$0")"
.ci/install_packages.sh build
.ci/build.sh release baton
exec build/release/baton demo "$@"

#!/usr/bin/env bash
# Configures a preset into build/PRESET and builds TARGETs (all of them when none is named). Quiet unless it fails.
#
#   .ci/build.sh PRESET [TARGET …]
set -euo pipefail
preset=${1:?usage: build.sh PRESET [TARGET …]}
shift
cd "$(dirname "$0")/.."
directory=build/$preset
mkdir -p "$directory"
log=$directory/build.log
options=()
# The program alone needs no test framework.
if [ "$*" = baton ] && [ ! -e "$directory/CMakeCache.txt" ]; then options=(-DBATON_TESTS=OFF); fi
[ "$*" = baton ] || [ "$preset" = fuzz ] || options=(-DBATON_TESTS=ON)
# asan takes 335 s from nothing on two processors; without, nine tenths of it took 420 s. The others show that each file
# includes what it needs.
case $preset in asan | fuzz) options+=(-DBATON_PCH=ON) ;; esac
echo "building $preset: ${*:-everything}"
started=$SECONDS
if ! cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 ||
   ! cmake --build "$directory" ${1:+--target "$@"} >>"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "building $preset failed; the whole log is $log" >&2
    exit 1
fi
echo "built $preset in $((SECONDS - started)) s"

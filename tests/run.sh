#!/usr/bin/env bash
# Runs every test: installs what they need, builds, tests, and closes with `N passed, N failed`.
#
#   tests/run.sh              everything, under 25 minutes on two cores
#   tests/run.sh --quick      smaller counts and sizes
#   tests/run.sh --long       the counts of a release: 1 000 upgrades in a row, 60 s for each fuzzer
#   tests/run.sh --preset P   only what one preset builds: release, asan, fuzz or dev
#
# release: integration, upgrade, faults, clients, and what a request and a connection cost.  asan: unit, conformance and
# structure tests, and the integration and upgrade tests once more under both sanitizers.  fuzz: every corpus and some
# seconds of each fuzzer.
set -uo pipefail
cd "$(dirname "$0")/.."

length=normal
presets=(asan release fuzz)
while [ $# -gt 0 ]; do
    case "$1" in
        --quick) length=quick ;;
        --long) length=long ;;
        --preset) shift; presets=("${1:?--preset needs a name}") ;;
        *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift
done
case $length in
    quick) fuzz_seconds=3 ;;
    normal) fuzz_seconds=8 ;;
    long) fuzz_seconds=60 ;;
esac
counts=()
[ $length = normal ] || counts=("--$length")
# Most of these tests wait most of the time.
at_once=(-n $((2 * $(nproc))))

passed=0
failed=0
logs=build/test-logs
mkdir -p "$logs"

# report NAME PASSED FAILED SECONDS LOG: adds to the totals, shows the log's end when something failed.
report() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    printf '%-44s %5d passed %3d failed  %4d s\n' "$1" "$2" "$3" "$4"
    [ "$3" -eq 0 ] || tail -n "${6:-60}" "$5"
}

# number PATTERN FILE: the first number of the last match of PATTERN, or nothing.
number() { grep -oE "$1" "$2" | tail -n 1 | grep -oE '[0-9]+' | head -n 1; }

# boost NAME PROGRAM: a Boost.Test binary.
boost() {
    local log=$logs/$1.log started=$SECONDS status=0 good all skipped
    "$2" --log_level=error --report_level=short >"$log" 2>&1 || status=$?
    good=$(number '[0-9]+ test cases? out of [0-9]+ passed' "$log")
    all=$(number 'test cases? out of [0-9]+ passed' "$log")
    # A test that says itself where it makes no sense has not failed.
    skipped=$(number '[0-9]+ test cases? out of [0-9]+ skipped' "$log")
    [ -z "$all" ] || all=$((all - ${skipped:-0}))
    # A binary that crashed has no such line; it counts as one failure.
    if [ -z "$all" ]; then all=1 good=$((status == 0 ? 1 : 0)); fi
    if [ $status -ne 0 ] && [ "$good" -eq "$all" ]; then all=$((all + 1)); fi
    report "$1" "$good" $((all - good)) $((SECONDS - started)) "$log"
}

# python NAME BUILD [OPTION…] PATH…: pytest against the binary in BUILD.
python() {
    local name=$1 build=$2 started=$SECONDS status=0 good bad
    shift 2
    local log=$logs/${name//[^a-z0-9]/-}.log
    BATON_BUILD=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q --tb=short \
        --durations=5 "$@" >"$log" 2>&1 || status=$?
    good=$(number '[0-9]+ passed' "$log")
    bad=$(($(number '[0-9]+ failed' "$log") + $(number '[0-9]+ errors? in' "$log") + 0))
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    report "$name" "${good:-0}" "$bad" $((SECONDS - started)) "$log" 250
}

# search PROGRAM: a fuzzer's corpus, then some seconds of search. What it finds stays in the log folder.
search() {
    local name=${1##*/} started=$SECONDS status=0
    local corpus=tests/fuzz/corpus/${name#fuzz_} found=$logs/$name.corpus
    mkdir -p "$found"
    [ -d "$corpus" ] || corpus=
    "$1" -max_total_time=$fuzz_seconds -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$logs/$name-" "$found" $corpus >"$logs/$name.log" 2>&1 || status=$?
    echo "$status $((SECONDS - started))" >"$logs/$name.status"
}

# fuzz PROGRAM…: as many at a time as there are processors.
fuzz() {
    local program name status took
    for program in "$@"; do
        rm -f "$logs/${program##*/}.status"
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
        search "$program" &
    done
    wait
    for program in "$@"; do
        name=${program##*/} status=1 took=0
        [ ! -e "$logs/$name.status" ] || read -r status took <"$logs/$name.status"
        report "$name ($(number 'number_of_executed_units: [0-9]+' "$logs/$name.log") runs)" \
            $((status == 0 ? 1 : 0)) $((status == 0 ? 0 : 1)) "$took" "$logs/$name.log"
    done
}

unit_tests() {
    local build=$1 name
    for name in unit_config unit_server unit_upgrade unit_proxy conformance structure; do
        [ ! -x "$build/tests/$name" ] || boost "$name" "$build/tests/$name"
    done
}

# build PRESET [TARGET …]: a build that fails is one failure, and what needs it is left out.
build() {
    .ci/build.sh "$@" && return
    failed=$((failed + 1))
    return 1
}

.ci/install_packages.sh test || { echo "0 passed, 1 failed"; exit 1; }
started=$SECONDS
# Sanitizers abort where they find something; leaks of a process that ends by _exit are no leaks.
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
for preset in "${presets[@]}"; do
    case $preset in
        asan)
            build asan || continue
            unit_tests build/asan
            export BATON_TEST_PATIENCE=8
            python "integration, sanitized" build/asan "${at_once[@]}" --quick tests/integration
            python "upgrade, sanitized" build/asan "${at_once[@]}" --quick tests/upgrade
            unset BATON_TEST_PATIENCE
            ;;
        release)
            build release baton_and_examples || continue
            export BATON_TEST_PATIENCE=3
            python "integration" build/release "${at_once[@]}" "${counts[@]}" tests/integration
            python "upgrade" build/release "${at_once[@]}" "${counts[@]}" tests/upgrade
            python "faults" build/release "${at_once[@]}" "${counts[@]}" tests/faults
            python "clients" build/release "${at_once[@]}" "${counts[@]}" tests/clients
            python "budgets" build/release "${counts[@]}" tests/benchmarks
            unset BATON_TEST_PATIENCE
            ;;
        fuzz)
            build fuzz || continue
            mapfile -t fuzzers < <(find build/fuzz/tests/fuzz -maxdepth 1 -type f -executable -name 'fuzz_*' | sort)
            fuzz "${fuzzers[@]}"
            ;;
        dev | coverage)
            build "$preset" || continue
            unit_tests "build/$preset"
            ;;
        *) echo "no such preset: $preset" >&2; exit 64 ;;
    esac
done
echo "took $((SECONDS - started)) s; logs are in $logs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

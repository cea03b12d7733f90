#!/bin/bash
# Line coverage of src/formats and src/engine by the tests: coverage.sh [CTEST-OPTIONS…], with the preset `coverage` (llvm-19 has what counts).
# Prints the total and the files below 90 %; all of them stand in build/coverage/coverage.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=/usr/lib/llvm-19/bin
cmake --preset coverage >/dev/null
cmake --build --preset coverage | tail -n 1
build=$PWD/build/coverage
rm -f "$build"/profiles/*
# Each program merges what it counts into a few files.
LLVM_PROFILE_FILE="$build/profiles/%4m.profraw" ctest --preset coverage "$@" | tail -n 4 || true
"$bin/llvm-profdata" merge -sparse "$build"/profiles/*.profraw -o "$build/profiles/all.profdata"
"$bin/llvm-cov" report "$build/fieldstrip" -object "$build/tests/laws" -object "$build/tests/units" -instr-profile "$build/profiles/all.profdata" \
    -show-region-summary=0 -show-branch-summary=0 "$PWD/src/formats" "$PWD/src/engine" >"$build/coverage.txt"
grep -E '^TOTAL' "$build/coverage.txt"
awk '$NF ~ /%$/ && $1 != "TOTAL" && $NF + 0 < 90' "$build/coverage.txt" | sort -t% -k1 | awk '{print $NF, $1}' | sort -n

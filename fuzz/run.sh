#!/bin/sh
# Runs the fuzz target for so many seconds, from the samples: run.sh SECONDS. What it finds is kept in build/fuzz.
set -e
cd "$(dirname "$0")/.."
work=build/fuzz/corpus
mkdir -p "$work" build/fuzz/found
for s in src/formats/*/samples/*.bin; do cp "$s" "$work/$(echo "$s" | tr / _)"; done
exec build/fuzz/fuzz/fuzz_pipeline -max_total_time="${1:-60}" -timeout=20 -rss_limit_mb=3000 -max_len=40000 -artifact_prefix=build/fuzz/found/ "$work"

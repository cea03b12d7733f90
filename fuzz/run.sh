#!/bin/bash
# Runs the fuzz targets for so many seconds each: run.sh SECONDS [TARGET[:FORMAT]…]. Without names: the pipeline and the folder, then the pipeline and (of file systems) the files
# of each format in turn, from its samples. What is found is kept in build/fuzz/found.
set -e
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
mkdir -p build/fuzz/found
names=("$@")
if [[ ${#names[@]} == 0 ]]; then
    names=(pipeline folder)
    for d in src/formats/*/; do
        id=$(basename "$d")
        names+=("pipeline:$id")
        grep -q "FileSystem" "$d"*.h 2>/dev/null && names+=("files:$id")
    done
fi
for name in "${names[@]}"; do
    target=${name%%:*} format='*'
    [[ $name == *:* ]] && format=${name#*:}
    work=build/fuzz/corpus/$(echo "$name" | tr : -)
    mkdir -p "$work"
    export FIELDSTRIP_SAMPLES=
    for s in src/formats/$format/samples/*.bin; do
        [[ $target == folder ]] || cp "$s" "$work/$(echo "$s" | tr / _)"
        [[ $(stat -c %s "$s") -lt 30000 ]] && FIELDSTRIP_SAMPLES+="$s:"
    done
    [[ $target == folder ]] && FIELDSTRIP_SEEDS=$work build/fuzz/fuzz/fuzz_folder
    echo "== $name: $seconds s"
    build/fuzz/fuzz/fuzz_$target -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=40000 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix=build/fuzz/found/ "$work"
    echo "== $name: clean"
done

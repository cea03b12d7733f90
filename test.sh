#!/bin/bash
# Installs, builds (with sanitizers, and as it is given out) and runs all tests. --all: the corpus's seeds 0 to 4 instead of 0. Nothing but a bare Debian 12 is needed.
# Tests that lack something (the corpus, a tool) say SKIPPED; the summary lists them. FIELDSTRIP_CORPUS: where the corpus lies (default ../shared/corpus).
set -euo pipefail
cd "$(dirname "$0")"
export FIELDSTRIP_SEEDS=0
[[ ${1:-} == --all ]] && export FIELDSTRIP_SEEDS="0 1 2 3 4"
export FIELDSTRIP_CORPUS=${FIELDSTRIP_CORPUS:-$PWD/../shared/corpus}
export PATH="$PATH:/usr/sbin"
start=$SECONDS

scripts/install.sh test
if [[ -e $FIELDSTRIP_CORPUS/gen/install.sh ]]; then
    run=(); [[ $(id -u) == 0 ]] || run=(sudo)
    "${run[@]}" sh "$FIELDSTRIP_CORPUS/gen/install.sh" >/dev/null 2>&1 || echo "the corpus's makers could not be installed"
fi
echo "installed after $((SECONDS - start)) s"

cmake --preset dev >/dev/null
cmake --build --preset dev | tail -n 1
cmake --preset release >/dev/null  # the program as it is given out: whose instructions are counted (tests/guard)
cmake --build --preset release --target fieldstrip | tail -n 1
echo "built after $((SECONDS - start)) s"

failed=0
ctest --preset dev -j 2 "${@:2}" || failed=1
grep -h "SKIPPED:" build/dev/Testing/Temporary/LastTest.log && echo "what was SKIPPED above was not tested" || true
echo "all after $((SECONDS - start)) s"
exit $failed

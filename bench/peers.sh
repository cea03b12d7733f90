#!/bin/sh
# The whole process against binwalk 3 (cargo install binwalk) on an image: peers.sh IMAGE. Needs hyperfine.
set -e
tool=${FIELDSTRIP:-build/release/fieldstrip}
command -v hyperfine >/dev/null || { echo "SKIPPED: hyperfine is not installed"; exit 77; }
PATH="$PATH:$HOME/.cargo/bin"
command -v binwalk >/dev/null || { echo "SKIPPED: binwalk is not installed (cargo install binwalk)"; exit 77; }
hyperfine -N --warmup 3 "$tool $1" "binwalk $1"

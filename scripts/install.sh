#!/bin/sh
# Installs what demo.sh, test.sh and bench/ need, from Debian's packages only: install.sh build | test | bench. As root, or with sudo. Does nothing where all is there.
set -e
build="g++ cmake ninja-build ccache pkg-config libcli11-dev nlohmann-json3-dev libtomlplusplus-dev zlib1g-dev libbz2-dev libdeflate-dev liblzma-dev liblz-dev liblz4-dev libzstd-dev liblzo2-dev nettle-dev libseccomp-dev"
demo="u-boot-tools xz-utils squashfs-tools python3"
test="gzip pigz lzma lzma-alone lzip clang-19 lld-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev llvm-19 libgtest-dev librapidcheck-dev python3-jsonschema mtd-utils cpio libarchive-tools util-linux genromfs p7zip-full zip unzip e2fsprogs libubootenv-tool git diffutils patch openssl openssh-client valgrind libbenchmark-dev"
bench="libbenchmark-dev"
wanted="$build $demo"
[ "$1" = test ] && wanted="$wanted $test"
[ "$1" = bench ] && wanted="$wanted $bench"
missing=""
for p in $wanted; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
run() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
echo "installing:$missing"
run apt-get update -qq
# shellcheck disable=SC2086
run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null

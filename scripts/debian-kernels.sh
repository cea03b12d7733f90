#!/bin/bash
# Fetches kernels out of Debian's packages for tests/kernels: debian-kernels.sh DEST [ARCH...]; then FIELDSTRIP_DEBIAN_KERNELS=DEST ./test.sh
# Some 360 MB of packages are downloaded (kept in DEST/.apt, so a second run fetches nothing), 90 MB of kernels come out. The machine's own
# apt state and architectures are not touched, root is not needed. The mirror is $DEBIAN_MIRROR or deb.debian.org.
# DEST/kernels.tsv says what is there, a line each: architecture, package's version, kernel's release, file.
set -eu
DEST=${1:?usage: debian-kernels.sh DEST [ARCH...]}
shift
mkdir -p "$DEST" && DEST=$(cd "$DEST" && pwd)
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# architecture, suite (RISC-V came with trixie, armel and mipsel went with it), the package that depends on the kernel of the day
KERNELS="arm64 bookworm linux-image-arm64
armhf bookworm linux-image-armmp
amd64 bookworm linux-image-amd64
armel bookworm linux-image-marvell
mipsel bookworm linux-image-4kc-malta
riscv64 trixie linux-image-riscv64"

: > "$DEST/kernels.tsv.new"
missing=0
while read -r arch suite meta; do
  [ $# -eq 0 ] || [[ " $* " == *" $arch "* ]] || continue
  A=$DEST/.apt/$arch
  mkdir -p "$A/lists/partial" "$A/debs/partial" "$A/etc"
  : > "$A/status"
  echo "deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $suite main" > "$A/etc/debian.list"
  APT=(-o Dir::State="$A" -o Dir::State::lists="$A/lists" -o Dir::State::status="$A/status" -o Dir::Cache="$A" -o Dir::Cache::archives="$A/debs"
       -o Dir::Etc::sourcelist="$A/etc/debian.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Architecture="$arch" -o APT::Architectures="$arch"
       -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  find "$A/lists" -name '*Packages*' -mmin -10080 | grep -q . || apt-get "${APT[@]}" -q=2 update || true
  field() { apt-cache "${APT[@]}" show --no-all-versions "$1" 2> /dev/null | sed -n "s/^$2: //p" | head -1; }
  package=$(field "$meta" Depends | sed 's/ .*//')
  version=$(field "$package" Version)
  if [ -z "$version" ]; then
    echo "$arch: no $meta at $MIRROR $suite" >&2
    missing=1
    continue
  fi
  deb=$A/debs/${package}_${version//:/%3a}_$arch.deb
  [ -s "$deb" ] || (cd "$A/debs" && apt-get "${APT[@]}" -q=2 download "$package=$version")
  mkdir -p "$DEST/$arch"
  dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$DEST/$arch" --strip-components=2 --no-same-owner --wildcards './boot/vmlinu*'
  file=$(basename "$DEST/$arch"/vmlinu*-"${package#linux-image-}")
  printf '%s\t%s\t%s\t%s\n' "$arch" "$version" "${package#linux-image-}" "$arch/$file" >> "$DEST/kernels.tsv.new"
done <<< "$KERNELS"
mv "$DEST/kernels.tsv.new" "$DEST/kernels.tsv"
cat "$DEST/kernels.tsv"
exit $missing

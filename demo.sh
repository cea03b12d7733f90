#!/bin/bash
# The main job, on a sample camera image: install, build, map, verify, take apart, change, put together, compare. Nothing but a bare Debian 12 is needed.
set -euo pipefail
cd "$(dirname "$0")"
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }

say "1. What is needed is installed (Debian packages only), and fieldstrip is built."
scripts/install.sh build
cmake --preset release >/dev/null
cmake --build --preset release | tail -n 1
PATH="$PWD/build/release:$PATH:/usr/sbin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp samples/camera/camera.img "$work/camera.img"
cd "$work"

say "2. A camera's flash image. What is in it? Every byte has an owner: a known thing, padding, or unknown."
show fieldstrip camera.img
echo "The header says lzma, and the kernel is packed with xz: many tools stumble here. One level deeper:"
show fieldstrip scan --tree camera.img

say "3. Is it whole? Every checksum there is, and what no checksum covers."
show fieldstrip verify camera.img
echo "The same image with one changed byte:"
cp camera.img damaged.img
printf '\x01' | dd of=damaged.img bs=1 seek=5000 conv=notrunc status=none
show fieldstrip verify damaged.img || echo "(exit code $?: a check failed)"

say "4. Take it apart: a folder of plain files. Fields are in .toml, the kernel is decoded."
show fieldstrip extract camera.img
find camera.img.fs -type f -not -path '*/.fieldstrip/*' | sort
show head -n 8 camera.img.fs/00000000.uimage.toml

say "5. Change something: another load address, and a word in the kernel's banner."
show sed -i 's/^load = .*/load = 0x21008000/' camera.img.fs/00000000.uimage.toml
show sed -i 's/maker@example/owner@example/' camera.img.fs/00000000.uimage.in/payload.in/content
echo "What would change? The plan says it before anything is written:"
show fieldstrip repack --plan camera.img.fs

say "6. Put it together. Sizes and both checksums follow by themselves; the result is opened again and checked before it gets its name."
show fieldstrip repack camera.img.fs -o new.img
show fieldstrip verify new.img
echo "What differs, by cmp: (first and last byte of $(cmp -l camera.img new.img | wc -l) that do)"
cmp -l camera.img new.img | sed -n '1p;$p' || true
echo "Everything behind the kernel's room, from 0x80000 to the end, is the same:"
show cmp --ignore-initial=524288 camera.img new.img && echo "identical"
echo "And U-Boot's own tool agrees with the new header:"
dd if=new.img of=kernel.uimage bs=1 count=$((64 + 16#$(fieldstrip info --json new.img:/0000 | sed 's/.*"name":"size","offset":12,"size":4,"value":"\([0-9]*\)".*/\1/' | xargs printf '%x'))) status=none
show mkimage -l kernel.uimage

say "7. The same without a folder, and back again: the original, byte for byte."
show fieldstrip edit camera.img --set /00000000.uimage.load=0x21008000 -o edited.img
show fieldstrip edit edited.img --set /00000000.uimage.load=0x20008000 -o back.img
show cmp camera.img back.img && echo "identical"

say "That was it. README.md tells the story of a real camera; fieldstrip --help lists the commands."

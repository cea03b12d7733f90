#!/bin/sh
# Makes the samples of lzma into the current folder: xz (5.2 ... 5.8 write the same), lzmp (of Debian's package lzma 9.22, which has the LZMA SDK's
# encoder), seq, awk, python3. The .covered files are empty: nothing in the format vouches for a byte.
set -eu
export LC_ALL=C XZ_DEFAULTS= XZ_OPT=

text() { seq "$1" "$2" | awk '{ print $1, $1 * $1 % 9973, "line of text" }'; }

text 1 300 | xz --format=lzma -6 > marker.bin
text 1 400 | xz --format=lzma --lzma1=preset=2,lc=1,lp=3,pb=0,dict=64KiB > odd.bin
printf '' | xz --format=lzma > empty.bin
text 1 200 > plain
lzmp -c -2 plain > size.bin   # the size in the header, no end marker; fast: liblzma does the same
text 1 3000 > plain
lzmp -c -9 plain > sdk.bin    # and this it does not
rm plain
text 5 250 | xz --format=lzma -4e > packed
python3 - "$(text 5 250 | wc -c)" <<'END'
import struct, sys
packed = open("packed", "rb").read()
size = struct.pack("<Q", int(sys.argv[1]))
open("size-marker.bin", "wb").write(packed[:5] + size + packed[13:])
open("dictionary.bin", "wb").write(packed[:1] + struct.pack("<I", 0x812345) + size + packed[13:])
open("too-small.bin", "wb").write(packed[:1] + struct.pack("<I", 4096) + size + packed[13:])
open("short.bin", "wb").write(packed[:5] + packed[13:])  # the header of 5 bytes
END
rm packed
for f in *.bin; do : > "${f%.bin}.covered"; done

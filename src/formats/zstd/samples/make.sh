#!/bin/sh
# Makes the samples of zstd into the current folder: zstd (1.5.4; other releases make other bytes), seq, awk, python3. What a checksum vouches for:
# the frame's blocks but for their last byte (padding bits of the last bit stream lie there or before), so of the compressed ones it is only the
# checksum itself that the .covered files name; of raw blocks all bytes but the headers.
set -eu
export LC_ALL=C

text() { seq "$1" "$2" | awk '{ print $1, $1 * $1 % 9973, "line of text" }'; }

text 1 300 > plain
zstd -q -3 < plain > pipe.bin
zstd -q -c -19 --no-check plain > file.bin
zstd -q --ultra -22 --long=27 < plain > long.bin
printf '' | zstd -q > empty.bin
zstd -q -1 < plain > one
text 9 99 | zstd -q -9 --no-check > two
python3 - <<'END'
import random, struct
one, two = open("one", "rb").read(), open("two", "rb").read()
skip = lambda n, data: struct.pack("<II", 0x184D2A50 + n, len(data)) + data
open("frames.bin", "wb").write(skip(3, b"before") + one + skip(15, b"") + two + skip(0, b"behind them"))
open("noise", "wb").write(random.Random(1).randbytes(3000))
for name in ("pipe", "long", "empty"):
    size = len(open(name + ".bin", "rb").read())
    open(name + ".covered", "w").write("%d 4\n" % (size - 4))
END
zstd -q -c -3 noise > raw.bin
python3 - <<'END'
data, noise = open("raw.bin", "rb").read(), open("noise", "rb").read()
at = data.index(noise)
open("raw.covered", "w").write("%d %d\n%d 4\n" % (at, len(noise), len(data) - 4))
END
rm plain one two noise
for f in file frames; do : > $f.covered; done

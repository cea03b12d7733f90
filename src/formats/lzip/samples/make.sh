#!/bin/sh
# Makes the samples into the current folder: lzip 1.23, seq, awk, python3 (liblzma). The .covered files follow from the format: crc32 and sizes vouch for
# each LZMA stream but its first byte, which is 0 by the format and found by it, and are seen themselves; the header is vouched for by nothing.
set -e
seq 1 200 | awk '{ print $1, $1 * $1 % 9973, "line of text" }' | lzip -6 > usual.bin
seq 1 300 | awk '{ print $1, $1 * $1 % 9973, "line of text" }' | lzip -0 > fast.bin
{ seq 1 90 | lzip -9; printf '' | lzip; seq 100 300 | lzip -3; } > members.bin
printf a | lzip > small.bin
python3 - <<'PYTHON'
import lzma, struct, zlib
data = b"".join(b"%d: a line of text, %d\n" % (i, i * i % 9973) for i in range(400))  # by liblzma's encoder, in lzip's members
raw = lzma.compress(data, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "preset": 6, "dict_size": 1 << 20}])[13:]
one = b"LZIP\x01\x14" + raw + struct.pack("<IQ", zlib.crc32(data), len(data))
open("liblzma.bin", "wb").write(one + struct.pack("<Q", len(one) + 8))
def members(b):
    at = len(b)
    while at:
        size, = struct.unpack_from("<Q", b, at - 8)
        at -= size
        yield at, size
for name in ("usual", "fast", "members", "small", "liblzma"):
    with open(name + ".covered", "w") as f:
        for at, size in reversed(list(members(open(name + ".bin", "rb").read()))):
            f.write("%d %d\n" % (at + 7, size - 7))
PYTHON

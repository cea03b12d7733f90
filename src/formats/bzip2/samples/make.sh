#!/bin/sh
# Makes the samples into the current folder: bzip2 1.0.8 and python3. The .covered files follow from the format: the crc32 of each block vouches for
# all of it and that of the stream for those; left out are each stream's header and first magic (without them it is no bzip2) and its last byte, in
# which filler bits may lie that nothing covers.
set -e
python3 - <<'PYTHON'
import subprocess

def text(seed, n):
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
    return bytes(out)

def packed(data, level=9):
    return subprocess.run(["bzip2", "-%d" % level], input=data, stdout=subprocess.PIPE, check=True).stdout

def save(name, *streams):
    open(name + ".bin", "wb").write(b"".join(streams))
    at = 0
    with open(name + ".covered", "w") as f:
        for s in streams:
            f.write("%d %d\n" % (at + 10, len(s) - 11))
            at += len(s)

save("small", packed(text(1, 900)))
lines = b"".join(b"%d line of text\n" % i for i in range(9000))
save("blocks", packed(lines + bytes(70000) + lines, 1))
save("streams", packed(text(2, 500)), packed(b"", 3), packed(lines[:400], 1))
open("empty.bin", "wb").write(packed(b""))
open("empty.covered", "w").write("")

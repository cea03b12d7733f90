#!/bin/sh
# Makes the samples into the current folder: lz4 1.9.4 and python3. The .covered files follow from lz4_Frame_format.md: the header's checksum byte vouches
# for the header (its flags are left out: changed, they make another structure), block checksums for the data of blocks, the content's for the data that
# it came from, and each is seen itself. The sizes of blocks and the end mark are vouched for by nothing, nor is a skippable frame.
set -e
python3 - <<'PYTHON'
import struct, subprocess

def text(seed, n):  # no phrase twice: a changed distance must change the content
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
    return bytes(out)

def lines(n): return b"".join(b"%d: a line of text, %d\n" % (i, i * i % 9973) for i in range(n))

def packed(data, *options):
    return subprocess.run(["lz4", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout

def covered(frame, at):
    flags = frame[4]
    here = 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    yield at + 5, here - 5
    vouched = flags & 4 or flags & 16
    while True:
        size = struct.unpack_from("<I", frame, here)[0] & 0x7FFFFFFF
        here += 4
        if not size: break
        if vouched: yield at + here, size
        here += size
        if flags & 16:
            yield at + here, 4
            here += 4
    if flags & 4: yield at + here, 4

def save(name, *frames):
    open(name + ".bin", "wb").write(b"".join(frames))
    at = 0
    with open(name + ".covered", "w") as f:
        for one in frames:
            if one[:4] == b"\x04\x22\x4d\x18":
                for row in covered(one, at): f.write("%d %d\n" % row)
            at += len(one)

open("sized.in", "wb").write(text(1, 900))
save("fast", packed(text(4, 2500), "-1"))
save("best", packed(lines(150), "-12", "-B6"))
save("linked", packed(lines(6000), "-9", "-BD", "-B4", "-BX"))
save("sized", subprocess.run(["lz4", "-c", "--content-size", "-B5", "sized.in"], stdout=subprocess.PIPE, check=True).stdout)
save("stored", packed(bytes((i * i * 7 + i // 3 + (i >> 5) * 61) & 255 for i in range(256)), "--no-frame-crc", "-BX"))
save("frames", struct.pack("<II", 0x184D2A53, 5) + b"hello", packed(text(2, 400)), packed(b""), struct.pack("<II", 0x184D2A50, 0), packed(text(3, 300), "-9", "-B4"))
save("quick", packed(text(5, 2500), "--fast=3"))
save("plain", packed(lines(50), "--no-frame-crc"))
PYTHON
rm -f sized.in

#!/bin/sh
# Makes the samples into the current folder: python3, gzip, xz-utils, zstd. zboot.py, beside this, is written from Linux' zboot-header.S.
# NAME.covered: the size behind the payload vouches for no byte of it; gzip's, xz's and zstd's own checksums do for the content: listed are gzip's
# crc32 and size of RFC 1952, xz's index and footer (both have a crc32), and the word with the size.
set -e
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(dirname "$0") python3 - <<'END'
import struct
from zboot import zboot

seed, text = 7, bytearray()
while len(text) < 9000:  # no phrase twice: a changed distance must change the content
    seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
    text += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
kernel = bytes(text) + bytes(3000)  # its BSS

def sample(name, codec, covered, **more):
    data = zboot(kernel, codec, **more)
    open(name + ".bin", "wb").write(data)
    at, size = struct.unpack_from("<II", data, 8)
    open(name + ".covered", "w").write("".join(f"{a} {n}\n" for a, n in covered(at, at + size)))

sample("gzip", "gzip", lambda at, end: [(end - 8, 8)])
sample("xz", "xzkern", lambda at, end: [(end - 12, 12), (end, 4)], machine="riscv64")
certificate = struct.pack("<IHH", 0x40, 0x200, 2) + bytes(range(0x38))
sample("signed", "zstd22", lambda at, end: [(end, 4)], certificate=certificate)
sample("lzma", "lzma", lambda at, end: [(end, 4)], machine="loongarch64")
END

#!/bin/sh
# Makes the samples into the current folder: python3 (zlib), pigz. The .covered files are written from RFC 1950 and 1951: adler32 vouches for the
# content and is a field itself. Left out are the two bytes before and the codes of the first block (the first 100 bytes; of stored blocks the five
# before each), without which nothing is left that could be recognised, and the deflate stream's last byte (padding bits). A stream with the fixed
# code has nothing but its end that could speak for it, so only its adler32 is listed.
set -e
python3 - <<'END'
import struct, subprocess, zlib

def text(seed, n):  # no phrase twice: a changed distance must change the content
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
    return bytes(out)

def save(name, data, covered=None):
    open(name + ".bin", "wb").write(data)
    covered = covered or [(100, len(data) - 105), (len(data) - 4, 4)]
    open(name + ".covered", "w").write("".join("%d %d\n" % c for c in covered))

def packed(data, level=6, memory=8, strategy=0, wbits=15):
    z = zlib.compressobj(level, 8, wbits, memory, strategy)
    return z.compress(data) + z.flush()

save("level6", packed(text(1, 3000)))
save("blocks", packed(text(2, 9000), 9, 3))
save("window", packed(text(3, 2000), 6, 8, zlib.Z_FILTERED, 9))
data = text(4, 900)
save("stored", packed(data, 0), [(7, len(data) + 4)])
out = packed(text(5, 2000), 6, 8, zlib.Z_FIXED)
save("fixed", out, [(len(out) - 4, 4)])
out = subprocess.run(["pigz", "-z", "-9", "-p", "2"], input=bytes(1 << 17) + text(6, 3000), stdout=subprocess.PIPE, check=True).stdout
save("pigz", out, [(300, len(out) - 305), (len(out) - 4, 4)])
END

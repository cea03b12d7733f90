#!/bin/sh
# Makes the samples into the current folder: lzop 1.04 and python3. The .covered files follow from lzop.c: the header's checksum vouches for all of it
# behind the magic (left out are the version, the method, the flags and the name's size: changed, they make another structure), a block's checksums for
# its content, and so for the data that it came from; all are seen themselves (but not the last 3 bytes of a block,
# LZO's end, in which some bits mean nothing). Sizes of blocks are vouched for by nothing.
set -e
python3 - <<'PYTHON'
import os, struct, subprocess

def text(seed, n):  # no phrase twice: a changed distance must change the content
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
    return bytes(out)

def lines(n): return b"".join(b"%d: a line of text, %d\n" % (i, i * i % 9973) for i in range(n))

def packed(data, *options):
    open("content.in", "wb").write(data)
    os.utime("content.in", (1528268827, 1528268827))
    os.chmod("content.in", 0o644)
    out = subprocess.run(["lzop", "-c", *options, "content.in"], stdout=subprocess.PIPE, check=True).stdout
    os.remove("content.in")
    return out

def covered(b, at, data):
    flags = struct.unpack_from(">I", b, 17)[0]
    name = b[33]
    yield at + 11, 4          # library, version needed
    yield at + 16, 1          # level
    yield at + 21, 12         # mode, time
    yield at + 34, name + 4   # name, checksum
    here = 34 + name + 4
    while True:
        content, = struct.unpack_from(">I", b, here)
        if not content: break
        size, = struct.unpack_from(">I", b, here + 4)
        here += 8
        n = 4 * sum(bool(flags & f) for f in ((1, 0x100) if size == content else (1, 0x100, 2, 0x200)))
        yield at + here, n + (size - (3 if size < content else 0) if data and flags & 0x101 else 0)
        here += n + size
    assert here + 4 == len(b)

def save(name, *members, data=True):
    open(name + ".bin", "wb").write(b"".join(members))
    at = 0
    with open(name + ".covered", "w") as f:
        for one in members:
            for row in covered(one, at, data): f.write("%d %d\n" % row)
            at += len(one)

save("usual", packed(lines(100)))
save("fast", packed(lines(120), "-1"))
save("best", packed(lines(100), "-9", "--crc32"))
save("seven", packed(lines(90), "-7"))
save("blocks", packed(lines(900) * 20), data=False)  # it repeats itself: a match from elsewhere is as good
save("stored", packed(text(1, 90)))
save("members", packed(lines(60)), packed(b""), packed(lines(70), "-8", "--crc32"))
save("unsummed", packed(lines(80), "-F"))
PYTHON

#!/bin/sh
# Makes the samples into the current folder: python3 (zlib), gzip (GNU), zopfli. The .covered files are written from RFC 1952 and 1951: crc32 and
# size vouch for each deflate stream and are fields themselves; of a deflate stream its last byte is left out (padding bits), and of stored blocks
# the byte with their type (5 padding bits). A header crc vouches for its header; left out are the bytes whose change makes another structure.
set -e
python3 - <<'END'
import struct, subprocess, zlib
TIME = 1528268827

def text(seed, n):  # no phrase twice: a changed distance must change the content
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += b"etaoinshrdlucmfw0123456789 .=\n:_"[seed >> 59:][:1]
    return bytes(out)

class Sample:
    def __init__(self): self.data, self.covered = b"", []
    def add(self, data, covered=False):
        if covered and data: self.covered.append((len(self.data), len(data)))
        self.data += data
    def member(self, content, packed, name=b"", comment=b"", extra=b"", crc=False, xfl=0, stored=()):
        start, checked = len(self.data), crc
        self.add(b"\x1f\x8b\x08" + bytes([2 * crc | 4 * bool(extra) | 8 * bool(name) | 16 * bool(comment)]))
        self.add(struct.pack("<IBB", TIME, xfl, 3), checked)
        if extra:
            self.add(struct.pack("<H", len(extra)))
            self.add(extra, checked)
        for field in (name, comment):
            if field:
                self.add(field, checked)
                self.add(b"\0")
        if crc: self.add(struct.pack("<H", zlib.crc32(self.data[start:]) & 0xFFFF), True)
        if stored:
            at = 0
            for size in stored:
                self.add(packed[at:at + 1])
                self.add(packed[at + 1:at + 5 + size], True)
                at += 5 + size
            assert at == len(packed)
        else:
            self.add(packed[:-1], True)
            self.add(packed[-1:])
        self.add(struct.pack("<II", zlib.crc32(content), len(content)), True)
    def save(self, name):
        open(name + ".bin", "wb").write(self.data)
        open(name + ".covered", "w").write("".join("%d %d\n" % c for c in self.covered))

def deflate(data, level=6, memory=8, strategy=0, wbits=-15):
    z = zlib.compressobj(level, 8, wbits, memory, strategy)
    return z.compress(data) + z.flush()

def tool(command, data):  # what a tool made: a header of 10 bytes, one member
    packed = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    assert packed[3] == 0
    s = Sample()
    s.add(packed[:10])
    s.add(packed[10:-9], True)
    s.add(packed[-9:-8])
    s.add(packed[-8:], True)
    return s

s, data = Sample(), text(1, 3000)
s.member(data, deflate(data), b"kernel.bin", b"a_comment", b"AP\x04\0abcd", True)
s.save("fields")

s, first, last = Sample(), text(2, 1500), text(3, 900)
s.member(first, deflate(first), b"a")
s.member(b"", deflate(b""))
s.member(last, deflate(last, 9), crc=True, xfl=2)
s.save("members")

s, data = Sample(), text(4, 700)
blocks = [data[:300], data[300:300], data[300:]]
packed = b"".join(struct.pack("<BHH", i == 2, len(b), 0xFFFF ^ len(b)) + b for i, b in enumerate(blocks))
s.member(data, packed, stored=[len(b) for b in blocks])
s.save("stored")

s = Sample()
s.member(b"", deflate(b""), b"nothing")
s.save("empty")

s, data = Sample(), text(5, 2000)
s.member(data, deflate(data, 6, 8, zlib.Z_FIXED))
s.save("fixed")

tool(["gzip", "-n", "-9"], text(6, 3000)).save("gnu")
tool(["gzip", "-n", "-6"], text(7, 24000)).save("gnu-blocks")

data = text(8, 1500)
open("zopfli.in", "wb").write(data)
packed = subprocess.run(["zopfli", "--i5", "-c", "zopfli.in"], stdout=subprocess.PIPE, check=True).stdout
tool(["cat"], packed).save("zopfli")
END
rm -f zopfli.in

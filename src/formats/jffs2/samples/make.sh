#!/bin/sh
# Makes the samples of this folder into the current one. Needs mtd-utils (mkfs.jffs2, sumtool), python3.
# NAME.covered lists "offset size" of the bytes that a checksum vouches for, or is: by include/uapi/linux/jffs2.h of Linux, not by our output. Left out are
# the byte of each header that holds the accurate bit (cleared, it says that a node is obsolete, and flash may do that), and the fixed part of a first
# node that no other lies right behind: it alone is what the JFFS2 is known by.
set -e
export LC_ALL=C TZ=UTC
rm -rf root
mkdir -p root/etc/init.d root/empty
seq 1 800 > root/numbers
python3 -c 'import random; random.seed(1); open("root/noise", "wb").write(random.randbytes(5600))'
head -c 3000 /dev/zero > root/zeros
echo 'root:x:0:0:root:/:/bin/sh' > root/etc/passwd
printf '#!/bin/sh\nmount -a\n' > root/etc/init.d/rcS
ln -s etc/passwd root/link
chmod -R u=rwX,go=rX root
chmod 755 root/etc/init.d/rcS
find root -exec touch -h -d @1528268827 {} +

mkfs.jffs2 -U -l -e 8KiB -r root -o clean.bin              # cleanmarkers, little endian
mkfs.jffs2 -U -b -n -e 8KiB -m none -r root -o stored.bin  # neither cleanmarkers nor compression, big endian
mkfs.jffs2 -U -b -e 8KiB -r root -o plain
sumtool -b -e 8KiB -i plain -o summary.bin                 # summaries
mkfs.jffs2 -U -l -n -e 8KiB -r root/etc -o obsolete.bin    # a node marked obsolete, erased flash within
truncate -s 0 empty.bin                                    # cleanmarkers alone
python3 - <<'END'
import struct, zlib

def crc(data):  # the kernel's crc32(0, ...)
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF

def nodes(data):  # (offset, order, type, totlen) of each that has a good header
    at = 0
    while at + 12 <= len(data):
        for order in "<>":
            magic, kind, totlen, hdr = struct.unpack_from(order + "HHII", data, at)
            if magic == 0x1985 and crc(struct.pack(order + "HHI", magic, kind | 0x2000, totlen)) == hdr:
                yield at, order, kind, totlen
                at += totlen + 3 & ~3
                break
        else:
            at += 4

def ranges(data):
    places = [at for at, *_ in nodes(data)]
    for n, (at, order, kind, totlen) in enumerate(nodes(data)):
        get = lambda form, off: struct.unpack_from(order + form, data, at + off)[0]
        high = 3 if order == "<" else 2
        # All of a fixed part is under a checksum or is one. Of an obsolete node (0xC001, 0xC002) only the header is checked.
        fixed = {0xE001: 40, 0xE002: 68, 0x2006: 32}.get(kind, 12)
        if n or at + (totlen + 3 & ~3) in places:
            yield at, high
            yield at + high + 1, fixed - high - 1
        body = {0xE001: lambda: get("B", 28), 0xE002: lambda: get("I", 48), 0x2006: lambda: totlen - 32}.get(kind, lambda: 0)()
        if body:
            yield at + fixed, body

marker = struct.pack(">HHI", 0x1985, 0x2003, 12)
marker += struct.pack(">I", crc(marker))
open("empty.bin", "wb").write((marker.ljust(8192, b"\xff") * 2)[:8192 + 12])

lived = bytearray(open("obsolete.bin", "rb").read())
places = [at for at, *_ in nodes(lived)]
lived[places[2] + 3] &= ~0x20
lived[places[3]:places[3]] = b"\xff" * (8192 - places[3])
open("obsolete.bin", "wb").write(lived)

for name in ("clean", "stored", "summary", "obsolete", "empty"):
    data = open(name + ".bin", "rb").read()
    open(name + ".covered", "w").write("".join(f"{a} {n}\n" for a, n in ranges(data)))
END
rm -rf root plain

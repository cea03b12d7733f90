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

def ranges(data, quiet=()):
    places = [at for at, *_ in nodes(data)]
    for n, (at, order, kind, totlen) in enumerate(nodes(data)):
        if at in quiet:
            continue
        get = lambda form, off: struct.unpack_from(order + form, data, at + off)[0]
        high = 3 if order == "<" else 2
        # All of a fixed part is under a checksum or is one. Of an obsolete node (0xC001, 0xC002) only the header is checked.
        fixed = {0xE001: 40, 0xE002: 68, 0x2006: 32, 0xE008: 32, 0xE009: 28}.get(kind, 12)
        if n or at + (totlen + 3 & ~3) in places:
            yield at, high
            yield at + high + 1, fixed - high - 1
        body = {0xE001: lambda: get("B", 28), 0xE002: lambda: get("I", 48), 0x2006: lambda: totlen - 32, 0xE008: lambda: get("B", 21) + 1 + get("H", 22)}.get(kind, lambda: 0)()
        if body:
            yield at + fixed, body

# A log with a life behind it: versions, a name that is gone, a hard link, pages that newer nodes cover in part, a hole, every kind of inode, attributes.
log, dead = [], set()

def node(kind, fields, body=b"", filler=b"", live=True):
    head = struct.pack("<HHI", 0x1985, kind, 12 + len(fields) + len(body) + len(filler))
    dead.update([] if live else [len(log)])
    log.append(head + struct.pack("<I", crc(head)) + fields + body + filler)

def dirent(pino, version, ino, name, kind=8, live=True):
    f = struct.pack("<IIIIBBH", pino, version, ino, 1528268827 + version, len(name), kind if ino else 0, 0)
    head = struct.pack("<HHI", 0x1985, 0xE001, 40 + len(name))
    node(0xE001, f + struct.pack("<II", crc(head + struct.pack("<I", crc(head)) + f), crc(name)), name, live=live)

def inode(ino, version, mode, isize, offset=0, data=b"", dsize=None, compr=0, live=True):
    f = struct.pack("<IIIHHIIIIIIIBBHI", ino, version, mode, 7, 8, isize, 1528268827, 1528268827 + version, 1528268827, offset, len(data), len(data) if dsize is None else dsize, compr, 0, 0, crc(data))
    head = struct.pack("<HHI", 0x1985, 0xE002, 68 + len(data))
    node(0xE002, f + struct.pack("<I", crc((head + struct.pack("<I", crc(head)) + f)[:60])), data, live=live)

def xattr(xid, version, name, value, live=True):
    body = name + b"\0" + value
    fill = b"\xff" * (-len(body) % 4)
    f = struct.pack("<IIBBHI", xid, version, 1, len(name), len(value), crc(body))
    head = struct.pack("<HHI", 0x1985, 0xE008, 32 + len(body) + len(fill))
    node(0xE008, f + struct.pack("<I", crc(head + struct.pack("<I", crc(head)) + f)), body, fill, live)

def xref(ino, xid, seqno, live=True):
    f = struct.pack("<III", ino, xid, seqno)
    head = struct.pack("<HHI", 0x1985, 0xE009, 28)
    node(0xE009, f + struct.pack("<I", crc(head + struct.pack("<I", crc(head)) + f)), live=live)

text = b"".join(b"%d lines\n" % i for i in range(900))
inode(1, 1, 0o41775, 0)
inode(2, 1, 0o40755, 0), dirent(1, 2, 2, b"dir", 4)
inode(3, 1, 0o100644, 4096, 0, zlib.compress(text[:4096], 3), 4096, 6), dirent(1, 3, 3, b"file")
inode(3, 2, 0o100644, 8192, 4096, text[4096:8192], live=False)
inode(3, 3, 0o100600, 8192, 4096, b"ab" * 2, live=False)
inode(3, 4, 0o100600, 8192, 4000, zlib.compress(text[:4192], 3), 4192, 6)
inode(3, 5, 0o100600, 9000, 8192, b"", 808, 1)
dirent(2, 1, 3, b"link")
inode(4, 1, 0o100644, 3, 0, b"old", live=False), dirent(1, 4, 4, b"gone", live=False), dirent(1, 5, 0, b"gone")
inode(5, 1, 0o120777, 4, 0, b"file"), dirent(2, 2, 5, b"symlink", 10)
inode(6, 1, 0o20600, 0, 0, struct.pack("<H", 0x0501)), dirent(2, 3, 6, b"old", 2)
inode(7, 1, 0o60600, 0, 0, struct.pack("<I", 0x11170 << 12 & 0xFFF00000 | 300 << 8 | 0x70)), dirent(2, 4, 7, b"new", 6)
inode(8, 1, 0o10600, 0), dirent(2, 5, 8, b"fifo", 1), inode(9, 1, 0o140600, 0), dirent(2, 6, 9, b"socket", 12)
inode(10, 1, 0o100644, 6, 0, b"a\5", 6, 2), dirent(2, 7, 10, b"rtime")
xattr(1, 1, b"a", b"old", live=False), xattr(1, 2, b"a", b"new"), xref(3, 1, 2), xref(2, 1, 4, live=False), xref(2, 1, 7)
lived, quiet = bytearray(), set()
for i, n in enumerate(log):
    if len(lived) % 8192 + len(n) > 8192:
        lived += b"\xff" * (-len(lived) % 8192)
    if len(lived) % 8192 == 0:
        mark = struct.pack("<HHI", 0x1985, 0x2003, 12)
        lived += mark + struct.pack("<I", crc(mark))
    quiet.update([len(lived)] if i in dead else [])
    lived += n + b"\xff" * (-len(n) % 4)
open("lived.bin", "wb").write(lived)

marker = struct.pack(">HHI", 0x1985, 0x2003, 12)
marker += struct.pack(">I", crc(marker))
open("empty.bin", "wb").write((marker.ljust(8192, b"\xff") * 2)[:8192 + 12])

lived = bytearray(open("obsolete.bin", "rb").read())
places = [at for at, *_ in nodes(lived)]
lived[places[2] + 3] &= ~0x20
lived[places[3]:places[3]] = b"\xff" * (8192 - places[3])
open("obsolete.bin", "wb").write(lived)

# Nobody has the inode whose name is obsolete, so that nothing is lost with it.
for name in ("clean", "stored", "summary", "obsolete", "empty", "lived"):
    data = open(name + ".bin", "rb").read()
    open(name + ".covered", "w").write("".join(f"{a} {n}\n" for a, n in ranges(data, {"lived": quiet, "obsolete": {8192}}.get(name, ()))))
END
rm -rf root plain

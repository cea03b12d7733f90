#!/bin/sh
# Makes the samples into the current folder: mkfs.cramfs (util-linux), cramfsswap, python3. Nothing needs root: owners and devices are patched
# into the inodes, and the crc32 with them. old.bin is written by hand as mkcramfs did before 2000 (scripts/cramfs/mkcramfs.c of Linux 2.3:
# version 1, no crc, a size that means nothing, names not sorted) and with zlib's level 9. The .covered files are written from cramfs_fs.h and
# mkfs.cramfs.c: the crc32 covers all from the superblock on. Left out are the magic, the byte of flags that says that there is a crc32,
# and where the root's list lies (another place may say that there is boot code): without them it is another structure.
set -e
export LC_ALL=C TZ=UTC
rm -rf root zeros
mkdir -p root/etc/init.d root/bin root/empty zeros
python3 - <<'END'
def text(seed, n):
    out = bytearray()
    while len(out) < n:
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        out += (b"camera", b"sensor", b"stream", b"night", b"record", b"motor", b"update", b"%x" % (seed & 255))[seed >> 61] + b" \n"[seed >> 50 & 1:][:1]
    return bytes(out[:n])
def put(name, data): open(name, "wb").write(data)
put("root/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
put("root/etc/words", text(1, 9000))
put("root/bin/words", text(1, 9000))  # the same: it lies there once
put("root/bin/page", text(2, 4096))
put("root/etc/init.d/rcS", text(3, 300))
put("root/etc/nothing", b"")
put("root/tty", b"")
put("zeros/all", bytes(20000))
put("zeros/begin", bytes(8192) + text(4, 10))
put("zeros/middle", text(5, 4096) + bytes(8192) + text(6, 10))
put("zeros/short", bytes(100))
put("inserted", text(7, 301))
END
ln -s ../bin/page root/etc/link
mkfifo root/etc/fifo
chmod -R u=rwX,go=rX root zeros
chmod 4755 root/bin/page
mkfs.cramfs -N little root le.bin
mkfs.cramfs -N big -n 'sixteen chars ok' -e 77 root be.bin
mkfs.cramfs -N big -z zeros holes.bin
mkfs.cramfs -N little -p root/etc shifted.bin
mkfs.cramfs -N little -i inserted root/etc inserted.bin
mkfs.cramfs -N little -b 1024 root/etc pages.bin
mkfs.cramfs -N little root/empty empty.bin
python3 - <<'END'
import struct, zlib
def patch(name, begin=0):
    b = bytearray(open(name, "rb").read())
    big = b[begin:begin + 4] == b"\x28\xcd\x3d\x45"
    order = ">" if big else "<"
    def inode(at):
        a, s, o = struct.unpack_from(order + "3I", b, at)
        return ([a >> 16, a & 0xFFFF, s >> 8, s & 0xFF, o >> 26, o & 0x3FFFFFF] if big else [a & 0xFFFF, a >> 16, s & 0xFFFFFF, s >> 24, o & 63, o >> 6])
    def put(at, m, u, s, g, n, o):
        struct.pack_into(order + "3I", b, at, *((m << 16 | u, s << 8 | g, n << 26 | o) if big else (m | u << 16, s | g << 24, n | o << 6)))
    todo, k = [begin + 64], 0
    while todo:
        at = todo.pop()
        i = inode(at)
        here = i[5] * 4
        end = here + i[2] if i[0] >> 12 == 4 else 0
        i[1], i[3] = (0, 0) if at == begin + 64 else (1000 * (k % 3), k % 7)
        put(at, *i)
        while here < end:
            k += 1
            i = inode(here)
            if b[here + 12:here + 16] == b"tty\0": i[0], i[2] = 0o20620, 5 << 8 | 1
            put(here, *i)
            todo.append(here)
            here += 12 + i[4] * 4
    struct.pack_into(order + "I", b, begin + 32, 0)
    struct.pack_into(order + "I", b, begin + 32, zlib.crc32(b[begin:]))
    open(name, "wb").write(b)
    version = begin + (11 if big else 8)
    covered = [(begin + 4, version - begin - 4), (version + 1, begin + 72 - version - 1), (begin + 76, len(b) - begin - 76)]
    open(name[:-3] + "covered", "w").write("".join("%d %d\n" % c for c in covered if c[1]))
for name in ("le", "be", "holes", "inserted", "pages", "empty"): patch(name + ".bin")
patch("shifted.bin", 512)

files = [(b"zebra", b"stripes\n" * 700), (b"ant", b"six legs\n" * 3), (b"link", b"zebra")]
lists, data, at = b"", b"", 76 + sum(12 + len(n) + -len(n) % 4 for n, _ in files)
for name, content in files:
    blocks = [zlib.compress(content[i:i + 4096], 9) for i in range(0, len(content), 4096)]
    begin, ends = at + len(data), []
    for k in range(len(blocks)): ends.append(begin + 4 * len(blocks) + sum(map(len, blocks[:k + 1])))
    name += bytes(-len(name) % 4)
    mode = 0o120777 if name == b"link" else 0o100644
    lists += struct.pack("<3I", mode, len(content), len(name) // 4 | begin // 4 << 6) + name
    data += struct.pack("<%dI" % len(ends), *ends) + b"".join(blocks)
    data += bytes(-len(data) % 4)
old = struct.pack("<4I", 0x28CD3D45, 0x10000, 0, 0) + b"Compressed ROMFS" + bytes(range(160, 176)) + b"Compressed".ljust(16, b"\0")
old += struct.pack("<3I", 0o40755, len(lists), 76 // 4 << 6) + lists + data
open("old.bin", "wb").write(old + bytes(-len(old) % 4096))
open("old.covered", "w")
END
cramfsswap le.bin swapped.bin > /dev/null
python3 - <<'END'
size = len(open("swapped.bin", "rb").read())
open("swapped.covered", "w").write("4 7\n12 60\n76 %d\n" % (size - 76))
END
rm -rf root zeros inserted

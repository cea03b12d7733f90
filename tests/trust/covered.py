"""Which bytes of an image a check must vouch for, told from the formats' specifications and by the tests' own readers (squashfs, JFFS2), never by the program.

Not in the list, though they are said somewhere: the magics by which a thing is found (U-Boot's, xz's), headers of squashfs's metadata blocks and its superblock (no sum is over
them), padding, the bit of a JFFS2 node that says it is obsolete (sums are taken as if it were set: flash may clear it), JFFS2 nodes that newer ones replace."""
import os, struct, sys
from dataclasses import dataclass
from pathlib import Path

for folder in ("squashfs", "jffs2"):
    sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / folder))
import flash
from reader import ABSENT, Squashfs


@dataclass(frozen=True)
class Run:
    """Bytes of an image that one kind of check vouches for."""
    kind: str
    at: int      # in the image
    size: int
    node: str    # the path of the node that is checked; entries lie under it
    value: int   # where the sum is stored; of an encoded block, whose sum is inside: where it begins
    spare: tuple = ()  # (byte in the image, bit) that no sum is over


# ---- U-Boot's legacy header: doc/uImage and include/image.h
def uimage(data: bytes, at: int, size: int):
    node = f"/{at:08x}.uimage"
    length, = struct.unpack_from(">I", data, at + 12)
    assert 64 + length == size
    yield Run("uimage.header_crc", at + 4, 60, node, at + 4)
    yield Run("uimage.data_crc", at + 64, length, node, at + 24)
    assert data[at + 64:at + 70] == b"\xfd7zXZ\0", "another payload: teach this list"
    yield from xz(data, at + 64, length, node + "/payload")


# ---- xz: doc/xz-file-format.txt
def number(data: bytes, at: int):
    """A multibyte integer and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def xz(data: bytes, at: int, size: int, node: str):
    """One stream that is `size` long."""
    end = at + size
    assert data[end - 2:end] == b"YZ"
    sum_size = (0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64)[data[at + 7] & 15]
    index = end - 12 - (struct.unpack_from("<I", data, end - 8)[0] + 1) * 4
    yield Run("xz.stream_header", at + 6, 6, node, at + 8)
    yield Run("xz.index", index, end - 12 - index, node, end - 16)
    yield Run("xz.footer", end - 12, 10, node, end - 12)
    count, place = number(data, index + 1)
    block = at + 12
    for _ in range(count):
        unpadded, place = number(data, place)
        _, place = number(data, place)
        head = (data[block] + 1) * 4
        yield Run("xz.block_header", block, head, node, block + head - 4)
        if sum_size:
            yield Run("xz.check", block + head, unpadded - head, node, block + unpadded - sum_size)
        block += unpadded + 3 & ~3
    assert block == index


# ---- squashfs: only what a block's codec holds a sum for
def metadata(s: Squashfs, begin: int, end: int):
    """The metadata blocks from begin to end: (place of the header, size of what is encoded, 0 if it is stored)."""
    while begin < end:
        head, = struct.unpack_from("<H", s.b, begin)
        yield begin, 0 if head & 0x8000 else head
        begin += 2 + (head & 0x7FFF)


def tables(s: Squashfs):
    """(name, place, size) of all metadata blocks."""
    fragments, = struct.unpack_from("<I", s.b, 16)
    ids, = struct.unpack_from("<H", s.b, 26)
    lists = []
    for name, place, n in (("fragment-table", 80, 16 * fragments), ("exports", 88, 8 * s.inodes), ("owners", 48, 4 * ids)):
        at, = struct.unpack_from("<Q", s.b, place)
        if at != ABSENT and n:
            lists += [(name, x) for x in struct.unpack_from(f"<{(n + 8191) // 8192}Q", s.b, at)]
    attributes, = struct.unpack_from("<Q", s.b, 56)
    if attributes != ABSENT:
        first, count, _ = struct.unpack_from("<QII", s.b, attributes)
        ids_of_them = struct.unpack_from(f"<{(16 * count + 8191) // 8192}Q", s.b, attributes + 16)
        lists += [("attributes", x) for x in ids_of_them]
        yield from (("attributes", *m) for m in metadata(s, first, min(ids_of_them)))
    # What lies behind the directories is whatever table comes first: the place lists themselves too.
    tables_begin = min([x for _, x in lists] + [p for p in struct.unpack_from("<4Q", s.b, 48) + struct.unpack_from("<2Q", s.b, 80) if p != ABSENT and p > s.directory_table])
    yield from (("inodes", *m) for m in metadata(s, s.inode_table, s.directory_table))
    yield from (("directories", *m) for m in metadata(s, s.directory_table, tables_begin))
    yield from ((name, x, next(metadata(s, x, x + 1))[1]) for name, x in lists)


def squashfs(data: bytes, at: int, size: int):
    node, s = f"/{at:08x}.squashfs", Squashfs(data[at:at + size])
    assert struct.unpack_from("<H", s.b, 20)[0] == 4, "a codec other than xz: teach this list"
    blocks = {("block", place, n) for e in s.entries.values() for place, n, plain in e.blocks if n and not plain}
    blocks |= {("fragment", place, n) for place, n, plain in s.fragments if not plain}
    for kind, place, n in sorted(blocks):
        yield Run(f"squashfs.{kind}", at + place + 6, n - 8, node, at + place)
    for kind, place, n in tables(s):
        if n:
            yield Run(f"squashfs.{kind}", at + place + 2 + 6, n - 8, node, at + place)


# ---- JFFS2: include/uapi/linux/jffs2.h
def live(log: flash.Log):
    """Offsets of the nodes that count: names by their highest version, data nodes that hold the newest inode or a byte that no newer one holds."""
    names, inodes = {}, {}
    for at, kind, size in log.nodes:
        get = lambda form, off: struct.unpack_from(log.order + form, log.image, at + off)
        if kind == flash.DIRENT:
            pino, version = get("II", 12)
            name = log.image[at + 40:at + size]
            names[pino, name] = max(names.get((pino, name), (0, 0)), (version, at))
        elif kind == flash.INODE:
            ino, version = get("II", 12)
            inodes.setdefault(ino, []).append((version, at, get("I", 44)[0], get("I", 52)[0]))
        else:
            yield at
    yield from (at for _, at in names.values())
    for nodes in inodes.values():
        held = set()
        for i, (_, at, begin, n) in enumerate(sorted(nodes, reverse=True)):
            mine = set(range(begin, begin + n))
            if not i or mine - held:
                yield at
            held |= mine


def jffs2(data: bytes, at: int, size: int):
    node, log = f"/{at:08x}.jffs2", flash.Log(data[at:at + size])
    assert not log.bad
    counts = set(live(log))
    for x, kind, length in log.nodes:
        begin = at + x
        obsolete = (begin + (3 if log.order == "<" else 2), 5)
        if x not in counts:
            continue
        yield Run("jffs2.hdr_crc", begin, 12, node, begin + 8, (obsolete,))
        if kind == flash.DIRENT:
            yield Run("jffs2.node_crc", begin + 12, 24, node, begin + 32)
            yield Run("jffs2.name_crc", begin + 36, 4 + data[begin + 28], node, begin + 36)
        elif kind == flash.INODE:
            encoded, = struct.unpack_from(log.order + "I", data, begin + 48)
            yield Run("jffs2.node_crc", begin + 12, 48, node, begin + 64)
            if encoded:
                yield Run("jffs2.data_crc", begin + 68, encoded, node, begin + 60)
        else:
            assert kind in (flash.CLEAN, flash.PADDING), f"a node of kind {kind:#x}: teach this list"


PARSERS = {"uimage": uimage, "squashfs": squashfs, "jffs2": jffs2}


def covered(data: bytes, regions) -> list[Run]:
    """All runs of an image whose regions are known."""
    out = []
    for r in regions:
        if r["format"] not in ("padding", "unknown"):
            out += PARSERS[r["format"]](data, r["offset"], r["size"])
    return out

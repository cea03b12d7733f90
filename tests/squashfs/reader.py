"""A reader of squashfs 4.0 for tests, written from Linux's fs/squashfs/squashfs_fs.h: tables, names, and where the encoded bytes of each file lie. Codecs are those of
Python's own library: gzip, xz, lzma."""
import lzma, os, struct, zlib
from dataclasses import dataclass, field

KINDS = {1: "dir", 2: "file", 3: "symlink", 4: "block", 5: "char", 6: "fifo", 7: "socket"}
PREFIXES = ("user.", "trusted.", "security.")
NONE = 0xFFFFFFFF
ABSENT = 0xFFFFFFFFFFFFFFFF


@dataclass
class Entry:
    type: str
    number: int
    mode: int
    uid: int
    gid: int
    mtime: int
    nlink: int = 1
    size: int = 0
    target: str = ""
    rdev: tuple = (0, 0)
    xattrs: dict = field(default_factory=dict)
    blocks: list = field(default_factory=list)  # (place, size, plain?) of each; size 0 is a hole
    tail: tuple | None = None                   # fragment, offset, size


class Squashfs:
    def __init__(self, image: bytes):
        self.b = image
        (magic, self.inodes, self.mkfs_time, self.block, n_fragments, comp, _, self.flags, n_ids, major, minor, root, self.used, ids, xattrs, self.inode_table,
         self.directory_table, fragments, exports) = struct.unpack_from("<5I6H8Q", image)
        assert (magic, major, minor) == (0x73717368, 4, 0)
        self.unpack = {1: zlib.decompress, 2: lzma.decompress, 4: lzma.decompress}[comp]
        self.ids = [struct.unpack_from("<I", self.listed(ids, 4 * n_ids), 4 * i)[0] for i in range(n_ids)]
        table = self.listed(fragments, 16 * n_fragments) if n_fragments else b""
        self.fragments = [(at, size & 0xFFFFFF, bool(size >> 24)) for at, size, _ in struct.iter_unpack("<QII", table)]
        self.exports = self.listed(exports, 8 * self.inodes) if exports != ABSENT else None
        self.xattrs = self.attributes(xattrs) if xattrs != ABSENT else []
        self.entries, self.places = {}, {}
        todo = [("", root)]
        while todo:
            path, place = todo.pop()
            e = self.inode(place)
            self.entries[path], self.places[path] = e, place
            if e.type == "dir":
                names = [n for n, _ in e.children]
                assert names == sorted(names), f"the list of {path} is not sorted"
                todo += [((path + "/" if path else "") + os.fsdecode(n), p) for n, p in e.children]

    def metadata(self, at: int):
        """(plain bytes, where the next one lies)"""
        head, = struct.unpack_from("<H", self.b, at)
        size = head & 0x7FFF
        raw = self.b[at + 2:at + 2 + size]
        return (raw if head & 0x8000 else self.unpack(raw)), at + 2 + size

    def listed(self, at: int, size: int) -> bytes:
        places = struct.unpack_from(f"<{(size + 8191) // 8192}Q", self.b, at)
        return b"".join(self.metadata(p)[0] for p in places)[:size]

    def stream(self, begin: int, place: int):
        """A function that gives the next n bytes from a place on."""
        state = {"at": begin + (place >> 16), "plain": b"", "skip": place & 0xFFFF}

        def take(n: int) -> bytes:
            while len(state["plain"]) < n + state["skip"]:
                more, state["at"] = self.metadata(state["at"])
                state["plain"] += more
            out = state["plain"][state["skip"]:state["skip"] + n]
            state["skip"] += n
            return out
        return take

    def attributes(self, at: int):
        start, count, _ = struct.unpack_from("<QII", self.b, at)
        lists, out = self.listed(at + 16, 16 * count), []
        for place, n, _ in struct.iter_unpack("<QII", lists):
            take, one = self.stream(start, place), {}
            for _ in range(n):
                kind, length = struct.unpack("<HH", take(4))
                name = PREFIXES[kind & 0xFF] + os.fsdecode(take(length))
                value = take(struct.unpack("<I", take(4))[0])
                if kind & 0x100:
                    there = self.stream(start, struct.unpack("<Q", value)[0])
                    value = there(struct.unpack("<I", there(4))[0])
                one[name] = value
            out.append(one)
        return out

    def inode(self, place: int) -> Entry:
        take = self.stream(self.inode_table, place)
        number = lambda form: struct.unpack("<" + form, take(struct.calcsize("<" + form)))
        kind, mode, uid, gid, mtime, ino = number("HHHHII")
        e = Entry(KINDS[(kind - 1) % 7 + 1], ino, mode, self.ids[uid], self.ids[gid], mtime)
        long, xattr = kind > 7, NONE
        if e.type == "dir":
            if long:
                e.nlink, size, start, e.parent, indexed, offset, xattr = number("IIIIHHI")
                e.index = []
                for _ in range(indexed):
                    where, block, length = number("III")
                    e.index.append((where, block, take(length + 1)))
            else:
                start, e.nlink, size, offset, e.parent = number("IIHHI")
            e.children = self.directory(start, offset, size - 3)
        elif e.type == "file":
            if long:
                start, e.size, e.sparse, e.nlink, fragment, offset, xattr = number("QQQIIII")
            else:
                start, fragment, offset, e.size = number("IIII")
            whole, rest = divmod(e.size, self.block)
            for _ in range(whole + (fragment == NONE and rest > 0)):
                word, = number("I")
                size = word & 0xFFFFFF
                e.blocks.append((start, size, bool(word >> 24)))
                start += size
            if fragment != NONE and rest:
                e.tail = fragment, offset, rest
        elif e.type == "symlink":
            e.nlink, size = number("II")
            e.target = os.fsdecode(take(size))
            xattr, = number("I") if long else (NONE,)
        elif e.type in ("block", "char"):
            e.nlink, dev = number("II")
            e.rdev = dev >> 8 & 0xFFF, dev & 0xFF | dev >> 12 & 0xFFF00
            xattr, = number("I") if long else (NONE,)
        else:
            e.nlink, = number("I")
            xattr, = number("I") if long else (NONE,)
        e.xattrs = self.xattrs[xattr] if xattr != NONE else {}
        return e

    def directory(self, start: int, offset: int, size: int):
        take, out = self.stream(self.directory_table, start << 16 | offset), []
        while size > 0:
            count, block, _ = struct.unpack("<III", take(12))
            size -= 12
            assert count < 256
            for _ in range(count + 1):
                where, _, _, length = struct.unpack("<HhHH", take(8))
                out.append((take(length + 1), block << 16 | where))
                size -= 9 + length
        assert size == 0
        return out

    def encoded(self, path: str):
        """Where the bytes that make a file lie: (place, size) of each block, and its fragment's with the place in it."""
        e = self.entries[path]
        tail = (*self.fragments[e.tail[0]][:2], *e.tail[1:]) if e.tail else None
        return [(at, size) for at, size, _ in e.blocks if size], tail

    def raw(self, path: str):
        """Those bytes, wherever they lie."""
        blocks, tail = self.encoded(path)
        return [self.b[at:at + size] for at, size in blocks], tail and (self.b[tail[0]:tail[0] + tail[1]], *tail[2:])

    def content(self, path: str) -> bytes:
        e, out, left = self.entries[path], b"", self.entries[path].size
        for at, size, plain in e.blocks:
            n = min(self.block, left)
            raw = self.b[at:at + size]
            out += bytes(n) if not size else raw if plain else self.unpack(raw)
            left -= n
        if e.tail:
            at, size, plain = self.fragments[e.tail[0]]
            raw = self.b[at:at + size]
            out += (raw if plain else self.unpack(raw))[e.tail[1]:e.tail[1] + e.tail[2]]
        assert len(out) == e.size, (path, len(out), e.size)
        return out

    def check(self):
        """Counts, links, parents, exports, the index of long directories."""
        numbers = {e.number for e in self.entries.values()}
        assert numbers == set(range(1, self.inodes + 1)), "inode numbers"
        for path, e in self.entries.items():
            same = [p for p in self.entries if self.places[p] == self.places[path]]
            if e.type != "dir" and not (e.type == "file" and not hasattr(e, "sparse")):
                assert e.nlink == len(same), f"{path}: {e.nlink} links, {len(same)} names"
            if self.exports:
                assert struct.unpack_from("<Q", self.exports, 8 * (e.number - 1))[0] == self.places[path], f"{path}: export"
            if e.type == "dir":
                up = self.entries[path.rpartition("/")[0]] if path else None
                assert e.parent == (up.number if up else self.inodes + 1), f"{path}: parent"
                below = sum(1 for p, x in self.entries.items() if x.type == "dir" and p and p.rpartition("/")[0] == path)
                assert e.nlink == below + 2, f"{path}: {e.nlink} links of a directory with {below} in it"
        return self

"""Squashfs images of any version and byte order, with what they hold: for versions that no tool here makes any more.

Written from squashfs-tools 4.5.1 (squashfs_compat.h: the structures of versions 1 to 3; unsquash-1.c, -2.c, -3.c, -4.c: how they are read), Linux fs/squashfs/squashfs_fs.h
(4.0), and sasquatch (what vendors put in front of LZMA, and their magics). Versions 1 to 3 are C bitfields: a stream of bits that begins at the low end of a byte where the
machine is little endian, and at the high end where it is big endian.

    image = make(tree(seed=1), version=(3, 1), big=True, codec="zlib", block_size=65536)
    image.data, image.entries     # the entries are those that ls -R --json --sha256 tells
"""
import hashlib, lzma, random, struct, zlib
from dataclasses import dataclass, field

META = 8192
NONE32, NONE64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
DIR, FILE, SYMLINK, BLOCK, CHAR, FIFO, SOCKET, LDIR, LFILE = range(1, 10)
TYPES = {"dir": DIR, "file": FILE, "symlink": SYMLINK, "block": BLOCK, "char": CHAR, "fifo": FIFO, "socket": SOCKET}


@dataclass
class Node:
    type: str
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 1_200_000_000
    data: bytes = b""
    target: bytes = b""
    rdev: tuple = (0, 0)
    children: dict = field(default_factory=dict)  # of a dir: name -> Node; one Node under two names is a hard link
    links: int = 0
    number: int = 0
    at: tuple = None  # where its inode is: block, offset


# --- packers -------------------------------------------------------------------------------------------------------------------------------------------------------------

def raw_lzma(data, lc=3, lp=0, pb=2, dictionary=1 << 23):
    """With an end marker, as Oleg Vdovikin's LZMA_Lib had it."""
    return lzma.compress(data, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "preset": 6, "lc": lc, "lp": lp, "pb": pb, "dict_size": dictionary}])


def alone(data, dictionary):
    out = lzma.compress(data, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "preset": 5, "dict_size": dictionary}])
    return out[:5] + struct.pack("<Q", len(data)) + out[13:]


CODECS = {
    "zlib": lambda data, size: zlib.compress(data, 9),
    "lzma": alone,  # mksquashfs 4, sqlzma
    "lzma-bare": lambda data, size: raw_lzma(data),  # OpenWrt and others, 2.x and 3.0
    "lzma-properties": lambda data, size: bytes([0x5D]) + struct.pack("<I", size) + raw_lzma(data, dictionary=size),
    "lzma-7zip": lambda data, size: b"7zip" + raw_lzma(data),
    "lzma-7zip-properties": lambda data, size: b"7zip" + bytes([0x5D]) + struct.pack("<I", size) + raw_lzma(data, dictionary=size),
    "lzma-dd-wrt": lambda data, size: bytes([2, 0, 2, 128]) + raw_lzma(data, lc=0, lp=2, pb=2),
    "xz": lambda data, size: lzma.compress(data, lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": max(size, 8192)}]),
}
IDS = {"zlib": 1, "xz": 4}  # of version 4; what begins with lzma is 2


# --- bits ----------------------------------------------------------------------------------------------------------------------------------------------------------------

def bits(big, *fields):
    """(value, width in bits) one after another, as a packed C struct lays them out."""
    total = sum(width for _, width in fields)
    assert total % 8 == 0
    number, at = 0, 0
    for value, width in fields:
        value &= (1 << width) - 1
        number |= value << (total - at - width if big else at)
        at += width
    return number.to_bytes(total // 8, "big" if big else "little")


class Metadata:
    """A table in blocks of 8 KiB. `checks`: a byte 0xff behind the two of each header, as the flag CHECK of versions 1 and 2 says."""

    def __init__(self, maker, packed=True):
        self.m, self.packed, self.out, self.open = maker, packed, b"", b""

    def tell(self):
        return len(self.out), len(self.open)

    def put(self, data):
        self.open += data
        while len(self.open) >= META:
            self.flush(self.open[:META])
            self.open = self.open[META:]

    def flush(self, block):
        stored = self.m.pack(block, META) if self.packed else None
        head = (len(stored) if stored is not None else len(block) | 0x8000) & 0xFFFF
        self.out += bits(self.m.big, (head, 16)) + (b"\xff" if self.m.check else b"") + (stored if stored is not None else block)

    def done(self):
        if self.open:
            self.flush(self.open)
            self.open = b""
        return self.out


@dataclass
class Image:
    data: bytes
    entries: list
    holes: list  # paths of files with a block of which nothing is stored


class Maker:
    def __init__(self, root, version=(3, 1), big=False, codec="zlib", block_size=None, magic=None, check=False, exports=True, always_fragments=False, no_fragments=False, unsorted=False,
                 packed=("inodes", "data", "fragments"), mkfs_time=1_300_000_000):
        self.root, self.version, self.big, self.codec = root, version, big, codec
        self.major = version[0]
        self.block_size = block_size or (32768 if self.major == 1 else 65536)
        self.check, self.always = check and self.major < 3, always_fragments
        self.fragments_wanted = self.major > 1 and not no_fragments
        self.exports = exports and (self.major == 4 or version == (3, 1))
        self.packed, self.mkfs_time, self.magic = packed, mkfs_time, magic
        self.sparse, self.unsorted = self.major >= 3, unsorted
        self.uids, self.gids, self.fragments, self.holes = [], [], [], []
        self.pending, self.seen = b"", {}

    # bytes of the image's order
    def n(self, *fields):
        return bits(self.big, *fields)

    def ints(self, values, width=32):
        return b"".join(self.n((v, width)) for v in values)

    def pack(self, block, size):
        stored = CODECS[self.codec](block, size)
        return stored if len(stored) < len(block) else None

    # --- owners
    def index(self, table, value):
        if value not in table:
            table.append(value)
        return table.index(value)

    def owners(self, node):
        """Index of the uid and of the gid. Before version 4 a gid that is the uid is the highest index."""
        if self.major == 4:
            return self.index(self.uids, node.uid), self.index(self.uids, node.gid)
        uid = self.index(self.uids, node.uid)
        if node.uid == node.gid:
            return uid, 15 if self.major == 1 else 255
        return uid, self.index(self.gids, node.gid)

    # --- data
    def store(self, block, packed, word_bits=25):
        """Writes one block; the word that says how long it is."""
        stored = self.pack(block, self.block_size) if packed else None
        self.out += stored if stored is not None else block
        plain = 1 << (15 if self.major == 1 else 24)
        return len(stored) if stored is not None else (len(block) & (plain - 1) | plain if self.major == 1 else len(block) | plain)

    def fragment(self, tail):
        if len(self.pending) + len(tail) > self.block_size:
            self.close_fragment()
        at = len(self.pending)
        self.pending += tail
        return len(self.fragments), at

    def close_fragment(self):
        if self.pending:
            at = len(self.out)
            word = self.store(self.pending, "fragments" in self.packed)
            self.fragments.append((at, word))
            self.pending = b""

    def file(self, node):
        """start, block words, fragment, offset in it."""
        if node.data in self.seen and node.data:
            return self.seen[node.data]  # a duplicate: another inode, the same blocks
        size, block = len(node.data), self.block_size
        fragment, offset, words, full = NONE32, 0, [], size
        if self.fragments_wanted and size % block and (size < block or self.always):
            full = size - size % block
            fragment, offset = self.fragment(node.data[full:])
        start = len(self.out)
        for i in range(0, full, block):
            one = node.data[i:min(i + block, full)]
            if self.sparse and not any(one):
                words.append(0)
            else:
                words.append(self.store(one, "data" in self.packed))
        if not full:
            start = 0
        self.seen[node.data] = start, words, fragment, offset
        return self.seen[node.data]

    # --- inodes
    def base(self, node, kind):
        uid, gid = self.owners(node)
        if self.major == 1:
            if kind in (FIFO, SOCKET):
                return [(0, 4), (node.mode, 12), (uid % 16, 4), (gid, 4), (kind, 4), (uid // 16, 4)]
            return [(kind + uid // 16 * 5, 4), (node.mode, 12), (uid % 16, 4), (gid, 4)]
        if self.major == 2:
            return [(kind, 4), (node.mode, 12), (uid, 8), (gid, 8)]
        if self.major == 3:
            return [(kind, 4), (node.mode, 12), (uid, 8), (gid, 8), (node.mtime, 32), (node.number, 32)]
        return [(kind, 16), (node.mode, 16), (uid, 16), (gid, 16), (node.mtime, 32), (node.number, 32)]

    def rdev(self, node):
        major, minor = node.rdev
        return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12 if self.major == 4 else major << 8 | minor

    def file_inode(self, node):
        start, words, fragment, offset = self.file(node)
        size = len(node.data)
        if self.major == 1:
            head = self.base(node, FILE) + [(node.mtime, 32), (start, 32), (size, 32)]
        elif self.major == 2:
            head = self.base(node, FILE) + [(node.mtime, 32), (start, 32), (fragment, 32), (offset, 32), (size, 32)]
        elif self.major == 3 and node.links > 1:
            head = self.base(node, LFILE) + [(node.links, 32), (start, 64), (fragment, 32), (offset, 32), (size, 64)]
        elif self.major == 3:
            head = self.base(node, FILE) + [(start, 64), (fragment, 32), (offset, 32), (size, 32)]
        elif node.links > 1 or 0 in words:
            holes = sum(min(self.block_size, size - i * self.block_size) for i, w in enumerate(words) if not w)
            head = self.base(node, LFILE) + [(start, 64), (size, 64), (holes, 64), (node.links, 32), (fragment, 32), (offset, 32), (NONE32, 32)]
        else:
            head = self.base(node, FILE) + [(start, 32), (fragment, 32), (offset, 32), (size, 32)]
        return self.n(*head) + self.ints(words, 16 if self.major == 1 else 32)

    def other_inode(self, node):
        kind, links = TYPES[node.type], [(node.links, 32)] if self.major >= 3 else []
        if node.type == "symlink":
            return self.n(*self.base(node, kind), *links, (len(node.target), 16 if self.major < 4 else 32)) + node.target
        if node.type in ("char", "block"):
            return self.n(*self.base(node, kind), *links, (self.rdev(node), 16 if self.major < 4 else 32))
        return self.n(*self.base(node, kind), *links)

    def listing(self, node):
        """Writes a directory's entries; their size, where they begin, and the index of what begins in a later block."""
        start, offset = self.directories.tell()
        total, index = 0, []
        names = sorted(node.children)
        if self.unsorted:  # as versions 1.0 and 2.0 left them
            names.sort(key=lambda n: hashlib.md5(n).digest())
        while names:
            first = node.children[names[0]]
            base = first.number
            group = []
            while names and len(group) < 256:
                child = node.children[names[0]]
                if child.at[0] != first.at[0] or (self.major >= 3 and not -32768 <= child.number - base < 32768):
                    break
                group.append((names.pop(0), child))
            block, _ = self.directories.tell()
            if block != start and (not index or index[-1][1] != block):
                index.append((total, block, group[0][0]))
            if self.major < 3:
                out = self.n((len(group) - 1, 8), (first.at[0], 24))
            elif self.major == 3:
                out = self.n((len(group) - 1, 8), (first.at[0], 32), (base, 32))
            else:
                out = self.n((len(group) - 1, 32), (first.at[0], 32), (base, 32))
            for name, child in group:
                kind = TYPES[child.type]
                if self.major < 3:
                    out += self.n((child.at[1], 13), (kind, 3), (len(name) - 1, 8)) + name
                elif self.major == 3:
                    out += self.n((child.at[1], 13), (kind, 3), (len(name) - 1, 8), (child.number - base, 16)) + name
                else:
                    out += self.n((child.at[1], 16), (child.number - base, 16), (kind, 16), (len(name) - 1, 16)) + name
            self.directories.put(out)
            total += len(out)
        return total, start, offset, index

    def dir_inode(self, node, parent):
        size, start, offset, index = self.listing(node)
        links = 2 + sum(c.type == "dir" for c in node.children.values())
        if self.major >= 3:
            size += 3
        long = self.major > 1 and (index or size >= (1 << 16 if self.major == 4 else 1 << 19))
        kind = LDIR if long else DIR
        head = self.base(node, kind)
        if self.major == 1 or self.major == 2:
            head += [(size, 27 if long else 19), (offset, 13), (node.mtime, 32), (start, 24)] + ([(len(index), 16)] if long else [])
        elif self.major == 3:
            head += [(links, 32), (size, 27 if long else 19), (offset, 13), (start, 32)] + ([(len(index), 16)] if long else []) + [(parent, 32)]
        elif long:
            head += [(links, 32), (size, 32), (start, 32), (parent, 32), (len(index), 16), (offset, 16), (NONE32, 32)]
        else:
            head += [(start, 32), (links, 32), (size, 16), (offset, 16), (parent, 32)]
        out = self.n(*head)
        for at, block, name in index if long else ():
            if self.major == 2:
                out += self.n((at, 27), (block, 29), (len(name) - 1, 8)) + name
            else:
                out += self.n((at, 32), (block, 32), (len(name) - 1, 8 if self.major == 3 else 32)) + name
        return out

    def number_all(self, node, seen):
        for name in sorted(node.children):
            child = node.children[name]
            if id(child) in seen:
                child.links += 1
                continue
            seen.add(id(child))
            child.links = 1
            self.count += 1
            child.number = self.count
            self.number_all(child, seen)

    def write(self, node, parent):
        for name in sorted(node.children):
            child = node.children[name]
            if child.at is None:
                self.write(child, node.number)
        if node.type == "dir":
            inode = self.dir_inode(node, parent)
        elif node.type == "file":
            inode = self.file_inode(node)
        else:
            inode = self.other_inode(node)
        node.at = self.inodes.tell()
        self.inodes.put(inode)
        self.all.append(node)

    # --- the whole
    def make(self):
        size = {1: 51, 2: 63, 3: 119, 4: 96}[self.major]
        self.out = b"\0" * size
        packed = "inodes" in self.packed
        self.inodes, self.directories = Metadata(self, packed), Metadata(self, packed)
        self.count, self.all = 0, []
        self.number_all(self.root, set())
        self.count += 1
        self.root.number, self.root.links = self.count, 1
        self.write(self.root, self.count + 1)
        root = self.root.at[0] << 16 | self.root.at[1]
        self.close_fragment()
        t = {"inode": len(self.out)}
        self.out += self.inodes.done()
        t["directory"] = len(self.out)
        self.out += self.directories.done()
        word = 32 if self.major == 2 else 64
        if self.major > 1:
            entries = b"".join(self.n((at, word), (w, 32), *([(0, 32)] if self.major > 2 else [])) for at, w in self.fragments)
            t["fragment"] = self.indexed(entries, word)
            if self.major == 4 and not entries:
                t["fragment"] = NONE64
        if self.exports:
            where = sorted((n.number, n.at[0] << 16 | n.at[1]) for n in self.all)
            t["lookup"] = self.indexed(self.ints((v for _, v in where), 64), 64)
        if self.major == 4:
            t["id"] = self.indexed(self.ints(self.uids), 64)
        else:
            t["uid"] = len(self.out)
            self.out += self.ints(self.uids)
            t["gid"] = len(self.out) if self.gids else 0
            self.out += self.ints(self.gids)
        head = self.superblock(t, root)
        assert len(head) == size, (len(head), size)
        data = head + self.out[size:]
        return Image(data + b"\0" * (-len(data) % 4096), self.expected(), self.holes)

    def indexed(self, entries, word):
        """A table in metadata blocks, then where each of them is; where that begins."""
        table, places, base = Metadata(self), [], len(self.out)
        for i in range(0, len(entries), META):
            places.append(base + len(table.out))
            table.flush(entries[i:i + META])
        self.out += table.out
        at = len(self.out)
        self.out += self.ints(places, word)
        return at

    def superblock(self, t, root):
        magic = self.magic or (b"sqsh" if self.big else b"hsqs")
        log, used, flags = self.block_size.bit_length() - 1, len(self.out), 0
        flags |= (0 if "inodes" in self.packed else 1) | (0 if "data" in self.packed else 2) | (4 if self.check else 0) | (0 if "fragments" in self.packed else 8)
        flags |= (0 if self.fragments_wanted else 16) | (32 if self.always else 0) | 64 | (128 if self.exports else 0)
        if self.major == 4:
            flags = (flags | 0x200) & ~4
            codec = IDS.get(self.codec, 2)
            return magic + self.n((self.count, 32), (self.mkfs_time, 32), (self.block_size, 32), (len(self.fragments), 32), (codec, 16), (log, 16), (flags, 16),
                                  (len(self.uids), 16), (4, 16), (0, 16), (root, 64), (used, 64), (t["id"], 64), (NONE64, 64), (t["inode"], 64), (t["directory"], 64),
                                  (t["fragment"], 64), (t.get("lookup", NONE64), 64))
        old = [used, t["uid"], t["gid"], t["inode"], t["directory"]] if self.major < 3 else [0] * 5
        out = [(self.count, 32)] + [(v, 32) for v in old] + [(self.major, 16), (self.version[1], 16)]
        out += [(self.block_size if self.block_size < 65536 else 0, 16), (log, 16), (flags, 8), (len(self.uids), 8), (len(self.gids), 8), (self.mkfs_time, 32), (root, 64)]
        if self.major > 1:
            out += [(self.block_size, 32), (len(self.fragments), 32), (t["fragment"] if self.major == 2 else 0, 32)]
        if self.major == 3:
            out += [(used, 64), (t["uid"], 64), (t["gid"], 64), (t["inode"], 64), (t["directory"], 64), (t["fragment"], 64), (t.get("lookup", NONE64), 64)]
        return magic + self.n(*out)

    def expected(self):
        rows = []

        def row(path, node):
            r = {"path": path.decode("utf-8", "surrogateescape"), "type": node.type, "mode": f"{node.mode:04o}", "uid": node.uid, "gid": node.gid}
            if self.major >= 3 or node.type in ("file", "dir"):
                r["mtime"] = node.mtime
            if node.type == "file":
                r["size"], r["sha256"] = len(node.data), hashlib.sha256(node.data).hexdigest()
                if self.sparse and any(not any(node.data[i:i + self.block_size]) for i in range(0, len(node.data) - self.block_size + 1, self.block_size)):
                    self.holes.append(r["path"])
                if self.major >= 3:
                    r["links"] = node.links
            if node.type == "symlink":
                r["target"] = node.target.decode("utf-8", "surrogateescape")
            if node.type in ("char", "block"):
                r["rdev"] = list(node.rdev)
            rows.append(r)
            for name in sorted(node.children):
                row(path + b"/" + name if path else name, node.children[name])

        row(b"", self.root)
        return rows


def make(root, **options):
    return Maker(root, **options).make()


# --- what is in them -----------------------------------------------------------------------------------------------------------------------------------------------------

def words(rng, size):
    out = bytearray()
    while len(out) < size:
        out += b"option%d = %d\n" % (rng.randrange(40), rng.randrange(5000))
    return bytes(out[:size])


def tree(seed=0, block_size=65536, owners=6, links=True, files_in_big=600):
    """Empty and full directories, files around a block's size, holes, duplicates, devices, names of 1 and 255 bytes, owners."""
    rng = random.Random(seed)
    uids = [0, 0, 1000, 65534, 33, 100] + [2000 + i for i in range(max(0, owners - 6))]
    gids = [0, 5, 1000, 100]
    late = [1_234_567_890 + i for i in range(50)]

    def node(type, mode, **more):
        return Node(type, mode, rng.choice(uids), rng.choice(gids), rng.choice(late), **more)

    def file(data, mode=0o644):
        return node("file", mode, data=data)

    root = node("dir", 0o755)
    etc, dev, big, deep = (node("dir", m) for m in (0o755, 0o1777, 0o750, 0o2711))
    root.children = {b"etc": etc, b"dev": dev, b"empty": node("dir", 0o700), b"many": big, b"deep": deep}
    for i, size in enumerate((0, 1, 4095, 4096, 4097, block_size - 1, block_size, block_size + 1, 3 * block_size, 3 * block_size + 777)):
        root.children[b"text%d" % i] = file(words(rng, size), rng.choice((0o644, 0o600, 0o4755)))
    root.children[b"noise"] = file(rng.randbytes(2 * block_size + 99))
    root.children[b"zeros"] = file(bytes(2 * block_size))
    root.children[b"holes"] = file(words(rng, block_size) + bytes(2 * block_size) + words(rng, block_size) + bytes(block_size) + b"end")
    root.children[b"same"] = file(root.children[b"text9"].data)
    for i in range(30):
        etc.children[b"conf%d" % i] = file(words(rng, rng.randrange(3000)))
    etc.children[b"n" * 255] = file(b"a long name")
    etc.children[b"a"] = node("symlink", 0o777, target=b"../bin/busybox")
    etc.children[b"long"] = node("symlink", 0o777, target=b"x/" * 500)
    etc.children["ünï".encode()] = file(b"not ASCII")
    if links:
        shared = file(words(rng, 5000))
        etc.children[b"one"], root.children[b"two"], deep.children[b"three"] = shared, shared, shared
    dev.children[b"console"] = node("char", 0o600, rdev=(5, 1))
    dev.children[b"mtdblock0"] = node("block", 0o640, rdev=(31, 255))
    dev.children[b"initctl"] = node("fifo", 0o600)
    dev.children[b"log"] = node("socket", 0o666)
    for i in range(files_in_big):
        big.children[b"a file with a long enough name, number %04d" % i] = file(b"%d" % i)
    one = deep
    for i in range(12):
        below = node("dir", 0o755)
        one.children[b"d"] = below
        one.children[b"f%d" % i] = file(b"level %d" % i)
        one = below
    every = node("dir", 0o755)
    root.children[b"owners"] = every
    for i, uid in enumerate(uids):
        kind = ("file", "fifo", "symlink", "dir")[i % 4]
        every.children[b"o%d" % i] = Node(kind, 0o644 if kind != "symlink" else 0o777, uid, uid if i % 2 else 0, late[0], data=b"%d" % uid if kind == "file" else b"", target=b"t")
    return root

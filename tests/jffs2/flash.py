"""JFFS2 for tests, from the rules of Linux's fs/jffs2 and include/uapi/linux/jffs2.h: nodes are written one by one, and read as a mount does. Nothing of the program's is in it."""
import stat, struct, zlib

MAGIC, ACCURATE = 0x1985, 0x2000
DIRENT, INODE, CLEAN, PADDING, SUMMARY, XATTR, XREF = 0xE001, 0xE002, 0x2003, 0x2004, 0x2006, 0xE008, 0xE009
PREFIXES = {1: "user.", 2: "security.", 3: "system.posix_acl_access", 4: "system.posix_acl_default", 5: "trusted."}
KINDS = {"fifo": stat.S_IFIFO, "char": stat.S_IFCHR, "dir": stat.S_IFDIR, "block": stat.S_IFBLK, "file": stat.S_IFREG, "symlink": stat.S_IFLNK, "socket": stat.S_IFSOCK}
NAMES = {v: k for k, v in KINDS.items()}


def crc(b):
    return zlib.crc32(b, 0xFFFFFFFF) ^ 0xFFFFFFFF


# ---- writing
class Pen:
    def __init__(self, order="<"):
        self.order = order

    def p(self, form, *v):
        return struct.pack(self.order + form, *v)

    def head(self, kind, size):
        h = self.p("HHI", MAGIC, kind, size)
        return h + self.p("I", crc(h))

    def dirent(self, pino, version, ino, name, mctime, mode):
        d = self.head(DIRENT, 40 + len(name)) + self.p("IIIIBBH", pino, version, ino, mctime, len(name), mode >> 12, 0)
        return d + self.p("II", crc(d), crc(name)) + name

    def inode(self, ino, version, mode, uid, gid, size, mtime, offset=0, content=b"", store=False):
        code, data = (0, content)
        if content and not store and len(packed := zlib.compress(content, 3)) < len(content):
            code, data = 6, packed
        i = self.head(INODE, 68 + len(data)) + self.p("IIIHHIIIIIIIBBH", ino, version, mode, uid, gid, size, mtime, mtime, mtime, offset, len(data), len(content), code, 0, 0)
        return i + self.p("II", crc(data), crc(i)) + data

    def cleanmarker(self):
        return self.head(CLEAN, 12)


def lay(pen, nodes, block, clean=True):
    """Nodes into erase blocks, one behind the other, up to the end of the last one."""
    out = bytearray()
    for n in nodes:
        if len(out) % block + len(n) > block:
            out += b"\xff" * (-len(out) % block)
        if clean and len(out) % block == 0:
            out += pen.cleanmarker()
        out += n + b"\xff" * (-len(n) % 4)
    return bytes(out)


def nodes_of(tree, pen, page=4096, store=False):
    """A tree (path → node with type, mode, uid, gid, mtime, data, target, rdev, group) as nodes: each inode, then its name."""
    out, inos, versions = [], {"": 1}, {}
    files, next_ino = {}, 2
    for path, n in tree.items():
        up, _, name = path.rpartition("/")
        ino, fresh = 1, True
        if path:
            key = n.group if n.type == "file" and n.group is not None else object()
            fresh = key not in files
            if fresh:
                files[key], next_ino = next_ino, next_ino + 1
            ino = files[key]
        inos[path] = ino
        mode = KINDS[n.type] | n.mode
        content = n.data if n.type == "file" else n.target.encode("utf-8", "surrogateescape") if n.type == "symlink" else b""
        if n.type in ("char", "block"):
            a, b = n.rdev
            content = pen.p("H", a << 8 | b) if a < 256 and b < 256 else pen.p("I", b & 255 | a << 8 | (b & ~255) << 12)
        size = len(content) if n.type in ("file", "symlink") else 0
        if fresh:
            for at in range(0, max(1, len(content)), page):
                versions[ino] = versions.get(ino, 0) + 1
                out.append(pen.inode(ino, versions[ino], mode, n.uid, n.gid, size, n.mtime, at if content else 0, content[at:at + page], store or n.type != "file"))
        if path:
            pino = inos[up]
            versions[pino] = versions.get(pino, 0) + 1
            out.append(pen.dirent(pino, versions[pino], ino, name.encode("utf-8", "surrogateescape"), tree[up].mtime, mode))
    return out


# ---- reading
def scan(image, order):
    """(offset, type, length) of each node whose header is good."""
    at, magic = 0, struct.pack(order + "H", MAGIC)
    while at + 12 <= len(image):
        if image[at:at + 2] == magic:
            kind, size, sum_ = struct.unpack_from(order + "HII", image, at + 2)
            if sum_ == crc(magic + struct.pack(order + "HI", kind | ACCURATE, size)) and 12 <= size <= len(image) - at:
                yield at, kind, size
                at += size + 3 & ~3
                continue
        at += 4


def expand_rtime(code, n):
    out, last = bytearray(), {}
    for value, run in zip(code[::2], code[1::2]):
        out.append(value)
        back = last.get(value, 0)
        last[value] = len(out)
        for _ in range(run):
            out.append(out[back])
            back += 1
    return bytes(out[:n])


def expand(code, data, n):
    if code == 6:
        out = zlib.decompress(data)
    else:
        out = {0: lambda: data, 1: lambda: bytes(n), 2: lambda: expand_rtime(data, n)}[code]()
    assert len(out) == n, (code, len(out), n)
    return out


class Log:
    """What a mount finds. `bad`: offsets of nodes that it would not take."""

    def __init__(self, image):
        little, big = image.find(b"\x85\x19"), image.find(b"\x19\x85")
        self.image, self.order, self.bad = image, ">" if little < 0 or 0 <= big < little else "<", []
        self.inodes, self.names, self.attributes, self.refs, self.nodes = {}, {}, {}, {}, []
        for at, kind, size in scan(image, self.order):
            self.nodes.append((at, kind, size))
            node = image[at:at + size]
            get = lambda form, off: struct.unpack_from(self.order + form, node, off)
            if kind == INODE:
                if crc(node[:60]) != get("I", 64)[0]:
                    self.bad.append(at)
                    continue
                ino, version, mode, uid, gid, isize, _, mtime, _, offset, csize, dsize, code = get("IIIHHIIIIIIIB", 12)
                if csize and crc(node[68:68 + csize]) != get("I", 60)[0] or csize + 68 + 3 & ~3 != size + 3 & ~3:
                    self.bad.append(at)
                    continue
                content = expand(code, node[68:68 + csize], dsize)
                self.inodes.setdefault(ino, {})[version] = (mode, uid, gid, isize, mtime, offset, content)
            elif kind == DIRENT:
                if crc(node[:32]) != get("I", 32)[0] or crc(node[40:40 + node[28]]) != get("I", 36)[0]:
                    self.bad.append(at)
                    continue
                pino, version, ino, mctime = get("IIII", 12)
                old = self.names.setdefault(pino, {}).get(node[40:40 + node[28]])
                if not old or old[0] <= version:
                    self.names[pino][node[40:40 + node[28]]] = (version, ino, mctime)
            elif kind == XATTR:
                xid, version, prefix, names, values = get("IIBBH", 12)
                if crc(node[:28]) != get("I", 28)[0] or crc(node[32:33 + names + values]) != get("I", 24)[0] or size != 33 + names + values + 3 & ~3:
                    self.bad.append(at)
                elif xid not in self.attributes or self.attributes[xid][0] < version:
                    self.attributes[xid] = (version, PREFIXES[prefix] + node[32:32 + names].decode(), node[33 + names:33 + names + values])
            elif kind == XREF:
                ino, xid, seqno = get("III", 12)
                if crc(node[:24]) != get("I", 24)[0]:
                    self.bad.append(at)
                self.refs[ino, xid] = max(seqno, self.refs.get((ino, xid), 0))
            elif kind == SUMMARY:
                if crc(node[:24]) != get("I", 28)[0] or crc(node[32:]) != get("I", 24)[0]:
                    self.bad.append(at)
            elif kind & 0xC000 and kind & ACCURATE:
                self.bad.append(at)  # a kind that Linux does not know, and must

    def tree(self, Node):
        """path → Node; hard links of a file have one group. A root without an inode is a folder, and nothing is said of it."""
        out = {}

        def add(path, ino, above):
            versions = self.inodes.get(ino)
            if not versions:
                assert ino == 1 or ino in self.names, f"{path}: inode {ino} is nowhere"
                out[path] = Node("dir", None, None, None, None)
            else:
                mode, uid, gid, isize, mtime, _, content = versions[max(versions)]
                n = out[path] = Node(NAMES[stat.S_IFMT(mode)], stat.S_IMODE(mode), uid, gid, mtime)
                if n.type == "file":
                    data = bytearray(isize)
                    for v in sorted(versions):
                        *_, offset, piece = versions[v]
                        data[offset:offset + len(piece)] = piece
                    n.data, n.group = bytes(data[:isize]), ino
                elif n.type == "dir":
                    timed = [d for d in self.names.get(ino, {}).values() if d[2] and d[0] > max(versions)]
                    n.mtime = max(timed)[2] if timed else mtime
                elif n.type == "symlink":
                    n.target = content.decode("utf-8", "surrogateescape")
                elif n.type in ("char", "block"):
                    number = struct.unpack(self.order + ("H" if len(content) == 2 else "I"), content)[0]
                    n.rdev = (number >> 8, number & 255) if len(content) == 2 else (number >> 8 & 0xFFF, number & 255 | number >> 12 & 0xFFF00)
            for (i, xid), seqno in self.refs.items():
                if i == ino and not seqno & 1 and xid in self.attributes:
                    out[path].xattrs[self.attributes[xid][1]] = self.attributes[xid][2]
            for name, (_, child, _) in self.names.get(ino, {}).items():
                if child and (child in self.inodes or child in self.names):
                    assert child not in above, f"{name} is in itself"
                    add((path + "/" if path else "") + name.decode("utf-8", "surrogateescape"), child, above | {child})

        add("", 1, {1})
        return out

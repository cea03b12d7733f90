"""Makers and readers of images, the test's own: one for each format that holds a tree."""
import io, tarfile
from images_squashfs import Squashfs
from trees import *

sys.path.insert(0, str(top / "tests" / "jffs2"))
import flash

KINDS = {"fifo": 0o10000, "char": 0o20000, "dir": 0o40000, "block": 0o60000, "file": 0o100000, "symlink": 0o120000, "socket": 0o140000}
NAMES = {v: k for k, v in KINDS.items()}


class Cpio:
    """By Linux's buffer-format.rst and cpio(5). Data of hard links lies with the last one in newc, with each in the old kinds, as GNU cpio writes and reads it."""
    tool = None
    id, place = "cpio", "00000000.cpio"
    holds = {"mode", "owner", "mtime", "links", "symlinks", "devices", "fifos", "sockets", "order"}

    def __init__(self, variant="newc"):
        self.variant, self.name = variant, f"cpio-{variant}"

    def member(self, name, ino, mode, uid, gid, nlink, mtime, data, rdev=(0, 0)):
        size, name = len(data), os.fsencode(name) + b"\0"
        if self.variant in ("newc", "crc"):
            check = sum(data) & 0xFFFFFFFF if self.variant == "crc" and mode & 0o170000 == 0o100000 else 0
            head = (b"070701" if self.variant == "newc" else b"070702") + b"".join(b"%08X" % v for v in (ino, mode, uid, gid, nlink, mtime, size, 8, 1, *rdev, len(name), check)) + name
            return head + bytes(-len(head) % 4) + data + bytes(-size % 4)
        both = rdev[0] << 8 | rdev[1]
        if self.variant == "odc":
            return b"070707" + b"".join(b"%06o" % v for v in (0x801, ino, mode, uid, gid, nlink, both)) + b"%011o%06o%011o" % (mtime, len(name), size) + name + data
        head = struct.pack("<13H", 0o70707, 0x801, ino, mode, uid, gid, nlink, both, mtime >> 16, mtime & 0xFFFF, len(name), size >> 16, size & 0xFFFF)
        return head + name + bytes(len(name) & 1) + data + bytes(size & 1)

    def make(self, tree):
        out, inos, last, links = bytearray(), {}, {n.group: p for p, n in tree.items() if n.group is not None}, links_of(tree)
        for i, (path, n) in enumerate(tree.items()):
            ino = 300 + i if n.group is None else inos.setdefault(n.group, 300 + i)
            data = os.fsencode(n.target) if n.type == "symlink" else n.data if n.group is None or last[n.group] == path or self.variant in ("odc", "bin") else b""
            nlink = 2 if n.type == "dir" else len(links.get(path, "1"))
            out += self.member(path or ".", ino, KINDS[n.type] | n.mode, n.uid, n.gid, nlink, n.mtime, data, n.rdev if n.type in ("char", "block") else (0, 0))
        return bytes(out + self.member("TRAILER!!!", 0, 0, 0, 0, 1, 0, b""))

    def members(self, image):
        """(name, header's numbers, data, bytes of the member) of each up to the trailer; asserts what the format says."""
        at = 0
        while True:
            begin = at
            if self.variant in ("newc", "crc"):
                assert image[at:at + 6] == (b"070701" if self.variant == "newc" else b"070702"), (at, image[at:at + 16])
                ino, mode, uid, gid, nlink, mtime, size, _, _, major, minor, length, check = (int(image[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13))
                align, head = 4, 110
            elif self.variant == "odc":
                assert image[at:at + 6] == b"070707", at
                _, ino, mode, uid, gid, nlink, both = (int(image[at + 6 + 6 * i:at + 12 + 6 * i], 8) for i in range(7))
                mtime, length, size = int(image[at + 48:at + 59], 8), int(image[at + 59:at + 65], 8), int(image[at + 65:at + 76], 8)
                major, minor, align, head, check = both >> 8, both & 255, 1, 76, 0
            else:
                magic, _, ino, mode, uid, gid, nlink, both, t1, t0, length, s1, s0 = struct.unpack_from("<13H", image, at)
                assert magic == 0o70707, at
                mtime, size, major, minor, align, head, check = t1 << 16 | t0, s1 << 16 | s0, both >> 8, both & 255, 2, 26, 0
            name = image[at + head:at + head + length]
            at += head + length
            at += -at % align
            data = image[at:at + size]
            at += size
            at += -at % align
            name = name[:name.index(b"\0")]
            if name == b"TRAILER!!!":
                return
            if self.variant == "crc" and mode & 0o170000 == 0o100000 and size:
                assert check == sum(data) & 0xFFFFFFFF, f"check of {name}"
            yield os.fsdecode(name), (ino, mode, uid, gid, nlink, mtime, major, minor), data, image[begin:at]

    def read(self, image):
        tree, inodes = {}, {}
        for name, (ino, mode, uid, gid, nlink, mtime, major, minor), data, _ in self.members(image):
            n = Node(NAMES[mode & 0o170000], mode & 0o7777, uid, gid, mtime)
            if n.type == "symlink":
                n.target = os.fsdecode(data)
            if n.type in ("char", "block"):
                n.rdev = (major, minor)
            tree["" if name == "." else name] = n
            if n.type == "file":
                n.group = ino if nlink > 1 else None
                group = inodes.setdefault(ino if nlink > 1 else id(n), {"data": b"", "nodes": [], "nlink": nlink})
                group["nodes"].append(n)
                group["data"] = data or group["data"]
                ok(f"cpio: links of {name} say the same", group["nlink"] == nlink)
        for group in inodes.values():
            ok("cpio: as many links as nlink says", group["nlink"] == len(group["nodes"]), group["nlink"], len(group["nodes"]))
            for n in group["nodes"]:
                n.data = group["data"]
        return tree

    def raw(self, image):
        return {"" if name == "." else name: raw for name, _, _, raw in self.members(image)}

    def can(self, tree):
        return tree


class Cramfs:
    """By cramfs_fs.h. Made by mkfs.cramfs, then owners, modes and devices patched in: no root is needed."""
    tool = "mkfs.cramfs"
    id, place, name = "cramfs", "00000000.cramfs", "cramfs"
    holds = {"mode", "owner", "symlinks", "devices", "fifos", "sockets"}

    def can(self, tree):
        tree = copy.deepcopy(tree)
        for n in tree.values():
            n.mtime = n.group = None
        return tree

    def make(self, tree):
        d, out = Path(tempfile.mkdtemp(dir=work)), work / "made.cramfs"
        folder_of(tree, d)
        subprocess.run(["mkfs.cramfs", "-N", "little", str(d), str(out)], check=True, stdout=subprocess.DEVNULL)
        b = bytearray(out.read_bytes())
        for path, (at, *_) in self.inodes(b).items():
            n = tree[path]
            mode, _, size, _, rest = self.inode(b, at)
            if n.type in ("char", "block"):
                size = n.rdev[0] << 8 | n.rdev[1]
            struct.pack_into("<2I", b, at, KINDS[n.type] | n.mode | n.uid << 16, size | n.gid << 24)
        struct.pack_into("<I", b, 32, 0)
        struct.pack_into("<I", b, 32, zlib.crc32(b))
        shutil.rmtree(d)
        return bytes(b)

    @staticmethod
    def inode(b, at):
        a, s, o = struct.unpack_from("<3I", b, at)
        return a & 0xFFFF, a >> 16, s & 0xFFFFFF, s >> 24, o

    def inodes(self, b):
        """path → its inode's place and numbers"""
        out, todo = {}, [("", 64)]
        while todo:
            path, at = todo.pop(0)
            mode, uid, size, gid, o = self.inode(b, at)
            out[path] = at, mode, uid, gid, size, (o >> 6) * 4
            here, end = ((o >> 6) * 4, (o >> 6) * 4 + size) if mode >> 12 == 4 else (0, 0)
            names = []
            while here < end:
                width = (struct.unpack_from("<I", b, here + 8)[0] & 63) * 4
                name = bytes(b[here + 12:here + 12 + width]).rstrip(b"\0")
                names.append(name)
                todo.append(((path + "/" if path else "") + os.fsdecode(name), here))
                here += 12 + width
            ok(f"cramfs: the list of {path} is sorted", names == sorted(names))
        return out

    def read(self, b):
        ok("cramfs: crc32", zlib.crc32(b[:32] + bytes(4) + b[36:]) == struct.unpack_from("<I", b, 32)[0])
        ok("cramfs: size", struct.unpack_from("<I", b, 4)[0] == len(b), struct.unpack_from("<I", b, 4)[0], len(b))
        tree = {}
        for path, (at, mode, uid, gid, size, data) in self.inodes(b).items():
            n = tree[path] = Node(NAMES[mode & 0o170000], mode & 0o7777, uid, gid, None)
            if n.type in ("char", "block"):
                n.rdev = (size >> 8, size & 255)
            elif n.type in ("file", "symlink"):
                blocks, content = -(-size // 4096), b""
                begin = data + 4 * blocks
                for i in range(blocks):
                    stop = struct.unpack_from("<I", b, data + 4 * i)[0]
                    content += zlib.decompress(b[begin:stop]) if stop > begin else bytes(min(4096, size - 4096 * i))
                    begin = stop
                assert len(content) == size, path
                if n.type == "file":
                    n.data = content
                else:
                    n.target = os.fsdecode(content)
        return tree


class Romfs:
    """By romfs.rst. Made by genromfs, which makes devices of files called "@name,c,major,minor"."""
    tool = "genromfs"
    id, place, name = "romfs", "00000000.romfs", "romfs"
    holds = {"executable", "links", "symlinks", "devices", "fifos", "sockets"}
    KIND = ["link", "dir", "file", "symlink", "block", "char", "socket", "fifo"]

    def can(self, tree):
        tree = copy.deepcopy(tree)
        for n in tree.values():
            n.mode = (0o755 if n.mode & 0o111 else 0o644) if n.type in ("dir", "file") else None
            n.uid = n.gid = n.mtime = None
        return tree

    def make(self, tree):
        d, out = Path(tempfile.mkdtemp(dir=work)), work / "made.romfs"
        folder_of(tree, d)
        for path, n in tree.items():
            if n.type in ("char", "block"):
                os.unlink(d / path)
                (d / os.path.dirname(path) / f"@{os.path.basename(path)},{n.type[0]},{n.rdev[0]},{n.rdev[1]}").write_bytes(b"")
        subprocess.run(["genromfs", "-d", str(d), "-f", str(out), "-V", "made for a test"], check=True)
        b = out.read_bytes()
        shutil.rmtree(d)
        return b[:struct.unpack_from(">I", b, 8)[0]]

    def read(self, b):
        size = struct.unpack_from(">I", b, 8)[0]
        ok("romfs: size", b[:8] == b"-rom1fs-" and size <= len(b) and not any(b[size:]), size, len(b))
        total = lambda v: sum(struct.unpack(f">{len(v) // 4}I", v)) & 0xFFFFFFFF
        ok("romfs: sum", total(b[:min(512, size)]) == 0)
        root = (b.index(0, 16) + 16) & ~15
        tree, links, found = {}, [], {}
        def entry(at):
            after, spec, size, _ = struct.unpack_from(">4I", b, at)
            stop = b.index(0, at + 16)
            head = (stop + 16) & ~15
            ok(f"romfs: sum of the header at {at:#x}", total(b[at:head]) == 0)
            return b[at + 16:stop], after & ~15, self.KIND[after & 7], bool(after & 8), spec, b[head:head + size]
        def walk(folder, at):
            while at:
                name, after, kind, x, spec, data = entry(at)
                path = (folder + "/" if folder else "") + os.fsdecode(name)
                if name in (b".", b".."):
                    at = after
                    continue
                if kind == "link":
                    links.append((path, spec & ~15))
                    tree[path] = None
                else:
                    assert at not in found
                    found[at] = path
                    n = tree[path] = Node(kind, (0o755 if x else 0o644) if kind in ("dir", "file") else None, None, None, None, group=at if kind == "file" else None)
                    if kind in ("char", "block"):
                        n.rdev = (spec >> 16, spec & 0xFFFF)
                    if kind == "file":
                        n.data = data
                    if kind == "symlink":
                        n.target = os.fsdecode(data)
                    if kind == "dir":
                        walk(path, spec & ~15)
                at = after
        tree[""] = Node("dir", 0o755, None, None, None)
        walk("", root)
        for path, to in links:
            ok(f"romfs: the link {path} leads to an entry", to in found)
            tree[path] = copy.copy(tree[found[to]])
        return tree


class Tar:
    """By Python's tarfile, which reads and writes GNU's and pax' kinds."""
    tool = None
    id, place = "tar", "00000000.tar"
    TYPE = {"dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE}

    def __init__(self, variant):
        self.variant, self.name = variant, f"tar-{variant}"
        self.holds = {"mode", "owner", "mtime", "links", "symlinks", "devices", "fifos", "order"} | ({"xattrs"} if variant == "pax" else set())

    def make(self, tree):
        out, first = io.BytesIO(), {}
        # Without the filler of a tape's record: the archive is the image.
        with tarfile.open(fileobj=out, mode="w", format={"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}[self.variant], pax_headers={"comment": "made for a test"} if self.variant == "pax" else None) as t:
            for path, n in self.can(tree).items():
                i = tarfile.TarInfo("./" + path if path else ".")
                i.mode, i.uid, i.gid, i.mtime, i.linkname = n.mode, n.uid, n.gid, n.mtime, n.target
                i.devmajor, i.devminor = n.rdev if n.type in ("char", "block") else (0, 0)
                i.type = self.TYPE.get(n.type, tarfile.REGTYPE)
                if n.group in first and n.group is not None:
                    i.type, i.linkname = tarfile.LNKTYPE, first[n.group]
                elif n.type == "file":
                    i.size, first[n.group] = len(n.data), i.name
                t.addfile(i, io.BytesIO(n.data) if i.type == tarfile.REGTYPE else None)
        filled = out.getvalue()
        return filled[:len(filled.rstrip(b"\0")) + 511 & ~511] + bytes(1024)

    def members(self, image):
        """(path, member, its bytes)."""
        with tarfile.open(fileobj=io.BytesIO(image), errorlevel=2) as t:
            all = t.getmembers()
            # The first begins behind the archive's own header.
            begin = 0
            if image[156:157] == b"g":
                begin = 512 + (int(image[124:135], 8) + 511 & ~511)
            for m in all:
                end = m.offset_data + (m.size + 511 & ~511 if m.isreg() else 0)
                path = m.name.removeprefix("./").strip("/")
                yield "" if path == "." else path, m, image[begin:end], t.extractfile(m).read() if m.isreg() else b""
                begin = end
            ok("tar: two blocks of zeros end it", len(image) >= begin + 1024 and not any(image[begin:]), begin, len(image))

    def read(self, image):
        tree, names = {}, {}
        kinds = {v: k for k, v in self.TYPE.items()} | {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file"}
        for path, m, _, data in self.members(image):
            if m.islnk():
                ok(f"tar: the link {path} leads to a member before it", m.linkname in names, m.linkname)
                tree[path] = copy.copy(tree[names[m.linkname]])
                tree[path].mode, tree[path].uid, tree[path].gid, tree[path].mtime = m.mode, m.uid, m.gid, int(m.mtime)
            else:
                n = tree[path] = Node(kinds[m.type], m.mode, m.uid, m.gid, int(m.mtime), data, m.linkname, group=path if m.isreg() else None)
                n.xattrs = {k[13:]: v.encode("utf-8", "surrogateescape") for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}
                if n.type in ("char", "block"):
                    n.rdev = (m.devmajor, m.devminor)
            names[m.name] = path
        return tree

    def raw(self, image):
        return {path: raw for path, _, raw, _ in self.members(image)}

    def can(self, tree):
        return {p: n for p, n in tree.items() if n.type != "socket"}


class Jffs2:
    """By Linux's fs/jffs2 (tests/jffs2/flash.py)."""
    tool = None
    id, place = "jffs2", "00000000.jffs2"
    holds = {"mode", "owner", "mtime", "links", "symlinks", "devices", "fifos", "sockets", "xattrs", "history"}

    def __init__(self, name="jffs2", order="<", block=0x10000):
        self.name, self.order, self.block = name, order, block

    def make(self, tree):
        pen = flash.Pen(self.order)
        return flash.lay(pen, flash.nodes_of(tree, pen), self.block)

    def read(self, image):
        log = flash.Log(image)
        ok(f"{self.name}: every node is good", not log.bad, log.bad)
        return log.tree(Node)

    def can(self, tree):
        return tree


# One line makes a format take part.
FORMATS = [Cpio(), Cpio("crc"), Cramfs(), Romfs(), Tar("gnu"), Tar("pax"), Squashfs("squashfs"), Squashfs("squashfs-xz", "-comp", "xz", "-b", "4K", "-always-use-fragments"),
           Jffs2(), Jffs2("jffs2-big", ">", 0x2000)]


def formats():
    """Those whose maker is there."""
    for f in FORMATS:
        if f.tool and not has(f.tool):
            print(f"SKIPPED: {f.name}", flush=True)
        else:
            yield f

"""What tests of extracted trees share: trees, images of them made by free tools or by hand, readers of the test's own, and the tool run."""
import copy, os, shutil, socket, struct, subprocess, sys, tempfile, zlib
from dataclasses import dataclass
from pathlib import Path

os.environ.update(TZ="UTC", LC_ALL="C.UTF-8")
os.environ["PATH"] += ":/usr/sbin:/sbin"
os.umask(0o022)
top, program = Path(os.environ["SOURCE_DIR"]), os.path.abspath(os.environ["FIELDSTRIP"])
work = Path(tempfile.mkdtemp())
T0 = 1528268827
count, wrong = 0, []


def ok(what, holds, *why):
    global count
    count += 1
    if not holds:
        wrong.append(what)
        print("FAIL ", what, *[str(w)[:600] for w in why], flush=True)
    return bool(holds)


def run(*words, code=0, cwd=None):
    """The program; `code` may be several."""
    words = [w if isinstance(w, bytes) else str(w) for w in words]
    done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd or work)
    codes = code if isinstance(code, tuple) else (code,)
    ok(f"{' '.join(w if isinstance(w, str) else repr(w) for w in words)}: exit {done.returncode}, not {code}", done.returncode in codes, done.stderr.decode(errors="replace")[-500:])
    return done


def has(name):
    found = shutil.which(name)
    if not found:
        print(f"SKIPPED: no {name}", flush=True)
    return found


def end():
    shutil.rmtree(work, ignore_errors=True)
    print(f"{count - len(wrong)} of {count} hold")
    sys.exit(bool(wrong))


# ---- trees: path (bytes-safe text) → Node, in the order of the image
@dataclass
class Node:
    type: str
    mode: int | None = None
    uid: int | None = 0
    gid: int | None = 0
    mtime: int | None = T0
    data: bytes = b""
    target: str = ""
    rdev: tuple = (0, 0)
    group: object = None  # files with the same one are hard links of each other


def links_of(tree):
    groups = {}
    for path, n in tree.items():
        if n.type == "file" and n.group is not None:
            groups.setdefault(n.group, []).append(path)
    return {path: tuple(sorted(paths)) for paths in groups.values() if len(paths) > 1 for path in paths}


def plain(tree):
    """For comparing: links by name, no groups."""
    links = links_of(tree)
    return {path: (n.type, n.mode, n.uid, n.gid, n.mtime, n.data, n.target, n.rdev if n.type in ("char", "block") else None, links.get(path)) for path, n in tree.items()}


def difference(want, got):
    w, g = plain(want), plain(got)
    out = [f"missing {p!r}" for p in w if p not in g] + [f"too much {p!r}" for p in g if p not in w]
    short = lambda v: str([x if not isinstance(x, bytes) or len(x) < 40 else x[:40] for x in v])
    out += [f"{p!r}: want {short(w[p])} got {short(g[p])}" for p in w if p in g and w[p] != g[p]]
    return "; ".join(out[:4]) + (f" ({len(out)} in all)" if len(out) > 4 else "")


def base_tree():
    """What a small firmware holds; each entry has a time of its own."""
    t, lines = {}, []
    tool, su = b"".join(b"tool %d\n" % i for i in range(500)), b"\x7fELFsu" * 90
    def put(path, type, mode, uid=0, gid=0, **more):
        t[path] = Node(type, mode, uid, gid, T0 + 10 * len(t), **more)
    put("", "dir", 0o755)
    put("bin", "dir", 0o755)
    put("bin/tool", "file", 0o4755, 1000, 100, data=tool, group="tool")
    put("bin/ls", "symlink", 0o777, target="tool")
    put("bin/run", "file", 0o755, data=b"#!/bin/sh\nrun\n")
    put("dev", "dir", 0o755)
    put("dev/console", "char", 0o600, rdev=(5, 1))
    put("dev/sda", "block", 0o660, 0, 6, rdev=(8, 0))
    put("dev/initctl", "fifo", 0o622)
    put("dev/log", "socket", 0o666)
    put("empty", "dir", 0o1777)
    put("etc", "dir", 0o755)
    put("etc/passwd", "file", 0o644, data=b"root:x:0:0:root:/:/bin/sh\n")
    put("etc/fstab", "file", 0o644)
    put("etc/shadow", "file", 0o600, 3, 42, data=b"root:*:1:0:99999:7:::\n")
    put("etc/init.d", "dir", 0o755)
    put("etc/init.d/rcS", "file", 0o755, data=b"#!/bin/sh\nmount -a\n")
    put("etc/init.d/S01", "symlink", 0o777, target="rcS")
    put("etc/abs", "symlink", 0o777, target="/etc/passwd")
    put("etc/out", "symlink", 0o777, target="../../../../../../../../etc/passwd")
    put("bin/sh", "file", 0o4755, 1000, 100, data=tool, group="tool")
    put("twin1", "file", 0o640, 1, 2, data=b"the same in both\n")
    put("twin2", "file", 0o604, 3, 4, data=b"the same in both\n")
    put("usr", "dir", 0o750, 10, 20)
    put("usr/bin", "dir", 0o2755, 10, 20)
    put("usr/bin/su", "file", 0o4755, 10, 21, data=su, group="su")
    put("usr/bin/su2", "file", 0o4755, 10, 21, data=su, group="su")
    put("usr/bin/vi", "symlink", 0o777, 11, 22, target="su")
    put("usr/dev", "dir", 0o700)
    put("usr/dev/null", "char", 0o666, rdev=(1, 3))
    put("usr/dev/deep", "dir", 0o711)
    put("usr/dev/deep/mtd", "block", 0o640, 5, 6, rdev=(31, 2))
    put("usr/lib", "dir", 0o755)
    put("usr/lib/libc", "file", 0o644, 12, 23, data=bytes(range(256)) * 8)
    put("usr/fifo", "fifo", 0o600, 13, 24)
    put("usr/share", "dir", 0o755)
    put("bin/ash", "file", 0o4755, 1000, 100, data=tool, group="tool")
    t["bin/tool"].mtime = t["bin/ash"].mtime = t["bin/sh"].mtime
    t["usr/bin/su2"].mtime = t["usr/bin/su"].mtime
    return t


def folder_of(tree, where):
    """The tree on the host: files, folders, links, fifos, sockets; devices as fifos. No owners."""
    made = {}
    for path, n in sorted(tree.items(), key=lambda i: i[0].count("/") + (i[1].type == "symlink")):
        p = os.path.join(os.fsencode(where), os.fsencode(path))
        if n.type == "dir":
            os.makedirs(p, exist_ok=True)
            os.chmod(p, 0o755)
        elif n.type == "symlink":
            os.symlink(os.fsencode(n.target), p)
        elif n.type == "socket":
            s = socket.socket(socket.AF_UNIX)
            at = os.getcwd()
            os.chdir(os.path.dirname(p))
            s.bind(os.path.basename(p))
            os.chdir(at)
            s.close()
        elif n.type != "file":
            os.mkfifo(p)
        elif n.group is not None and n.group in made:
            os.link(made[n.group], p)
        else:
            with open(p, "wb") as f:
                f.write(n.data)
            os.chmod(p, 0o755 if (n.mode or 0) & 0o111 else 0o644)
            made[n.group] = p


KINDS = {"fifo": 0o10000, "char": 0o20000, "dir": 0o40000, "block": 0o60000, "file": 0o100000, "symlink": 0o120000, "socket": 0o140000}
NAMES = {v: k for k, v in KINDS.items()}


class Cpio:
    """By Linux's buffer-format.rst and cpio(5). Data of hard links lies with the last one, as GNU cpio writes it."""
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
        out, inos, last, links = b"", {}, {n.group: p for p, n in tree.items() if n.group is not None}, links_of(tree)
        for i, (path, n) in enumerate(tree.items()):
            ino = 300 + i if n.group is None else inos.setdefault(n.group, 300 + i)
            data = os.fsencode(n.target) if n.type == "symlink" else n.data if n.group is None or last[n.group] == path else b""
            nlink = 2 if n.type == "dir" else len(links.get(path, "1"))
            out += self.member(path or ".", ino, KINDS[n.type] | n.mode, n.uid, n.gid, nlink, n.mtime, data, n.rdev if n.type in ("char", "block") else (0, 0))
        return out + self.member("TRAILER!!!", 0, 0, 0, 0, 1, 0, b"")

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
            ok("cpio: as many links as nlink says", group["nlink"] == len(group["nodes"]), [p for p, n in tree.items() if n in group["nodes"]], group["nlink"])
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


# One line makes a format take part.
FORMATS = [Cpio(), Cramfs(), Romfs()]


def formats():
    """Those whose maker is there."""
    for f in FORMATS:
        if f.tool and not has(f.tool):
            print(f"SKIPPED: {f.name}", flush=True)
        else:
            yield f


def without(tree, path):
    """The tree without that and all below."""
    for p in [p for p in tree if p == path or p.startswith(path + "/")]:
        del tree[p]


def renamed(tree, old, new):
    for p in [p for p in tree if p == old or p.startswith(old + "/")]:
        tree[new + p[len(old):]] = tree.pop(p)


def second_opinion(image, place):
    """The tree by the program's own list."""
    import base64, json
    text = lambda e, key: os.fsdecode(base64.b64decode(e[key + "_b64"])) if key + "_b64" in e else e.get(key, "")
    listed = json.loads(run("ls", "-R", "--json", "--sha256", f"{image}:/{place}").stdout)
    return {text(e, "path"): (e["type"], int(e["mode"], 8) if "mode" in e else None, e.get("uid"), e.get("gid"), e.get("mtime"), e.get("sha256"), text(e, "target"), tuple(e["rdev"]) if "rdev" in e else None, e.get("links", 1), e["state"])
            for e in listed["entries"]}


def as_opinion(tree):
    import hashlib
    links = links_of(tree)
    return {p: (n.type, n.mode, n.uid, n.gid, n.mtime, hashlib.sha256(n.data).hexdigest() if n.type == "file" else None, n.target, n.rdev if n.type in ("char", "block") else None, len(links.get(p, "1")), "intact")
            for p, n in tree.items()}

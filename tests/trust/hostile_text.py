"""Images whose names, link targets, labels and values hold what a terminal obeys, by hand or by free tools: `images(folder)` yields (what, file)."""
import gzip, io, os, shutil, struct, subprocess, sys, tarfile, tempfile, zlib
from pathlib import Path
from trust import TOP, newc

sys.path.insert(0, str(TOP / "tests" / "jffs2"))
import flash

FORGED = b"FORGED"  # stands behind each line end that a name holds: no line of output may begin so
NASTY = [b"\x1b[31mred", b"\x1b]0;title\x07", b"cr\r" + FORGED, b"bell\x07", b"bs\b\b\b", b"del\x7f", "\u202egnp.exe".encode(), b"bad\xff\xfe", "\u009b31mc1".encode(), b"\x9b31mraw", b"nl\n" + FORGED, b"tab\there",
         b"back\\slash\\x1b[31m", "line\u2028" .encode() + FORGED, "nel\u0085".encode() + FORGED, b"\xed\xa0\x80half", b"\xf4\x90\x80\x80far", b"vt\v" + FORGED, b"ff\f" + FORGED, b"so\x0e", b"\x1bc", b"\x1bP+q\x1b\\", b"cut\xe2\x82",
         "\u2066isolate\u2069".encode(), b"%1b[31m", b"\\033[31m", b"fs\x1c" + FORGED]
FILES = [(n, b"content %d\n" % i) for i, n in enumerate(NASTY)]


def cpio():
    long = [(b"L" * 4000 + b"\x1b[31m", 0o100644, b"long")]
    return newc((b"d", 0o40755, b""), *((n, 0o100644, d) for n, d in FILES), *((b"d/" + n, 0o100755, d) for n, d in FILES), *((b"link%d" % i, 0o120777, n) for i, n in enumerate(NASTY)),
                *((n + b".hard", 0o100644, d, 500 + i, 2) for i, (n, d) in enumerate(FILES[:4]) for n in (n, n + b"2")), *long)


def tar(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as t:
        for i, (name, data) in enumerate([*FILES, (b"L" * (90 if form == tarfile.USTAR_FORMAT else 4000) + b"\x1b[31m", b"long")]):
            text = name.decode("utf-8", "surrogateescape")
            for kind in (tarfile.REGTYPE, tarfile.SYMTYPE):
                m = tarfile.TarInfo(text if kind == tarfile.REGTYPE else f"link{i}")
                m.type, m.size, m.linkname, m.mtime = kind, len(data) if kind == tarfile.REGTYPE else 0, text if kind == tarfile.SYMTYPE else "", 1528268827
                m.uname = m.gname = text[:20]
                if form == tarfile.PAX_FORMAT:
                    m.pax_headers = {"comment": text[:50], "SCHILY.xattr.user." + text[:30].replace("=", "").replace("\0", ""): text[:30]}
                try:
                    t.addfile(m, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
                except (UnicodeError, ValueError):
                    pass  # this kind of header can't say it
    return out.getvalue()


def jffs2():
    pen, nodes = flash.Pen(), [flash.Pen().inode(2, 1, 0o40755, 0, 0, 0, 1)]
    nodes += [pen.dirent(1, 1, 2, b"d", 1, 0o40000)]
    for i, (name, data) in enumerate(FILES):
        nodes += [pen.inode(10 + i, 1, 0o100644, 0, 0, len(data), 1, 0, data), pen.dirent(1, 10 + i, 10 + i, name, 1, 0o100000), pen.dirent(2, 10 + i, 10 + i, name, 1, 0o100000)]
        nodes += [pen.inode(100 + i, 1, 0o120777, 0, 0, len(name), 1, 0, name), pen.dirent(1, 100 + i, 100 + i, b"link%d" % i, 1, 0o120000)]
    return flash.lay(pen, nodes, 0x10000)


def romfs():
    """By Linux's romfs.rst: header, volume name, then a list of files."""
    pad = lambda b: b + bytes(-len(b) % 16)

    def summed(b):  # the first 512 bytes, and each header, sum up to zero
        total = sum(struct.unpack(f">{len(b) // 4}I", b)) & 0xFFFFFFFF
        return -total & 0xFFFFFFFF
    head = bytearray(b"-rom1fs-" + bytes(8) + pad(b"vol\x1b[31m\n" + FORGED + b"\0"))
    at, dot = len(head), pad(b".\0")
    first = bytearray(struct.pack(">IIII", at + 16 + len(dot) | 9, at, 0, 0) + dot)  # the root: a folder that begins with itself
    struct.pack_into(">I", first, 12, summed(bytes(first)))
    out = bytearray(head + first)
    for i, (name, data) in enumerate(FILES):
        for kind, name, data in ((2, name, data), (3, b"link%d" % i, name)):
            body = pad(name + b"\0")
            size = 16 + len(body) + len(pad(data))
            last = i == len(FILES) - 1 and kind == 3
            f = bytearray(struct.pack(">IIII", (0 if last else len(out) + size) | kind, 0, len(data), 0) + body)
            struct.pack_into(">I", f, 12, summed(bytes(f)))
            out += f + pad(data)
    struct.pack_into(">I", out, 8, len(out))
    struct.pack_into(">I", out, 12, summed(bytes(out[:512].ljust(512, b"\0"))))
    return bytes(out) + bytes(-len(out) % 1024)


def uimage(name: bytes, data: bytes) -> bytes:
    head = bytearray(struct.pack(">IIIIIIIBBBB32s", 0x27051956, 0, 1528268827, len(data), 0x8000, 0x8000, zlib.crc32(data), 5, 2, 2, 0, name))
    struct.pack_into(">I", head, 4, zlib.crc32(head))
    return bytes(head) + data


def uimages():
    return b"".join(uimage(n[:32], b"payload of %d " % i * 50) for i, n in enumerate(NASTY))


def gzips():
    """Names and comments of members, and decoded text that other readers look into."""
    out = b""
    banner = b"Linux version 5.4.0\x1b[31m (a\x07b@c\n" + FORGED + b") (gcc) #1 \x9b31m Wed Jun 6 07:07:07 UTC 2018\n\0" + b"mtdparts=nor\x1b0:256k(bo\x1b[31mot),1M(k\x07),-(rest\xff)\0" + b"console=ttyS0 mtdparts=spi0.0:64k(\x1b]0;x\x07)ro,-(a\nFORGED)\0"
    for i, n in enumerate(NASTY):
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = banner + b"content %d" % i + b" of a member, and more of it" * 40
        body = packed.compress(data) + packed.flush()
        out += b"\x1f\x8b\x08\x18" + struct.pack("<IBB", 1528268827, 2, 3) + n + b"\0" + b"comment " + n + b"\0" + body + struct.pack("<II", zlib.crc32(data), len(data)) + b"\xff" * 300
    return out


def environment():
    pairs = b"".join(b"v%d" % i + n[:3].replace(b"=", b"") + b"=" + n + b"\0" for i, n in enumerate(NASTY)) + b"bootcmd=run \x1b[31m\0mtdparts=nor0:256k(u\x1b[31m),-(x\n" + FORGED + b")\0bootargs=mtdparts=spi:1M(\x07),-(b)\0\0"
    body = pairs.ljust(0x2000 - 4, b"\xff")
    return struct.pack("<I", zlib.crc32(body)) + body


def dtb(names: bool):
    """A devicetree (version 17): values of properties, and with `names` also names of nodes and properties."""
    strings, words = bytearray(), bytearray()

    def name_at(n):
        at = len(strings)
        strings.extend(n + b"\0")
        return at

    def prop(name, value):
        words.extend(struct.pack(">III", 3, len(value), name_at(name)) + value + bytes(-len(value) % 4))

    def begin(name):
        words.extend(struct.pack(">I", 1) + name + b"\0" + bytes(-(len(name) + 1) % 4))
    end = lambda: words.extend(struct.pack(">I", 2))
    begin(b"")
    prop(b"model", b"a board \x1b[31m\n" + FORGED + b"\0")
    prop(b"compatible", b"\0".join(NASTY) + b"\0")
    for i, n in enumerate(NASTY):
        begin(n if names else b"node%d" % i)
        prop(n if names else b"label", n + b"\0")
        prop(b"bootargs", b"mtdparts=x:64k(" + n + b"),-(r)\0")
        end()
    begin(b"partitions")
    prop(b"compatible", b"fixed-partitions\0")
    prop(b"#address-cells", struct.pack(">I", 1))
    prop(b"#size-cells", struct.pack(">I", 1))
    for i, n in enumerate(NASTY):
        begin(b"partition@%x" % (i << 16))
        prop(b"label", n + b"\0")
        prop(b"reg", struct.pack(">II", i << 16, 1 << 16))
        end()
    end()
    end()
    words.extend(struct.pack(">I", 9))
    at = 40 + 16
    head = struct.pack(">10I", 0xD00DFEED, at + len(words) + len(strings), at, at + len(words), 40, 17, 16, 0, len(strings), len(words))
    return head + bytes(16) + bytes(words) + bytes(strings)


def made_of_folder(command, suffix, folder):
    """By a maker that reads a folder of the host."""
    if not shutil.which(command[0]):
        print(f"SKIPPED in part: no {command[0]}")
        return None
    out = folder / f"made.{suffix}"
    with tempfile.TemporaryDirectory() as top:
        for name, data in FILES:
            Path(os.fsdecode(os.path.join(os.fsencode(top), name))).write_bytes(data)
        for i, name in enumerate(NASTY):
            os.symlink(name, os.path.join(os.fsencode(top), b"link%d" % i))
        subprocess.run([str(w) for w in command] + [top, str(out)] + (["-noappend", "-quiet", "-no-progress", "-all-root", "-noI", "-noD"] if suffix == "squashfs" else []), check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes()


def elf():
    """A program of the host whose sections have other names."""
    at = shutil.which("true")
    data = Path(at).read_bytes() if at else b""
    if data[:4] != b"\x7fELF":
        return None
    for old, new in ((b".comment\0", b"\x1b[31mred\0"), (b".rodata\0", b"\nFORGED\0"), (b".dynamic\0", b"\x9b31m\xff\xfe\x07!\0")):
        data = data.replace(old, new)
    return data


def ikconfig():
    return b"\xff" * 64 + b"IKCFG_ST" + gzip.compress(b"CONFIG_LOCALVERSION=\"\x1b[31m\"\nCONFIG_X=\x07\n" * 40, mtime=0) + b"IKCFG_ED" + bytes(64)


def images(folder: Path):
    made = {"cpio": cpio(), "tar-ustar": tar(tarfile.USTAR_FORMAT), "tar-gnu": tar(tarfile.GNU_FORMAT), "tar-pax": tar(tarfile.PAX_FORMAT), "jffs2": jffs2(), "romfs": romfs(), "uimage": uimages(), "gzip": gzips(),
            "uboot-env": environment(), "dtb": dtb(False), "dtb-names": dtb(True), "squashfs": made_of_folder(["mksquashfs"], "squashfs", folder), "cramfs": made_of_folder(["mkfs.cramfs"], "cramfs", folder),
            "elf": elf(), "ikconfig": ikconfig(), "cpio in gzip in uimage": uimage(NASTY[0], gzip.compress(cpio(), mtime=0))}
    for what, data in made.items():
        if data:
            file = folder / os.fsdecode(b"image \x1b[31m\n" + FORGED + b" \xff " + what.encode())  # the file's own name is printed too
            file.write_bytes(data)
            yield what, file

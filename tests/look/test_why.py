#!/usr/bin/env python3
"""why: the owner of a byte. What is in images made here is known beforehand: where a file's data lies is found by looking for it (stored data), by Python's tarfile, or by decoding
what lies there; `why` must name that file and that range. And `scan --all`: what was turned down is listed, and the map stays the same."""
import io, json, os, random, shutil, subprocess, sys, tarfile, tempfile, zlib
from pathlib import Path

TOOL, TOP = os.environ["FIELDSTRIP"], Path(os.environ["SOURCE_DIR"])
sys.path.insert(0, str(TOP / "tests" / "jffs2"))
wrong, asked, skipped = [], 0, []


def run(*words, codes=(0, 1)):
    done = subprocess.run([TOOL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in codes:
        wrong.append(f"{words}: exit {done.returncode}: {done.stderr.decode()[:200]}")
    return done.stdout.decode()


def owned(image, at, *words):
    """What `why` says must hold all of these words."""
    global asked
    asked += 1
    said = run("why", "-v", image, hex(at))
    for w in words:
        if w not in said:
            wrong.append(f"{image.name} at {at:#x}: says nothing of {w!r}:\n{said[:1200]}")
            return said
    return said


r = random.Random(7)
FILES = {f"etc/f{i}.bin": r.randbytes(5000 + 3000 * i) for i in range(4)} | {"etc/small": b"a small file of its own\n" * 3, "usr/zeros-then": b"\0" * 4096 + r.randbytes(4096)}

with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    tree = work / "tree"
    for name, data in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    noise = r.randbytes(1234) + b"\0" * 4096

    def image(name, data):
        p = work / name
        p.write_bytes(noise + data)
        return p

    # tar: Python says where data lies.
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        t.add(tree, ".")
    tar = image("a.tar.img", out.getvalue())
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as t:
        for m in t:
            if m.isfile():
                at = len(noise) + m.offset_data + m.size // 2
                owned(tar, at, f"of {m.name[2:]}, ", f"(its bytes 0x0-{m.size:#x})", "tar")
                owned(tar, len(noise) + m.offset + 100, f"header of {m.name[2:]}")

    # What lies as it is, is found by its bytes.
    def stored(name, make, *words):
        if not shutil.which(make[0]):
            return skipped.append(make[0])
        plain = work / name
        subprocess.run([str(w).replace("OUT", str(plain)) for w in make], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tree)
        data = plain.read_bytes()
        whole = image(name + ".img", data)
        for path, content in FILES.items():
            piece = content[-400:]
            at = data.find(piece)
            if at < 0:
                wrong.append(f"{name}: {path} does not lie as it is")
                continue
            owned(whole, len(noise) + at + len(piece) // 2, f"of {path}, ", *words)

    stored("cpio", ["sh", "-c", "find . | cpio -o -H newc > OUT"], "cpio", "data of")
    stored("romfs", ["genromfs", "-d", ".", "-f", "OUT"], "romfs", "data of")
    stored("squashfs", ["mksquashfs", ".", "OUT", "-noD", "-noF", "-noI", "-no-xattrs"], "squashfs")
    stored("jffs2", ["mkfs.jffs2", "-d", ".", "-o", "OUT", "-m", "none"], "jffs2", "inode node, version", "data_crc")

    # squashfs with several blocks: which one.
    if shutil.which("mksquashfs"):
        big = r.randbytes(131072 * 3 + 500)
        folder = work / "big"
        folder.mkdir()
        (folder / "big.bin").write_bytes(big)
        subprocess.run(["mksquashfs", folder, work / "big.sq", "-no-fragments"], check=True, stdout=subprocess.DEVNULL)
        data = (work / "big.sq").read_bytes()
        at = data.find(big[131072 * 2 + 50 : 131072 * 2 + 90])  # noise is stored as it is
        owned(image("big.img", data), len(noise) + at, "data block 2 of big.bin, ", "(its bytes 0x40000-0x60000)")

    # cramfs: what zlib makes of the bytes says whose they are.
    if shutil.which("mkfs.cramfs"):
        text = {f"t{i}": (f"line {i} of text that packs well\n" * 400).encode() for i in range(3)}
        folder = work / "texts"
        folder.mkdir()
        for name, data in text.items():
            (folder / name).write_bytes(data)
        subprocess.run(["mkfs.cramfs", folder, work / "c"], check=True, stdout=subprocess.DEVNULL)
        data = (work / "c").read_bytes()
        whole = image("cramfs.img", data)
        seen = 0
        for at in range(len(data)):
            if data[at] != 0x78:
                continue
            try:
                plain = zlib.decompressobj().decompress(data[at:])
            except zlib.error:
                continue
            for name, content in text.items():
                if plain and len(plain) == 4096 and plain == content[4096:8192]:
                    owned(whole, len(noise) + at + 10, f"data block 1 of {name}, ", "(its bytes 0x1000-0x2000)")
                    seen += 1
        if seen != 3:
            wrong.append(f"cramfs: {seen} of 3 second blocks found")
    else:
        skipped.append("mkfs.cramfs")

    # JFFS2: the newer node counts, the older one is told to be replaced; a name that is gone is told.
    import flash

    pen = flash.Pen("<")
    nodes = [pen.dirent(1, 1, 2, b"file", 1, 0o100644), pen.inode(2, 1, 0o100644, 0, 0, 64, 1, 0, b"o" * 64, True), pen.inode(2, 2, 0o100644, 0, 0, 64, 1, 0, b"n" * 64, True),
             pen.dirent(1, 2, 3, b"gone", 1, 0o100644), pen.inode(3, 1, 0o100644, 0, 0, 8, 1, 0, b"g" * 8, True), pen.dirent(1, 3, 0, b"gone", 2, 0o100644)]
    data = b"".join(n + b"\xff" * (-len(n) % 4) for n in nodes)
    j = image("log.img", data + b"\xff" * (65536 - len(data)))
    owned(j, len(noise) + data.find(b"o" * 64) + 5, "inode node, version 1, whose data newer nodes replaced of file")
    owned(j, len(noise) + data.find(b"n" * 64) + 5, "inode node, version 2 of file, ", "(its bytes 0x0-0x40)", "data_crc")
    owned(j, len(noise) + data.find(b"g" * 8) + 2, "of inode 3, which no name leads to")
    owned(j, len(noise) + data.rfind(b"gone") + 1, "which says that the name is gone")
    owned(j, len(noise) + data.find(b"file") + 1, "dirent, version 1 of file, ", "name_crc")

    # Fields, parts, checks; a byte that no format owns; the end.
    camera = TOP / "samples/camera/camera.img"
    owned(camera, 0x10, "field load, 0x10-0x14", "header_crc")
    owned(camera, 0x1000, "/00000000.uimage/payload  xz", "data_crc")
    size = camera.stat().st_size
    run("why", camera, size, codes=(3,))
    run("why", camera, "nonsense", codes=(2,))
    owned(image("plain", b""), 100, "unknown", "no check vouches for it")

    # scan --all: the same map, and what was turned down beside it.
    bad = bytearray(out.getvalue())
    fake = b"\x1f\x8b\x08\x00\0\0\0\0\0\x03" + b"\xff" * 40 + b"hsqs" + b"\0" * 200
    p = image("fake", fake + bytes(bad))
    plain, full = json.loads(run("scan", "--json", p)), json.loads(run("scan", "--all", "--json", p))
    rejected = full["root"].pop("rejected")
    needed = full["root"].pop("bits_needed")
    full["root"].pop("rejected_more"), full["root"].pop("candidates_inside")
    if plain != full:
        wrong.append("scan --all shows another map than scan")
    there = {(x["format"], x["offset"]) for x in rejected}
    for want in (("gzip", len(noise)), ("squashfs", len(noise) + 50)):
        if want not in there:
            wrong.append(f"scan --all does not list {want}: {sorted(there)[:20]}")
    if not all(x["why"] for x in rejected):
        wrong.append("something is turned down without a reason")
    text = run("scan", "--all", "-v", p)
    if "not " not in text or "gzip: " not in text:
        wrong.append("scan --all in text does not say what was turned down")
    said = owned(p, len(noise) + 3, "turned down", "gzip: ")

print(*wrong, sep="\n")
if skipped:
    print("SKIPPED in part, not installed:", *skipped)
print(f"{asked} bytes asked for, {len(wrong)} wrong")
sys.exit(bool(wrong))

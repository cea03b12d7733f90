#!/usr/bin/env python3
"""An initramfs edited inside of a kernel packed with xz inside of a uImage, by one command and by the folder; and an archive in a file of an archive. What comes out is
opened by mkimage, xz and a reader of the test's own: all sums on the way up are right."""
import random
from images import *

if not has("mkimage") or not has("xz"):
    print("SKIPPED: no mkimage or no xz")
    sys.exit(77)
r = random.Random(7)
words = [bytes(r.randrange(97, 123) for _ in range(r.randrange(3, 9))) for _ in range(300)]
text = lambda n: b" ".join(r.choice(words) for _ in range(n))[:n]
F = Cpio()


def uimage_of(kernel, *xz):
    (work / "kernel").write_bytes(kernel)
    packed = subprocess.run(["xz", "-c", "--check=crc32", *xz, str(work / "kernel")], check=True, stdout=subprocess.PIPE).stdout
    (work / "kernel.xz").write_bytes(packed)
    subprocess.run(["mkimage", "-A", "arm", "-O", "linux", "-T", "kernel", "-C", "lzma", "-a", "0x20008000", "-e", "0x20008000", "-n", "nested", "-d", str(work / "kernel.xz"), str(work / "k.uimage")],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "SOURCE_DATE_EPOCH": str(T0)})
    return (work / "k.uimage").read_bytes()


def kernel_of(image, at=0):
    """The kernel that is in it, with both checksums of the header held."""
    magic, hcrc, _, size, _, _, dcrc = struct.unpack_from(">7I", image, at)
    head = bytearray(image[at:at + 64])
    head[4:8] = bytes(4)
    ok("uImage: header crc", zlib.crc32(head) == hcrc)
    ok("uImage: data crc", zlib.crc32(image[at + 64:at + 64 + size]) == dcrc)
    (work / "cut.uimage").write_bytes(image[at:at + 64 + size])
    listed = subprocess.run(["mkimage", "-l", str(work / "cut.uimage")], stdout=subprocess.PIPE).stdout
    ok("mkimage reads it", b"nested" in listed and b"Corrupt" not in listed, listed)
    done = subprocess.run(["xz", "-dc"], input=image[at + 64:at + 64 + size], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ok("xz reads it", done.returncode == 0, done.stderr)
    return done.stdout


start = base_tree()
archive = F.make(start)
inner = copy.deepcopy(start)
inner["etc/inner.cpio"] = Node("file", 0o644, 0, 0, T0, archive)
for name, behind, tree in (("at the kernel's end", b"", start), ("with room and code behind it", bytes(8192) + text(60_000), start), ("an archive in its file", b"", inner)):
    before = text(120_000)
    before += bytes(-len(before) % 4)
    kernel = before + F.make(tree) + behind
    flash = bytearray(b"\xff" * (1 << 20))
    first = uimage_of(kernel, "--arm", "--lzma2=dict=1MiB")
    flash[:len(first)] = first
    flash[0x80000:0x80010] = b"something behind"
    image = work / "in.bin"
    image.write_bytes(flash)
    cpio = f"/00000000.uimage/payload/content/{len(before):08x}.cpio"
    deep = tree is inner
    inside = cpio + ("/etc/inner.cpio" if deep else "")
    (work / "rcS").write_bytes(b"#!/bin/sh\nmount -a\ntelnetd -l /bin/sh &\n")
    os.utime(work / "rcS", (T0 + 5, T0 + 5))
    (work / "rcS").chmod(0o755)
    ops = ["--replace", f"{inside}/etc/init.d/rcS", work / "rcS", "--chmod", f"{inside}/etc/fstab", "600", "--mknod", f"{inside}/dev/ttyS0", "c", "4", "64"]
    run("edit", image, *ops, "-o", work / "out.bin")
    got = (work / "out.bin").read_bytes()
    ok(f"{name}: what is behind is untouched", len(got) == len(flash) and got[0x80000:] == flash[0x80000:])
    new = kernel_of(got)
    ok(f"{name}: the kernel before it is untouched", new[:len(before)] == before)
    if behind:
        ok(f"{name}: the kernel behind it is where it was", len(new) == len(kernel) and new[-60_000:] == behind[-60_000:])
    want = copy.deepcopy(start)
    want["etc/init.d/rcS"].data, want["etc/fstab"].mode = (work / "rcS").read_bytes(), 0o600
    want["dev/ttyS0"] = Node("char", 0o600, 0, 0, start["dev"].mtime, rdev=(4, 64))
    read = F.read(new[len(before):])
    if deep:
        outer, read = read, F.read(read["etc/inner.cpio"].data)
        ok(f"{name}: the outer archive has all else", plain({p: n for p, n in outer.items() if p != "etc/inner.cpio"}) == plain(start), difference(start, outer))
    ok(f"{name}: the tree that is wanted", plain(want) == plain(read), difference(want, read))
    run("verify", work / "out.bin")
    # The folder gives the same bytes; --deep takes the inner archive apart.
    shutil.rmtree(work / "d", ignore_errors=True)
    run("extract", image, "-o", work / "d", *(["--deep"] if deep else []))
    run("repack", work / "d", "--check")
    place = work / "d/00000000.uimage.in/payload.in/content.in" / (f"{len(before):08x}.cpio" + (".deep/etc/inner.cpio" if deep else ""))
    places = [p for p in (Path(f"{place}.in"), Path(f"{place}.in/00000000.cpio.in")) if (p / "etc").exists()]
    if ok(f"{name}: it is a folder", places, sorted(str(p) for p in (work / "d").rglob("*.in"))):
        (places[0] / "etc/init.d/rcS").write_bytes((work / "rcS").read_bytes())
        mtree = Path(str(places[0]).removesuffix(".in") + ".mtree")
        lines = mtree.read_text().replace("./etc/fstab type=file mode=0644", "./etc/fstab type=file mode=0600")
        mtree.write_text(lines + f"./dev/ttyS0 type=char mode=0600 uid=0 gid=0 time={start['dev'].mtime}.0 device=native,4,64\n")
        run("repack", work / "d", "-o", work / "by folder", "--force")
        ok(f"{name}: the folder gives the same bytes", (work / "by folder").read_bytes() == got)
    back = ["--replace", f"{inside}/etc/init.d/rcS", work / "old", "--chmod", f"{inside}/etc/fstab", "644", "--remove", f"{inside}/dev/ttyS0"]
    (work / "old").write_bytes(start["etc/init.d/rcS"].data)
    os.utime(work / "old", (start["etc/init.d/rcS"].mtime,) * 2)
    run("edit", work / "out.bin", *back, "-o", work / "back.bin")
    ok(f"{name}: and back is the original", (work / "back.bin").read_bytes() == bytes(flash))
# Operations are done in the order in which they stand, however many words each has.
(work / "F").write_bytes(b"first\n"), (work / "G").write_bytes(b"second\n"), (work / "plain.cpio").write_bytes(archive)
A = f"/{F.place}/"
run("edit", work / "plain.cpio", "--replace", A + "twin1", work / "F", "--rename", A + "twin1", A + "moved", "--chmod", A + "moved", "600", "--replace", A + "moved", work / "G",
    "--mknod", A + "twin1", "c", "1", "2", "--rename", A + "twin1", A + "twin3", "--mknod", A + "twin1", "b", "3", "4", "--chmod", A + "twin3", "444", "-o", work / "ordered.cpio")
want = copy.deepcopy(start)
renamed(want, "twin1", "moved")
want["moved"].data, want["moved"].mode = b"second\n", 0o600
want["twin3"] = Node("char", 0o444, 0, 0, start[""].mtime, rdev=(1, 2))
want["twin1"] = Node("block", 0o600, 0, 0, start[""].mtime, rdev=(3, 4))
read = F.read((work / "ordered.cpio").read_bytes())
ok("operations are done in their order", plain(want) == plain(read), difference(want, read))
end()

#!/usr/bin/env python3
"""A real Linux mounts JFFS2 that was edited and made here, lists every entry and hashes every file. Needs qemu-system-x86_64, a static busybox, and a kernel with its
modules: those in /boot and /lib/modules, or an unpacked package that FIELDSTRIP_KERNEL names."""
import hashlib, lzma, os, random, re, shutil, sys, time
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
import flash
from trees import *


def skip(why):
    print(f"SKIPPED: {why}")
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(77)


MODULES = ["mtdram", "mtdblock", "jffs2"]
qemu, busybox = shutil.which("qemu-system-x86_64"), shutil.which("busybox")
if not qemu:
    skip("no qemu-system-x86_64")
if not busybox or b"statically linked" not in subprocess.run(["file", "-L", busybox], stdout=subprocess.PIPE).stdout and shutil.which("file"):
    skip("no static busybox (package busybox-static)")
kernel = modules = None
root = Path(os.environ.get("FIELDSTRIP_KERNEL", "/"))
for k in sorted((root / "boot").glob("vmlinuz-*"), reverse=True):
    for lib in ("lib", "usr/lib"):
        at = root / lib / "modules" / k.name.removeprefix("vmlinuz-")
        if not kernel and list(at.rglob("jffs2.ko*")) and list(at.rglob("mtdram.ko*")):
            kernel, modules = k, at
if not kernel:
    skip("no kernel with jffs2 and mtdram as modules (package linux-image-amd64)")

# ---- images: made by hand, by mkfs.jffs2, and all that we do to them
P = "/00000000.jffs2/"
images = {}  # name → (bytes, erase block, tree that is wanted)


def made(name, b, block, tree):
    images[name] = (b, block, tree)


def partition(tree, size, order, block, clean=True):
    pen = flash.Pen(order)
    return flash.lay(pen, flash.nodes_of(tree, pen), block, clean).ljust(size, b"\xff")


text = lambda n: b"".join(b"line %d of it\n" % i for i in range(n // 10 + 1))[:n]
t = base_tree()
t["big"] = Node("file", 0o644, data=text(60_000))
before, after = work / "before.img", work / "after.img"
new = work / "new"
new.write_bytes(text(20_000) + b"another" + text(9_000))
base = partition(t, 64 * 0x2000, "<", 0x2000)
before.write_bytes(base)
made("by-hand", base, 0x2000, t)
ops = ["--replace", P + "big", new, "--chmod", P + "bin/run", "4711", "--chown", P + "etc", "7:8", "--remove", P + "usr/lib", "--rename", P + "etc/init.d", P + "empty/init",
       "--mkdir", P + "made", "--add", P + "made/one", new, "--symlink", P + "made/link", "one", "--mknod", P + "made/dev", "c", "300", "70000", "--link", P + "made/hard", P + "twin1",
       "--touch", P + "twin2", "1234567", "--chmod", P + "bin/ls", "0777", "--touch", P + "bin/ls", "7654321"]
run("edit", before, *ops, "-o", after)
e = copy.deepcopy(t)
e["big"].data = new.read_bytes()
e["bin/run"].mode = 0o4711
e["etc"].uid, e["etc"].gid = 7, 8
without(e, "usr/lib")
renamed(e, "etc/init.d", "empty/init")
e["made"] = Node("dir", 0o755, 0, 0, t[""].mtime)
st = os.lstat(new)
e["made/one"] = Node("file", 0o644, 0, 0, int(st.st_mtime), new.read_bytes())
e["made/link"] = Node("symlink", 0o777, 0, 0, t[""].mtime, target="one")
e["made/dev"] = Node("char", 0o600, 0, 0, t[""].mtime, rdev=(300, 70000))
e["twin1"].group = "twin"
e["made/hard"] = copy.copy(e["twin1"])
e["twin2"].mtime, e["bin/ls"].mtime = 1234567, 7654321
ok("the test's own reader sees what is wanted", not difference(e, flash.Log(after.read_bytes()).tree(Node)), difference(e, flash.Log(after.read_bytes()).tree(Node)))
made("edited", after.read_bytes(), 0x2000, e)
# Made anew from the folder alone.
shutil.rmtree(work / "d", ignore_errors=True)
run("extract", after, "-o", work / "d")
run("repack", work / "d", "--rebuild-all", "-o", work / "anew.img", code=(0, 1))
made("made-anew", (work / "anew.img").read_bytes(), 0x2000, e)
# So full that erase blocks must be written anew.
noise = random.Random(3).randbytes
f = {"": Node("dir", 0o755)} | {f"f{i}": Node("file", 0o644, data=noise(5000)) for i in range(16)}
full = partition(f, 14 * 0x2000, "<", 0x2000)
before.write_bytes(full)
for k in range(6):
    new.write_bytes(noise(5000 + 300 * k))
    run("edit", before, "--replace", P + f"f{k}", new, "-o", after)
    f[f"f{k}"].data = new.read_bytes()
    before.write_bytes(after.read_bytes())
made("collected", before.read_bytes(), 0x2000, f)
if shutil.which("mkfs.jffs2") and shutil.which("sumtool"):
    files = {p: n for p, n in e.items() if n.type in ("dir", "file", "symlink")}
    folder_of(files, work / "root")
    subprocess.run(["mkfs.jffs2", "-l", "-U", "-e", "8KiB", "-r", work / "root", "-o", work / "mk"], check=True)
    subprocess.run(["sumtool", "-l", "-e", "8KiB", "-i", work / "mk", "-o", work / "sum"], check=True)
    for name in ("mk", "sum"):
        b = (work / name).read_bytes()
        before.write_bytes(b.ljust(len(b) + -len(b) % 0x10000 + 0x20000, b"\xff"))
        new.write_bytes(text(7000) + noise(3000))
        run("edit", before, "--replace", P + "big", new, "--remove", P + "bin/run", "--chmod", P + "etc/passwd", "0600", "-o", after)
        made("edited-" + name, after.read_bytes(), 0x2000, flash.Log(after.read_bytes()).tree(Node))

# ---- a system that mounts each and says what it sees
order, found = [], {p.name.split(".")[0].replace("-", "_"): p for p in modules.rglob("*.ko*")}


def unpacked(name):
    path = found[name]
    b = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(b)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], stdout=subprocess.PIPE, check=True).stdout
    return b


def need(name):
    """A module and before it those that it says it needs; what is none is in the kernel."""
    if name not in found or name in order:
        return
    for d in re.search(rb"\0depends=([^\0]*)\0", unpacked(name))[1].decode().split(","):
        need(d.replace("-", "_"))
    order.append(name)


for m in MODULES:
    need(m)

init = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in %s; do case $m in mtdram) ;; *) insmod /m/$m.ko;; esac; done
for i in %s; do
  set -- $(cat /i/$i.size)
  insmod /m/mtdram.ko total_size=$1 erase_size=$2
  while [ ! -e /dev/mtdblock0 ]; do sleep 0.1; done
  dd if=/i/$i of=/dev/mtd0 bs=65536 2>/dev/null
  mount -t jffs2 -o ro /dev/mtdblock0 /mnt || echo "@@ $i cannot be mounted"
  cd /mnt
  find . | while read -r f; do
    echo "@@ $i|$(stat -c '%%f|%%u|%%g|%%Y|%%s|%%t|%%T|%%h' "$f")|$( [ -L "$f" ] && readlink "$f" )|$( [ -f "$f" ] && [ ! -L "$f" ] && sha256sum < "$f" | cut -c1-64)|$f"
  done
  cd /; umount /mnt; rmmod mtdram
done
echo "@@ end"; dmesg | grep -i jffs2 | sed 's/^/@@ dmesg /'
poweroff -f
""" % (" ".join(order), " ".join(images))


def newc(entries):
    out = b""
    for i, (name, mode, data) in enumerate(entries):
        name = name.encode() + b"\0"
        out += b"070701" + b"".join(b"%08X" % v for v in (i + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)) + name
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return out


entries = [(d, 0o40755, b"") for d in ("bin", "m", "i", "mnt", "proc", "sys", "dev")] + [("init", 0o100755, init.encode()), ("bin/busybox", 0o100755, Path(busybox).read_bytes())]
entries += [(f"m/{name}.ko", 0o100644, unpacked(name)) for name in order]
for name, (b, block, _) in images.items():
    size = len(b) + -len(b) % (block * 8) + 8 * block
    entries += [("i/" + name, 0o100644, b), (f"i/{name}.size", 0o100644, b"%d %d\n" % (size // 1024, block // 1024))]
(work / "initrd").write_bytes(newc(entries + [("TRAILER!!!", 0, b"")]))
begin = time.time()
# Emulated: ten seconds, and the same on any host. A machine within a machine may say that it has KVM and hang.
command = [qemu, "-accel", "tcg", "-m", "512", "-kernel", kernel, "-initrd", work / "initrd", "-append", "console=ttyS0 quiet panic=-1", "-nographic", "-no-reboot", "-net", "none"]
try:
    lines = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300).stdout.decode(errors="replace").splitlines()
except subprocess.TimeoutExpired as x:
    lines = (x.stdout or b"").decode(errors="replace").splitlines()
print(f"booted {kernel.name}, mounted {len(images)} images in {time.time() - begin:.0f} s")
seen, said = {name: {} for name in images}, [l[l.index("@@ ") + 3:] for l in lines if "@@ " in l]
ok("the system came to its end", "end" in said, "\n".join(lines[-20:]))
for l in said:
    if "cannot be mounted" in l:
        ok(l, False)
    if l.count("|") >= 11:
        i, mode, uid, gid, mtime, size, major, minor, links, target, digest, path = l.split("|", 11)
        path = "" if path == "." else path.removeprefix("./")
        kind = flash.NAMES[int(mode, 16) & 0o170000]
        seen[i][path] = (kind, int(mode, 16) & 0o7777, int(uid), int(gid), int(mtime), digest if kind == "file" else "", target, (int(major, 16), int(minor, 16)) if kind in ("char", "block") else None, int(links) if kind == "file" else 0)
for name, (_, _, tree) in images.items():
    links = links_of(tree)
    want = {p: (n.type, n.mode, n.uid, n.gid, n.mtime, hashlib.sha256(n.data).hexdigest() if n.type == "file" else "", n.target, n.rdev if n.type in ("char", "block") else None,
                len(links.get(p, "1")) if n.type == "file" else 0) for p, n in tree.items()}
    for p, w in want.items():
        got = seen[name].get(p)
        if w[1] is None:  # a root without an inode: the kernel makes one up
            got, w = got and got[0], w[0]
        ok(f"{name}: {p or 'the root'} as Linux sees it", got == w, got, w)
    ok(f"{name}: nothing else", set(seen[name]) == set(want), sorted(set(seen[name]) - set(want))[:5])
for l in said:
    if l.startswith("dmesg") and any(word in l.lower() for word in ("crc", "error", "fail", "argh", "eep", "not found")):
        ok("the kernel has nothing to complain about", False, l)
end()

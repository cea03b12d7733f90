#!/usr/bin/env python3
"""A real Linux mounts JFFS2 that was edited and made here, lists every entry and hashes every file."""
import hashlib, os, random, shutil, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
import flash
from linux import LIST, Linux, seen
from trees import *


machine = Linux("mtdram", "mtdblock", "jffs2")

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
init = """
for i in %s; do
  set -- $(cat /i/$i.size)
  insmod /m/mtdram.ko total_size=$1 erase_size=$2
  while [ ! -e /dev/mtdblock0 ]; do sleep 0.1; done
  dd if=/i/$i of=/dev/mtd0 bs=65536 2>/dev/null
  mount -t jffs2 -o ro /dev/mtdblock0 /mnt || echo "@@ $i cannot be mounted"
  cd /mnt
  %s
  cd /; umount /mnt; rmmod mtdram
done
echo "@@ end"; dmesg | grep -i jffs2 | sed 's/^/@@ dmesg /'
poweroff -f
""" % (" ".join(images), LIST)
files = {}
for name, (b, block, _) in images.items():
    size = len(b) + -len(b) % (block * 8) + 8 * block
    files |= {"i/" + name: b, f"i/{name}.size": b"%d %d\n" % (size // 1024, block // 1024)}
said = machine.run(work, init, files, later=("mtdram",))
ok("the system came to its end", "end" in said, "\n".join(machine.last))
for l in said:
    if "cannot be mounted" in l:
        ok(l, False)
found = seen(said, images)
for name, (_, _, tree) in images.items():
    links = links_of(tree)
    want = {p: (n.type, n.mode, n.uid, n.gid, n.mtime, hashlib.sha256(n.data).hexdigest() if n.type == "file" else "", n.target, n.rdev if n.type in ("char", "block") else None,
                len(links.get(p, "1")) if n.type == "file" else 0) for p, n in tree.items()}
    for p, w in want.items():
        got = found[name].get(p)
        if w[1] is None:  # a root without an inode: the kernel makes one up
            got, w = got and got[0], w[0]
        ok(f"{name}: {p or 'the root'} as Linux sees it", got == w, got, w)
    ok(f"{name}: nothing else", set(found[name]) == set(want), sorted(set(found[name]) - set(want))[:5])
for l in said:
    if l.startswith("dmesg") and any(word in l.lower() for word in ("crc", "error", "fail", "argh", "eep", "not found")):
        ok("the kernel has nothing to complain about", False, l)
end()

"""Images to be read by others: made by hand, by mkfs.jffs2, and what edits and --rebuild-all make of them. images: name → (bytes, erase block, tree that is wanted)."""
import os, random, shutil, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
import flash
from trees import *

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

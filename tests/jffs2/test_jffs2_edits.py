#!/usr/bin/env python3
"""JFFS2 edited: what a reader of the test's own finds then, which nodes keep their bytes, which erase blocks change, and what is done when there is no room."""
import json, os, random, re, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
import flash
from trees import *

BLOCK, P = 0x2000, "/00000000.jffs2/"
image, out = work / "in.img", work / "out.img"


def read(b):
    log = flash.Log(b)
    ok("every node is good", not log.bad, log.bad)
    return log.tree(Node)


def partition(tree, size, order="<", store=False, clean=True):
    pen = flash.Pen(order)
    b = flash.lay(pen, flash.nodes_of(tree, pen, store=store), BLOCK, clean)
    assert len(b) <= size, (len(b), size)
    return b.ljust(size, b"\xff")


def edit(*ops, code=0):
    """(the new bytes, the plan); what the plan says must be what is done."""
    out.unlink(missing_ok=True)
    plan = json.loads(run("edit", image, *ops, "--plan", "--json", "--erase-block", BLOCK, code=code).stdout or "{}")
    done = run("edit", image, *ops, "-o", out, code=code)
    if not out.exists():
        return None, done.stderr.decode()
    was, now = image.read_bytes(), out.read_bytes()
    differ = {i // BLOCK for i in range(0, len(now), 4) if was[i:i + 4] != now[i:i + 4]}
    ok(f"{ops[0]}: erase blocks changed are those planned", sorted(differ) == plan["erase_blocks_changed"], sorted(differ), plan["erase_blocks_changed"])
    ok(f"{ops[0]}: the size stays", len(was) == len(now))
    return now, plan


def nodes(b):
    log = flash.Log(b)
    return {at: b[at:at + size] for at, _, size in log.nodes}


r = random.Random(7)
noise = lambda n: r.randbytes(n)
text = lambda n: b"".join(b"line %d of it\n" % i for i in range(n // 10 + 1))[:n]

# ---- what fits into free space
for order in "<>":
    t = base_tree()
    t["big"] = Node("file", 0o644, data=text(30_000))
    t["raw"] = Node("file", 0o600, data=noise(9000))
    base = partition(t, 32 * BLOCK, order)
    image.write_bytes(base)
    fresh = work / "fresh"
    for name, ops, want in (
            ("chmod", ["--chmod", P + "big", "4711"], lambda t: setattr(t["big"], "mode", 0o4711)),
            ("chown", ["--chown", P + "bin/ls", "7:8"], lambda t: (setattr(t["bin/ls"], "uid", 7), setattr(t["bin/ls"], "gid", 8))),
            ("touch a folder", ["--touch", P + "etc", "1234567"], lambda t: setattr(t["etc"], "mtime", 1234567)),
            ("remove", ["--remove", P + "etc"], lambda t: without(t, "etc")),
            ("rename", ["--rename", P + "usr", P + "empty/usr"], lambda t: renamed(t, "usr", "empty/usr")),
            ("link", ["--link", P + "hard", P + "raw"], lambda t: (setattr(t["raw"], "group", "raw"), t.update(hard=copy.copy(t["raw"])))),
            ("mknod", ["--mknod", P + "dev/x", "c", "300", "70000"], lambda t: t.update({"dev/x": Node("char", 0o600, 0, 0, t["dev"].mtime, rdev=(300, 70000))})),
            ("xattr", ["--xattr", P + "raw", "user.a=YWJj"], lambda t: t["raw"].xattrs.update({"user.a": b"abc"})),
            ("replace", ["--replace", P + "big", fresh], lambda t: setattr(t["big"], "data", fresh.read_bytes()))):
        fresh.write_bytes(text(8192) + b"another page" + text(30_000)[8204:])
        now, plan = edit(*ops)
        want(w := copy.deepcopy(t))
        ok(f"{order} {name}: the tree that is wanted", now and not difference(w, read(now)), now and difference(w, read(now)))
        was = nodes(base)
        ok(f"{order} {name}: what was there keeps its bytes", all(now[at:at + len(n)] == n for at, n in was.items()))
        ok(f"{order} {name}: one erase block changes", len(plan["erase_blocks_changed"]) == 1, plan["erase_blocks_changed"])
        new = {at: n for at, n in nodes(now).items() if at not in was}
        ok(f"{order} {name}: few new nodes", len(new) <= 4, {hex(a): len(n) for a, n in new.items()})
        if name == "replace":
            ok("only the page that differs is written", [struct.unpack_from(order + "I", n, 44)[0] for n in new.values()] == [8192], new)

# ---- there and back: equal entries
image.write_bytes(base)
(work / "one").write_bytes(text(20_000))
(work / "two").write_bytes(t["big"].data)
run("edit", image, "--replace", P + "big", work / "one", "--rename", P + "raw", P + "etc/raw", "-o", work / "there.img")
run("edit", work / "there.img", "--replace", P + "big", work / "two", "--rename", P + "etc/raw", P + "raw", "-o", work / "back.img")
ok("there and back: equal entries", not difference(t, read((work / "back.img").read_bytes())))
run("edit", image, "--chmod", P + "big", "0644", "-o", work / "same.img")
ok("nothing changed: the same bytes", (work / "same.img").read_bytes() == base)

# ---- by edit and by folder the same bytes
shutil.rmtree(work / "d", ignore_errors=True)
run("extract", image, "-o", work / "d")
(work / "d" / "00000000.jffs2.in" / "big").write_bytes((work / "one").read_bytes())
(work / "d" / "00000000.jffs2.in" / "etc" / "passwd").unlink()
run("repack", work / "d", "-o", work / "folder.img")
run("edit", image, "--replace", P + "big", work / "one", "--remove", P + "etc/passwd", "-o", work / "edit.img")
ok("edit and folder: the same bytes", (work / "folder.img").read_bytes() == (work / "edit.img").read_bytes())

# ---- a full partition: only what counts makes room
t = {"": Node("dir", 0o755)}
for i in range(20):
    t[f"f{i}"] = Node("file", 0o644, data=noise(r.randint(3000, 7000)))
base = partition(t, 16 * BLOCK, store=True)
image.write_bytes(base)
(work / "next").write_bytes(noise(len(t["f3"].data)))
steps = 0
while True:  # fill it up with what does not count any more
    (work / "next").write_bytes(noise(len(t["f3"].data)))
    done = run("edit", image, "--replace", P + "f3", work / "next", "-o", out, code=(0, 3))
    if done.returncode:
        break
    t["f3"].data = (work / "next").read_bytes()
    a, b = image.read_bytes(), out.read_bytes()
    blocks = {i // BLOCK for i in range(0, 16 * BLOCK, 4) if a[i:i + 4] != b[i:i + 4]}
    same = all(out.read_bytes()[at:at + len(n)] == n for at, n in nodes(image.read_bytes()).items())
    image.write_bytes(out.read_bytes())
    steps += 1
    if not same:
        break
    assert steps < 100
ok("it became full, and then only room that is made served", steps > 1 and done.returncode == 0, steps, done.stderr.decode())
ok("only the dirtiest erase blocks are written anew", len(blocks) < 8, blocks)
ok("after that: the tree that is wanted", not difference(t, read(image.read_bytes())), difference(t, read(image.read_bytes())))
big = max(t, key=lambda p: len(t[p].data))
(work / "bigger").write_bytes(noise(len(t[big].data) + 2500))
now, plan = edit("--replace", P + big, work / "bigger")
if ok("a bigger file into a full partition", now, plan):
    t[big].data = (work / "bigger").read_bytes()
    ok("bigger: the tree that is wanted", not difference(t, read(now)), difference(t, read(now)))
(work / "huge").write_bytes(noise(16 * BLOCK))
out.unlink(missing_ok=True)
done = run("edit", image, "--add", P + "huge", work / "huge", "-o", out, code=3)
said = re.search(r"(\d+) too many", done.stderr.decode())
ok("what can't fit is refused with the excess", said and 0 < int(said[1]) - sum(len(n.data) for n in t.values()) < 3 * BLOCK, done.stderr.decode())
ok("and nothing is written", not out.exists())

# ---- damage
t = {"": Node("dir", 0o755)}
for i in range(40):
    t[f"d{i % 4}/f{i}" if i >= 4 else f"d{i}"] = Node("file", 0o644, data=text(r.randint(100, 9000))) if i >= 4 else Node("dir", 0o755)
base = partition(t, 10 * BLOCK)
log = flash.Log(base)
live = [(at, size) for at, kind, size in log.nodes if kind in (flash.DIRENT, flash.INODE)]
named = 0
for k in range(200):
    at, size = r.choice(live)
    kind = struct.unpack_from("<H", base, at + 2)[0]
    where = at + r.randrange(0, size)
    if where == at + 3:  # the bit that says that it is obsolete: flash may clear it
        where = at + 8
    b = bytearray(base)
    b[where] ^= 1 << r.randrange(8)
    image.write_bytes(b)
    failed = json.loads(run("verify", "--json", image, code=1).stdout)["checks"]
    hit = any(c["result"] == "fail" and (f"@0x{at:x}" in c["check"]) for c in failed)
    named += ok(f"a bit of {where - at} of {size} in the node at {at:#x} is named", hit, [(c["check"], c["result"]) for c in failed])
print(f"{named} of 200 flipped bits named")
for lost, how in ((3, "erased"), (5, "erased"), (4, "noise")):
    b = bytearray(base)
    b[lost * BLOCK:(lost + 1) * BLOCK] = b"\xff" * BLOCK if how == "erased" else b[lost * BLOCK:lost * BLOCK + 12] + noise(BLOCK - 12)
    image.write_bytes(b)
    listed = {e["path"]: e for e in json.loads(run("ls", "-R", "--json", f"{image}:{P[:-1]}", code=(0, 1)).stdout)["entries"]}
    touched = set()
    inos = {}
    for path, n in t.items():
        inos[path] = 1 if not path else len(inos) + 1
    for at, kind, size in log.nodes:
        if at // BLOCK != lost:
            continue
        ino = struct.unpack_from("<I", base, at + (12 if kind == flash.INODE else 20))[0]
        touched |= {p for p, i in inos.items() if i == ino}
    for path, n in t.items():
        gone = any(path == x or path.startswith(x + "/") for x in touched)
        if not gone:
            ok(f"block {lost} destroyed: {path} is whole", listed.get(path, {}).get("state", "intact") == "intact" and path in listed, listed.get(path))
        elif n.type == "file" and path in listed:
            ok(f"block {lost} destroyed: {path} is not called whole", listed[path]["state"] != "intact" or path not in touched, listed[path])
end()

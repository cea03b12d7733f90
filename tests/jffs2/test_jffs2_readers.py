#!/usr/bin/env python3
"""Other readers of JFFS2 find in images that were edited and made here what is wanted: the corpus's judge (as Linux reads it), jefferson and dissect, as far as they are able:
jefferson shows removed names too, has one of several links, cuts nothing off a file that became shorter and loses a folder that was moved; dissect puts those into a lost+found, and reads a file as if each node lay behind the one before it, so only those are compared where that is
so; times and devices are not asked of them. Those that are absent are SKIPPED."""
import hashlib, importlib.util, os, stat, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
from edited import images
from trees import *

digest = lambda b: hashlib.sha256(b).hexdigest()
asked = 0


def is_text(path):
    try:
        return path.encode("utf-8", "surrogateescape").decode() and True
    except UnicodeDecodeError:
        return False


def judge(name, b, tree, module):
    fs = module.Jffs2(b, 0, None)
    rows = {row["path"]: row for row in fs.entries()}
    ok(f"{name}: the judge finds every node good", not fs.bad, fs.bad[:3])
    ok(f"{name}: the judge finds the same paths", set(rows) == set(tree), sorted(set(rows) ^ set(tree))[:5])
    for path, n in tree.items():
        row = rows.get(path, {})
        want = {"type": n.type} | ({} if n.mode is None else {"mode": f"{n.mode:04o}", "uid": n.uid, "gid": n.gid, "mtime": n.mtime})
        want |= {"sha256": digest(n.data), "size": len(n.data)} if n.type == "file" else {"target": n.target} if n.type == "symlink" else {"rdev": list(n.rdev)} if n.type in ("char", "block") else {}
        ok(f"{name}: {path!r} to the judge", {k: row.get(k) for k in want} == want, row, want)


def by_dissect(name, b, tree, jffs2):
    import io
    fs = jffs2.JFFS2(io.BytesIO(b))
    found = {}

    def walk(node, path):
        for child, inode in node.listdir().items():
            child = child.decode("utf-8", "surrogateescape") if isinstance(child, bytes) else child
            if not path and child == "lost+found":
                continue
            found[p := f"{path}/{child}" if path else child] = inode
            if stat.S_ISDIR(inode.mode):
                walk(inode, p)
    walk(fs.root, "")
    names = {p for p in tree if p and is_text(p)}
    ok(f"{name}: dissect finds the same paths", {p for p in found if is_text(p)} == names, sorted(set(found) ^ names)[:5])
    for path in names & set(found):
        n, inode = tree[path], found[path]
        ok(f"{name}: {path} to dissect", stat.S_IMODE(inode.mode) == n.mode and (inode.uid, inode.gid) == (n.uid, n.gid), oct(inode.mode), inode.uid, inode.gid)
        end, able = 0, True
        for node, _ in fs._inodes.get(inode.inum, []):
            able, end = able and (node.offset >= end or not node.dsize), node.offset + node.dsize
        if n.type == "file" and able:
            ok(f"{name}: what is in {path} to dissect", inode.open().read() == n.data)


def by_jefferson(name, b, tree):
    (work / "j.img").write_bytes(b)
    shutil.rmtree(work / "j", ignore_errors=True)
    done = subprocess.run(["jefferson", "-f", "-d", work / "j", work / "j.img"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if not ok(f"{name}: jefferson ends well", done.returncode == 0, done.stdout.decode(errors="replace")[-400:]):
        return
    links = links_of(tree)
    for path, n in tree.items():
        at = work / "j" / path
        if not is_text(path) or (name == "edited" and path.startswith("empty/init/")):
            continue
        if n.type == "file" and len(links.get(path, "1")) == 1:
            ok(f"{name}: {path} to jefferson", at.is_file() and at.read_bytes()[:len(n.data)] == n.data, at.is_file() and at.stat().st_size, len(n.data))
        if n.type == "symlink":
            ok(f"{name}: {path} to jefferson", at.is_symlink() and os.readlink(at) == n.target)


script = Path(os.environ.get("FIELDSTRIP_CORPUS", "/nowhere")) / "gen" / "verify.py"
if script.exists():
    spec = importlib.util.spec_from_file_location("verify", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    asked += 1
    for name, (b, _, tree) in images.items():
        judge(name, b, tree, module)
else:
    print("SKIPPED: no corpus: its judge")
try:
    from dissect.jffs import jffs2
except ImportError:
    print("SKIPPED: no dissect.jffs (pip install dissect.jffs)")
else:
    asked += 1
    for name, (b, _, tree) in images.items():
        by_dissect(name, b, tree, jffs2)
if shutil.which("jefferson"):
    asked += 1
    for name, (b, _, tree) in images.items():
        by_jefferson(name, b, tree)
else:
    print("SKIPPED: no jefferson (pip install jefferson)")
if not asked:
    sys.exit(77)
end()

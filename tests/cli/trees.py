"""What tests of extracted trees share: trees, images of them made by free tools or by hand, readers of the test's own, and the tool run."""
import copy, os, shutil, socket, struct, subprocess, sys, tempfile, zlib
from dataclasses import dataclass, field
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
    xattrs: dict = field(default_factory=dict)
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
    return {path: (n.type, n.mode, n.uid, n.gid, n.mtime, n.data, n.target, n.rdev if n.type in ("char", "block") else None, n.xattrs, links.get(path)) for path, n in tree.items()}


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

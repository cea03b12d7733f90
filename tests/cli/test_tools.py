#!/usr/bin/env python3
"""What the field's own tools read of images that were edited here: each edit by itself, then unpacked by GNU cpio, bsdcpio, GNU tar, bsdtar, fsck.cramfs and 7z, and
held against a plain model of the tree."""
import stat
from images import *

ROOT = not os.getuid()
KINDS_OF_MODE = {v: k for k, v in KINDS.items()}
DEVICES = ("char", "block", "fifo", "socket")
NEED_ROOT = ("fsck.cramfs",)
if not ROOT:
    print("SKIPPED: an ordinary user can't unpack owners and devices: contents, links and folders only; and without", *NEED_ROOT)


def unpacked(folder):
    """The tree that a tool made on the host."""
    tree = {}
    for where, dirs, names in os.walk(folder):
        for name in ["."] + dirs + names:
            p = Path(where, name)
            if name == "." and where != str(folder):
                continue
            path = os.path.relpath(p, folder).removeprefix(".") if name == "." else os.path.relpath(p, folder)
            s = os.lstat(p)
            kind = KINDS_OF_MODE[stat.S_IFMT(s.st_mode)]
            n = Node(kind, stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid, int(s.st_mtime))
            if kind == "file":
                n.data, n.group = p.read_bytes(), s.st_ino
            elif kind == "symlink":
                n.target = os.readlink(p)
            elif kind in ("char", "block"):
                n.rdev = (os.major(s.st_rdev), os.minor(s.st_rdev))
            tree[path] = n
    return tree


# ---- tools: name, command from image and folder, what it keeps of a tree
KEEPS_ALL = ("mode", "owner", "mtime", "links")
def piped(*words):
    return lambda image, d: subprocess.run(words, stdin=open(image, "rb"), cwd=d, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
def named(*words):
    return lambda image, d: subprocess.run([w.replace("IMAGE", str(image)) for w in words], cwd=d, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
SEVEN = ("7z", named("7z", "x", "-y", "-snl", "IMAGE"), ())
TOOLS = {
    "cpio": [("cpio", piped("cpio", "-idmu", "--quiet", "--no-absolute-filenames"), KEEPS_ALL), ("bsdcpio", piped("bsdcpio", "-idmu", "--quiet"), KEEPS_ALL), SEVEN],
    "tar": [("tar", named("tar", "-xpf", "IMAGE", "--same-owner", "--xattrs"), KEEPS_ALL), ("bsdtar", named("bsdtar", "-xpf", "IMAGE"), KEEPS_ALL), SEVEN],
    "cramfs": [("fsck.cramfs", named("sh", "-c", "rmdir $PWD && exec fsck.cramfs --extract=$PWD IMAGE"), ("mode", "owner")), SEVEN],
}


def seen(tree, keeps, skip):
    """What is compared: what the tool keeps, without the paths to skip. Times of folders change while they are filled."""
    tree = {p: copy.copy(n) for p, n in tree.items() if p not in skip}
    for n in tree.values():
        if "mode" not in keeps or n.type == "symlink":
            n.mode = None
        if "owner" not in keeps:
            n.uid = n.gid = None
        if "mtime" not in keeps or n.type in ("dir", "symlink"):
            n.mtime = None
        if "links" not in keeps:
            n.group = None
    return tree


EDITS = {
    "nothing": lambda t, P, w: [],
    "shorter": lambda t, P, w: put(t, "usr/lib/libc", b"short\n", P, w),
    "equal": lambda t, P, w: put(t, "usr/lib/libc", bytes(range(255, -1, -1)) * 8, P, w),
    "longer": lambda t, P, w: put(t, "usr/lib/libc", bytes(range(256)) * 40 + b"more", P, w),
    "empty": lambda t, P, w: put(t, "usr/lib/libc", b"", P, w),
    "added": lambda t, P, w: add(t, "etc/motd", Node("file", 0o600, 0, 0, 1600000000, b"hello\n"), P, w),
    "removed": lambda t, P, w: (t.pop("etc/passwd"), ["--remove", P + "etc/passwd"])[1],
    "renamed": lambda t, P, w: (renamed(t, "etc/passwd", "etc/zpasswd"), ["--rename", P + "etc/passwd", P + "etc/zpasswd"])[1],
    "folder renamed": lambda t, P, w: (renamed(t, "usr", "opt"), ["--rename", P + "usr", P + "opt"])[1],
    "folder added": lambda t, P, w: folder(t, P, w),
    "folder removed": lambda t, P, w: (without(t, "usr"), ["--remove", P + "usr"])[1],
    "chmod": lambda t, P, w: (setattr(t["etc/fstab"], "mode", 0o4755), ["--chmod", P + "etc/fstab", "4755"])[1],
    "chown": lambda t, P, w: (setattr(t["etc/fstab"], "uid", 33), setattr(t["etc/fstab"], "gid", 44), ["--chown", P + "etc/fstab", "33:44"])[2],
    "mknod": lambda t, P, w: (t.__setitem__("dev/tty0", Node("char", 0o600, 0, 0, t["dev"].mtime, rdev=(4, 0))), ["--mknod", P + "dev/tty0", "c", "4", "0"])[1],
    "symlink": lambda t, P, w: (t.__setitem__("etc/mtab", Node("symlink", 0o777, 0, 0, t["etc"].mtime, target="../proc/mounts")), ["--symlink", P + "etc/mtab", "../proc/mounts"])[1],
    "hard link": lambda t, P, w: link(t, P),
}


def put(t, path, data, P, w):
    w.write_bytes(data)
    t[path].data = data
    return ["--replace", P + path, w]


def add(t, path, node, P, w):
    w.write_bytes(node.data)
    w.chmod(node.mode)
    os.utime(w, (node.mtime, node.mtime))
    t[path] = node
    return ["--add", P + path, w]


def folder(t, P, w):
    d = w.with_suffix(".d")
    shutil.rmtree(d, ignore_errors=True)
    (d / "sub").mkdir(parents=True)
    (d / "sub/file").write_bytes(b"in a folder\n")
    for p, mode in ((d / "sub/file", 0o640), (d / "sub", 0o750), (d, 0o755)):
        p.chmod(mode)
        os.utime(p, (1600000000, 1600000000))
    for p in (d, d / "sub", d / "sub/file"):
        s = p.stat()
        t["etc/new" + str(p)[len(str(d)):]] = Node("dir" if p.is_dir() else "file", stat.S_IMODE(s.st_mode), 0, 0, 1600000000, p.read_bytes() if p.is_file() else b"")
    return ["--add", P + "etc/new", d]


def link(t, P):
    t["etc/passwd"].group = "linked"
    t["etc/pw"] = copy.copy(t["etc/passwd"])
    return ["--link", P + "etc/pw", P + "etc/passwd"]


for F in [*formats(), Cpio("odc"), Cpio("bin")]:
    tools = [t for t in TOOLS.get(F.id, []) if has(t[0]) and (ROOT or t[0] not in NEED_ROOT)]
    if not tools:
        continue
    start = base_tree()
    start.pop("etc/out")  # tools refuse to make or to follow what leads outside
    base = F.make(start)
    image, out = work / "in.bin", work / "out.bin"
    image.write_bytes(base)
    for name, change in EDITS.items():
        tree = copy.deepcopy(start)
        ops = change(tree, f"/{F.place}/", work / "new")
        if name == "hard link" and "links" not in F.holds:
            continue
        want = F.can(tree)
        if ops:
            out.unlink(missing_ok=True)
            run("edit", image, *ops, "-o", out)
        else:
            out.write_bytes(base)
        for tool, unpack, keeps in tools:
            keeps = keeps if ROOT else tuple(k for k in keeps if k in ("links", "mtime"))
            # 7z makes files of devices and pipes, and links of its own taste.
            kinds = (*DEVICES, "symlink") if tool == "7z" else DEVICES if not ROOT else ("socket",) if F.id != "cramfs" else ()
            skip = {"", *(p for p, n in want.items() if n.type in kinds)}
            if tool == "7z" and F.id == "cpio" and links_of(want):
                continue  # 7z gives links of cpio archives no content
            d = work / "unpacked"
            shutil.rmtree(d, ignore_errors=True)
            d.mkdir()
            done = unpack(out, d)
            got = unpacked(d)
            refused = not ROOT and b"not permitted" in done.stderr  # to make devices and to give away
            ok(f"{F.name}: {name}: {tool} exits {done.returncode}", done.returncode == 0 or refused or tool == "7z" and b"Dangerous link" in done.stderr, done.stderr[-300:], done.stdout[-300:])
            ok(f"{F.name}: {name}: {tool} unpacks what is wanted", plain(seen(want, keeps, skip)) == plain(seen(got, keeps, skip)), difference(seen(want, keeps, skip), seen(got, keeps, skip)))
    print(f"{F.name}: {', '.join(t[0] for t in tools)}: {len(EDITS)} edits, {len(wrong)} wrong so far", flush=True)
end()

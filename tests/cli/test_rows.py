#!/usr/bin/env python3
"""Each row of product.md's "What a change in the folder means", on each format that can hold it: what is expected comes from the row and the change, what came out is
read by readers of the test's own. Where edit can say it: the same bytes. What the rows say of odd images is in test_odd_trees.py."""
import json, re
from trees import *

only = sys.argv[1:]  # rows by name
NEW = 1600000000
ROWS = []


class Folder:
    """An extracted folder and the changes that people make in it."""
    def __init__(self, d, place, tree):
        self.d, self.place, self.inside, self.mtree, self.tree = d, place, d / f"{place}.in", d / f"{place}.mtree", tree

    def path(self, path):
        return self.inside / path

    def write(self, path, data, mode=0o644, time=NEW):
        """A new file, or other content in the one that is there."""
        p = self.path(path)
        fresh = not os.path.lexists(p)
        p.write_bytes(data)
        if fresh:
            p.chmod(mode)
            os.utime(p, (time, time))
        return p

    def mkdir(self, path, mode=0o755, time=NEW):
        self.path(path).mkdir(mode=mode)
        self.path(path).chmod(mode)
        self.date(path, time)

    def date(self, path, time=NEW):
        os.utime(self.path(path), (time, time), follow_symlinks=False)

    def symlink(self, path, target, time=NEW):
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        os.symlink(target, self.path(path))
        self.date(path, time)

    def remove(self, path):
        p = self.path(path)
        shutil.rmtree(p) if p.is_dir() and not p.is_symlink() else p.unlink()

    def rename(self, a, b):
        os.rename(self.path(a), self.path(b))

    def lines(self, change):
        """change: path → the line or None; of each line."""
        out = []
        for line in self.mtree.read_text().splitlines():
            name = line.split(" ")[0]
            new = line if line.startswith("#") else change("" if name == "." else name[2:], line)
            out += [new] if new is not None else []
        self.mtree.write_text("\n".join(out) + "\n")

    def drop(self, *paths):
        self.lines(lambda p, line: None if p in paths else line)

    def set(self, path, **keys):
        def change(p, line):
            if p != path:
                return line
            for k, v in keys.items():
                line = re.sub(rf" {k}=\S+", lambda _, k=k, v=v: f" {k}={v}", line)
            return line
        before = self.mtree.read_text()
        self.lines(change)
        assert before != self.mtree.read_text(), (path, keys)

    def add(self, line):
        self.mtree.write_text(self.mtree.read_text() + line + "\n")


def new(f, path, **more):
    """What a new file of the host is in the image."""
    st = os.lstat(f.path(path))
    kind = NAMES[st.st_mode & 0o170000]
    data = f.path(path).read_bytes() if kind == "file" else b""
    target = os.readlink(f.path(path)) if kind == "symlink" else ""
    return Node(kind, st.st_mode & 0o7777, 0, 0, int(st.st_mtime), data, target, **more)


def row(name, needs="", code=0, says=(), refuse=None, same=False, moved=()):
    """needs: what the format must hold. says: in the plan's warnings. refuse: exit 3, and why. same: the image does not change. moved: pairs old, new."""
    def add(f):
        ROWS.append((name, set(needs.split()), code, says, refuse, same, dict(moved), f))
        return f
    return add


# ---- a file's bytes changed: new content; mode, owner, links, time stay those of its line
def content(name, path, data):
    @row(f"content {name}")
    def _(f, t, P):
        data_ = data(t[path].data)
        f.write(path, data_)
        group = t[path].group
        for p, n in t.items():
            if p == path or (group is not None and n.group == group):
                n.data = data_
        return "--replace", P + path, f.path(path)


content("shorter", "etc/passwd", lambda d: d[:5])
content("equal", "etc/passwd", lambda d: d[::-1])
content("longer by one", "etc/passwd", lambda d: d + b"\n")
content("longer", "etc/passwd", lambda d: d * 3000)
content("empty", "etc/passwd", lambda d: b"")
content("of an empty one", "etc/fstab", lambda d: b"proc /proc proc\n")
content("executable", "bin/run", lambda d: b"#!/bin/sh\nexec other\n" * 9)
content("the last one", "usr/lib/libc", lambda d: bytes(65536))
content("that has NULs and zeros at its end", "etc/shadow", lambda d: bytes(5000))


@row("content of two swapped is no rename")
def _(f, t, P):
    a, b = t["etc/passwd"].data, t["etc/shadow"].data
    f.write("etc/passwd", b), f.write("etc/shadow", a)
    t["etc/passwd"].data, t["etc/shadow"].data = b, a
    return "--replace", P + "etc/passwd", f.path("etc/passwd"), "--replace", P + "etc/shadow", f.path("etc/shadow")


@row("content by a new file in its place")
def _(f, t, P):
    f.path("bin/run").unlink()
    f.write("bin/run", b"new\n", mode=0o755)
    t["bin/run"].data = b"new\n"
    return "--replace", P + "bin/run", f.path("bin/run")


# ---- gone: removed with all under it; its lines are ignored and the plan says so
def gone(name, *paths, says="ignored"):
    @row(f"gone: {name}", says=(says,))
    def _(f, t, P):
        ops = []
        for p in paths:
            f.remove(p), without(t, p)
            ops += ["--remove", P + p]
        return ops


gone("file", "etc/passwd")
gone("empty file", "etc/fstab")
gone("symlink", "bin/ls")
gone("symlink out of the image", "etc/out")
gone("empty folder", "empty")
gone("folder", "etc")
gone("folder of devices only", "dev")
gone("folder with devices and folders", "usr")
gone("folder of devices within another", "usr/dev", says="(first: usr/dev)")
gone("all of one content", "twin1", "twin2")
gone("everything but one", "bin", "dev", "empty", "etc", "twin1", "usr")


@row("gone: one of them, the plan names its line", says=("1 line stands", "etc/passwd"))
def _(f, t, P):
    f.remove("etc/passwd"), without(t, "etc/passwd")
    return "--remove", P + "etc/passwd"


@row("gone: file and line, nothing to say", says=None)
def _(f, t, P):
    f.remove("etc/passwd"), f.drop("etc/passwd"), without(t, "etc/passwd")
    return "--remove", P + "etc/passwd"


@row("gone: folder, all its lines too", says=None)
def _(f, t, P):
    f.remove("usr"), f.lines(lambda p, line: None if p.split("/")[0] == "usr" else line), without(t, "usr")
    return "--remove", P + "usr"


# ---- a line gone, the file still there
for path in ("etc/passwd", "etc", "bin/ls", "empty", "usr/bin/su2"):
    @row(f"line gone, there: {path}", refuse=f"{path}, which is there: remove both")
    def _(f, t, P, path=path):
        f.drop(path)


# ---- a line without file
for path in ("dev/console", "dev/sda", "dev/initctl", "dev/log", "usr/dev/deep/mtd"):
    @row(f"line gone: {path}", says=None)
    def _(f, t, P, path=path):
        f.drop(path), without(t, path)
        return "--remove", P + path


@row("all lines of devices gone, their folder stays", "devices fifos sockets", says=None)
def _(f, t, P):
    paths = ("dev/console", "dev/sda", "dev/initctl", "dev/log")
    f.drop(*paths)
    for p in paths:
        without(t, p)
    return [w for p in paths for w in ("--remove", P + p)]


for kind, rdev in (("char", (4, 64)), ("block", (31, 0))):
    @row(f"new line: {kind}", "devices", says=None)
    def _(f, t, P, kind=kind, rdev=rdev):
        f.add(f"./dev/made type={kind} mode=0642 uid=7 gid=8 time={NEW}.0 device=native,{rdev[0]},{rdev[1]}")
        t["dev/made"] = Node(kind, 0o642, 7, 8, NEW, rdev=rdev)
        ops = ["--mknod", P + "dev/made", kind[0], *map(str, rdev)]
        if "mode" in f.holds:
            ops += ["--chmod", P + "dev/made", "0642", "--chown", P + "dev/made", "7:8"]
        return ops + (["--touch", P + "dev/made", NEW] if "mtime" in f.holds else [])


@row("new line: device,5,1 without a word before", "devices")
def _(f, t, P):
    f.add("./dev/made type=char mode=0600 uid=0 gid=0 time=5.0 device=5,2")
    t["dev/made"] = Node("char", 0o600, 0, 0, 5, rdev=(5, 2))


for kind in ("fifo", "socket"):
    @row(f"new line: {kind}", kind + "s")
    def _(f, t, P, kind=kind):
        f.add(f"./etc/made type={kind} mode=0600 uid=1 gid=2 time={NEW}.0")
        t["etc/made"] = Node(kind, 0o600, 1, 2, NEW)


@row("new line in a folder that is new on the host", "devices")
def _(f, t, P):
    f.mkdir("node")
    f.add(f"./node/null type=char mode=0666 uid=0 gid=0 time={NEW}.0 device=native,1,3")
    t["node"] = new(f, "node")
    t["node/null"] = Node("char", 0o666, 0, 0, NEW, rdev=(1, 3))


@row("new line in a folder that there is not", refuse="nowhere")
def _(f, t, P):
    f.add("./nowhere/null type=char mode=0666 device=native,1,3")


@row("new line of a file without that file", refuse="there is no such file")
def _(f, t, P):
    f.add("./etc/made type=file mode=0644 uid=0 gid=0 time=1.0")


@row("a line twice", refuse="etc/passwd")
def _(f, t, P):
    f.add("./etc/passwd type=file mode=0600 uid=0 gid=0 time=1.0")


@row("a new line twice", refuse="twice")
def _(f, t, P):
    f.add("./dev/made type=fifo mode=0600\n./dev/made type=fifo mode=0666")


for line, why in (("./a", "type="), ("a type=fifo", "./"), ("./a type=fifo mode=9", "mode"), ("./a type=fifo uid=x", "32 bits"), ("./a type=char device=1", "MAJOR"), ("./a type=fifo sort=2", "keyword"),
                  ("./a\\9 type=fifo", "./"), ("./../a type=fifo", "no name"), ("./a//b type=fifo", ""), ("./. type=dir", ""), ("./a type=dir/../fifo", "kind"), ("./etc/passwd/x type=fifo", "no folder")):
    @row(f"a line that is none: {line}", refuse=why)
    def _(f, t, P, line=line):
        f.add(line)


@row("lines of other tools: comments, empty ones, /set, joined lines, CR, an own order", "mode owner", same=True, says=None)
def _(f, t, P):
    lines = [l for l in f.mtree.read_text().splitlines() if not l.startswith("#")]
    lines = [re.sub(r" uid=0\b", "", l).replace(" type=file", "\t\\\n   type=file size=5 uname=root sha256digest=00") for l in reversed(lines)]
    f.mtree.write_text("#mtree\r\n\r\n/set uid=0\r\n" + "\r\n".join(lines).replace("\\\n", "\\\r\n") + "\r\n")


@row("a line's owner, mode and time", "mode owner")
def _(f, t, P):
    f.set("etc/passwd", mode="4711", uid=70, gid=80), f.set("etc", mode="0700"), f.set("bin/ls", uid=5), f.set("", mode="0700", uid=9, gid=9)
    n = t["etc/passwd"]
    n.mode, n.uid, n.gid, t["etc"].mode, t["bin/ls"].uid = 0o4711, 70, 80, 0o700, 5
    n = t[""]
    n.mode, n.uid, n.gid = 0o700, 9, 9
    return "--chmod", P + "etc/passwd", "4711", "--chown", P + "etc/passwd", "70:80", "--chmod", P + "etc", "0700", "--chown", P + "bin/ls", "5:0", "--chmod", P[:-1], "0700", "--chown", P[:-1], "9:9"


@row("a line's time", "mtime")
def _(f, t, P):
    f.set("etc/passwd", time="1234567.0"), f.set("usr/bin", time="0.0"), f.set("", time="4000000000.5"), f.set("dev/console", time="7")
    t["etc/passwd"].mtime, t["usr/bin"].mtime, t[""].mtime, t["dev/console"].mtime = 1234567, 0, 4000000000, 7
    return "--touch", P + "etc/passwd", "1970-01-15T06:56:07", "--touch", P + "usr/bin", "1970-01-01", "--touch", P[:-1], 4000000000, "--touch", P + "dev/console", 7


@row("a line's keys gone: as it was", same=True, says=None)
def _(f, t, P):
    f.lines(lambda p, line: re.sub(r" (mode|uid|gid|time)=\S+", "", line))


@row("a device's numbers and kind", "devices")
def _(f, t, P):
    f.set("dev/console", device="native,4,3"), f.set("dev/sda", type="char")
    t["dev/console"].rdev, t["dev/sda"].type = (4, 3), "char"


@row("a file can't become a folder by its line", refuse="can't become")
def _(f, t, P):
    f.set("etc/passwd", type="dir")


for key, value, what in (("mode", "0600", "mode"), ("uid", "5", "owner"), ("time", "5.0", "mtime")):
    @row(f"what the format does not hold: {key}", f"-{what}", refuse="this format holds no")
    def _(f, t, P, key=key, value=value):
        f.lines(lambda p, line: line + f" {key}={value}" if p == "etc/passwd" else line)
    @row(f"edit of what the format does not hold: {key}", f"-{what}", refuse="this format holds no")
    def _(f, t, P, key=key, value=value):
        f.edit_only = True
        return {"mode": ("--chmod", P + "etc/passwd", "0600"), "uid": ("--chown", P + "etc/passwd", "5:5"), "time": ("--touch", P + "etc/passwd", "5")}[key]


@row("an xattr where there are none", refuse="attributes")
def _(f, t, P):
    f.lines(lambda p, line: line + " xattr.user.a=YQ==" if p == "etc/passwd" else line)
    return "--xattr", P + "etc/passwd", "user.a=YQ=="


for path, mode in (("etc/passwd", "0755"), ("bin/run", "0644"), ("etc", "0644"), ("bin/sh", "0644")):
    @row(f"a line's x bit: {path}", "executable", says=None)
    def _(f, t, P, path=path, mode=mode):
        f.lines(lambda p, line: re.sub(r"mode=\d+", "mode=" + mode, line) if p in (links_of(t).get(path) or (path,)) else line)
        for p in links_of(t).get(path) or (path,):
            t[p].mode = int(mode, 8)
        return "--chmod", P + path, mode


# ---- a symlink changed
@row("symlink: on the host")
def _(f, t, P):
    f.symlink("bin/ls", "run"), f.symlink("etc/abs", "../../usr")
    t["bin/ls"].target, t["etc/abs"].target = "run", "../../usr"


@row("symlink: in its line")
def _(f, t, P):
    f.set("bin/ls", link="a\\040longer\\040target")
    t["bin/ls"].target = "a longer target"


@row("symlink: both the same")
def _(f, t, P):
    f.symlink("bin/ls", "run"), f.set("bin/ls", link="run")
    t["bin/ls"].target = "run"


@row("symlink: both, and not the same", refuse="both changed")
def _(f, t, P):
    f.symlink("bin/ls", "run"), f.set("bin/ls", link="tool2")


@row("symlink: a file with its target, as git writes it where there are no links", same=True, says=None)
def _(f, t, P):
    f.remove("bin/ls"), f.write("bin/ls", b"tool")


@row("symlink: its target is changed where it is a file")
def _(f, t, P):
    f.remove("bin/ls"), f.write("bin/ls", b"another file\n")
    without(t, "bin/ls")
    t["bin/ls"] = new(f, "bin/ls")
    return "--remove", P + "bin/ls", "--add", P + "bin/ls", f.path("bin/ls")


@row("symlink: its time is no change", same=True, says=None)
def _(f, t, P):
    f.symlink("bin/ls", "tool")


# ---- a new file
@row("new: file")
def _(f, t, P):
    f.write("etc/new", b"new\n", 0o640)
    t["etc/new"] = new(f, "etc/new")
    return "--add", P + "etc/new", f.path("etc/new")


@row("new: files of all kinds of modes, an empty one, at the root")
def _(f, t, P):
    ops = []
    for name, data, mode in (("a", b"", 0o600), ("b", b"x" * 10000, 0o755), ("zz", b"\0", 0o4711)):
        f.write(name, data, mode)
        t[name] = new(f, name)
        ops += ["--add", P + name, f.path(name)]
    return ops


@row("new: of the content of one that is there", says=None)
def _(f, t, P):
    f.write("etc/passwd-", t["etc/passwd"].data, 0o600)
    t["etc/passwd-"] = new(f, "etc/passwd-")
    return "--add", P + "etc/passwd-", f.path("etc/passwd-")


@row("new: file with a line", "mode owner")
def _(f, t, P):
    f.write("etc/new", b"new\n", 0o640)
    f.add("./etc/new type=file mode=4755 uid=33 gid=44 time=99.0")
    t["etc/new"] = Node("file", 0o4755, 33, 44, 99, b"new\n")
    return ["--add", P + "etc/new", f.path("etc/new"), "--chmod", P + "etc/new", "4755", "--chown", P + "etc/new", "33:44"] + (["--touch", P + "etc/new", "99"] if "mtime" in f.holds else [])


@row("new: file with a line of another kind", refuse="type")
def _(f, t, P):
    f.write("etc/new", b"new\n")
    f.add("./etc/new type=dir mode=0755")


ROWS[-1] = (*ROWS[-1][:4], "is a dir by its line and a file", *ROWS[-1][5:])


@row("new: symlink", "symlinks")
def _(f, t, P):
    f.symlink("etc/new", "../bin/run", time=t["etc"].mtime)
    t["etc/new"] = new(f, "etc/new")
    return "--symlink", P + "etc/new", "../bin/run"


@row("new: symlink with a line", "symlinks")
def _(f, t, P):
    f.symlink("etc/new", "x")
    f.add("./etc/new type=link mode=0777 uid=4 gid=5 time=3.0 link=x")
    t["etc/new"] = Node("symlink", 0o777, 4, 5, 3, target="x")


@row("new: symlink with a line of another target", "symlinks", refuse="different targets")
def _(f, t, P):
    f.symlink("etc/new", "x")
    f.add("./etc/new type=link link=y")


@row("new: symlink by its line alone", "symlinks")
def _(f, t, P):
    f.add(f"./etc/new type=symlink mode=0777 uid=0 gid=0 time={t['etc'].mtime}.0 link=nowhere")
    t["etc/new"] = Node("symlink", 0o777, 0, 0, t["etc"].mtime, target="nowhere")
    return "--symlink", P + "etc/new", "nowhere"


@row("new: empty folder")
def _(f, t, P):
    f.mkdir("etc/new", time=t["etc"].mtime)
    t["etc/new"] = new(f, "etc/new")
    return "--mkdir", P + "etc/new"


@row("new: folders with content", "symlinks fifos")
def _(f, t, P):
    f.mkdir("opt"), f.mkdir("opt/app", 0o700), f.mkdir("opt/app/deep")
    f.write("opt/app/run", b"#!/bin/sh\n", 0o755), f.write("opt/app/deep/data", bytes(9999)), f.symlink("opt/app/link", "../../etc"), f.write("opt/app.conf", b"x")
    os.mkfifo(f.path("opt/pipe"), 0o600)
    for p in ("opt/app/deep", "opt/app", "opt", "opt/pipe"):
        f.date(p)
    for p in ("opt", "opt/app", "opt/app/run", "opt/app/deep", "opt/app/deep/data", "opt/app/link", "opt/app.conf", "opt/pipe"):
        t[p] = new(f, p)
    return "--add", P + "opt", f.path("opt")


@row("new: a file where a folder was", says=("ignored",))
def _(f, t, P):
    f.remove("etc/init.d"), f.write("etc/init.d", b"a file now\n")
    without(t, "etc/init.d")
    t["etc/init.d"] = new(f, "etc/init.d")
    return "--remove", P + "etc/init.d", "--add", P + "etc/init.d", f.path("etc/init.d")


@row("new: a folder where a file was", says=("ignored",))
def _(f, t, P):
    f.remove("etc/passwd"), f.mkdir("etc/passwd"), f.write("etc/passwd/x", b"x"), f.date("etc/passwd")
    without(t, "etc/passwd")
    t["etc/passwd"], t["etc/passwd/x"] = new(f, "etc/passwd"), new(f, "etc/passwd/x")
    return "--remove", P + "etc/passwd", "--add", P + "etc/passwd", f.path("etc/passwd")


@row("new: a link to a folder of the host where a folder was is not followed", says=("ignored",))
def _(f, t, P):
    elsewhere = work / "elsewhere"
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()
    (elsewhere / "init.d").mkdir()
    (elsewhere / "passwd").write_bytes(b"not ours\n")
    f.remove("etc"), f.symlink("etc", str(elsewhere))
    without(t, "etc")
    t["etc"] = new(f, "etc")


@row("new: a link to a file of the host where a file was is not followed")
def _(f, t, P):
    elsewhere = work / "elsewhere.txt"
    elsewhere.write_bytes(b"not ours\n")
    f.remove("etc/passwd"), f.symlink("etc/passwd", str(elsewhere))
    without(t, "etc/passwd")
    t["etc/passwd"] = new(f, "etc/passwd")


# ---- a file renamed: its line inherited
def move(name, old, to, moved=None):
    @row(f"renamed: {name}", moved=[(old, to)], says=None)
    def _(f, t, P):
        f.rename(old, to), renamed(t, old, to)
        return "--rename", P + old, P + to


move("file", "etc/passwd", "etc/users")
move("file with an owner of its own", "etc/shadow", "etc/a")
move("executable", "bin/run", "bin/start")
move("set-id file, one of three links", "bin/sh", "bin/zsh")
move("into an earlier folder", "etc/passwd", "bin/passwd")
move("into a later folder", "etc/passwd", "usr/share/passwd")
move("to the root", "etc/init.d/rcS", "rc")
move("symlink", "bin/ls", "bin/dir")
move("symlink out of the image", "etc/out", "away")
move("one letter's case", "etc/passwd", "etc/Passwd")
move("folder", "etc", "conf")
move("folder with owners, devices, set-id files, links and folders", "usr", "opt")
move("folder within it", "usr/bin", "usr/sbin")
move("folder with nothing but devices within it", "usr/dev", "usr/nodes")
move("folder of devices", "dev", "devices")
move("empty folder", "empty", "void")
move("empty folder into another", "empty", "etc/empty")
move("folder into another one", "usr", "etc/usr")
move("folder with folders to the root", "etc/init.d", "rc.d")


@row("renamed: one of two with one content", moved=[("twin1", "etc/twin")])
def _(f, t, P):
    f.rename("twin1", "etc/twin"), renamed(t, "twin1", "etc/twin")
    return "--rename", P + "twin1", P + "etc/twin"


@row("renamed: two with one content are no guess", says=("ignored",))
def _(f, t, P):
    f.rename("twin1", "one"), f.rename("twin2", "two"), f.date("one"), f.date("two")
    without(t, "twin1"), without(t, "twin2")
    t["one"], t["two"] = new(f, "one"), new(f, "two")
    return "--remove", P + "twin1", "--remove", P + "twin2", "--add", P + "one", f.path("one"), "--add", P + "two", f.path("two")


@row("renamed: two of one content gone, one such new: no guess", says=("ignored",))
def _(f, t, P):
    f.rename("twin1", "one"), f.remove("twin2"), f.date("one")
    without(t, "twin1"), without(t, "twin2")
    t["one"] = new(f, "one")
    return "--remove", P + "twin1", "--remove", P + "twin2", "--add", P + "one", f.path("one")


@row("renamed: and its content changed: another file", says=("ignored",))
def _(f, t, P):
    f.rename("etc/passwd", "etc/users"), f.write("etc/users", b"changed\n"), f.date("etc/users")
    without(t, "etc/passwd")
    t["etc/users"] = new(f, "etc/users")
    return "--remove", P + "etc/passwd", "--add", P + "etc/users", f.path("etc/users")


@row("renamed: with its line")
def _(f, t, P):
    f.rename("etc/shadow", "etc/users"), f.lines(lambda p, line: line.replace("./etc/shadow ", "./etc/users "))
    renamed(t, "etc/shadow", "etc/users")
    return "--rename", P + "etc/shadow", P + "etc/users"


@row("renamed: a line written for it wins", "mode owner")
def _(f, t, P):
    f.rename("etc/shadow", "etc/users"), f.add("./etc/users type=file mode=0604 uid=1 gid=2" + (" time=88.0" if "mtime" in f.holds else ""))
    renamed(t, "etc/shadow", "etc/users")
    n = t["etc/users"]
    n.mode, n.uid, n.gid, n.mtime = 0o604, 1, 2, 88
    return ["--rename", P + "etc/shadow", P + "etc/users", "--chmod", P + "etc/users", "0604", "--chown", P + "etc/users", "1:2"] + (["--touch", P + "etc/users", "88"] if "mtime" in f.holds else [])


@row("renamed: into new folders")
def _(f, t, P):
    f.mkdir("a"), f.mkdir("a/b"), f.rename("etc/shadow", "a/b/shadow")
    f.date("a/b", t[""].mtime), f.date("a", t[""].mtime)
    renamed(t, "etc/shadow", "a/b/shadow")
    t["a"], t["a/b"] = new(f, "a"), new(f, "a/b")
    return "--mkdir", P + "a", "--mkdir", P + "a/b", "--rename", P + "etc/shadow", P + "a/b/shadow"


@row("renamed: a folder into a new one")
def _(f, t, P):
    f.mkdir("new"), f.rename("usr", "new/usr"), f.date("new", t[""].mtime)
    renamed(t, "usr", "new/usr")
    t["new"] = new(f, "new")
    return "--mkdir", P + "new", "--rename", P + "usr", P + "new/usr"


@row("renamed: a folder, one file in it changed")
def _(f, t, P):
    f.rename("usr", "opt"), f.write("opt/lib/libc", b"another libc\n")
    renamed(t, "usr", "opt")
    t["opt/lib/libc"].data = b"another libc\n"
    return "--rename", P + "usr", P + "opt", "--replace", P + "opt/lib/libc", f.path("opt/lib/libc")


@row("renamed: a folder, and a file in it")
def _(f, t, P):
    f.rename("usr", "opt"), f.write("opt/lib/extra", b"extra\n")
    renamed(t, "usr", "opt")
    t["opt/lib/extra"] = new(f, "opt/lib/extra")
    return "--rename", P + "usr", P + "opt", "--add", P + "opt/lib/extra", f.path("opt/lib/extra")


@row("renamed: a folder and the folder in it")
def _(f, t, P):
    f.rename("usr", "opt"), f.rename("opt/bin", "opt/sbin")
    renamed(t, "usr", "opt"), renamed(t, "opt/bin", "opt/sbin")


ROWS.pop()  # nobody says what that is: not all files of usr moved to one folder


@row("renamed: two folders swapped", refuse=None)
def _(f, t, P):
    f.rename("usr/lib", "x"), f.rename("etc/init.d", "usr/lib"), f.rename("x", "etc/init.d")


ROWS.pop()  # neither is gone: that is content of two folders changed


@row("renamed: not all of a folder: what is there is renamed, the folder is new, its devices are gone with it", says=("ignored",))
def _(f, t, P):
    f.rename("usr", "opt"), f.remove("opt/lib"), f.date("opt"), f.date("opt/bin"), f.date("opt/share"), f.date("opt/dev"), f.date("opt/dev/deep")
    for p in ("usr/bin/su", "usr/bin/su2", "usr/bin/vi"):
        renamed(t, p, p.replace("usr", "opt"))
    without(t, "usr")
    for p in ("opt", "opt/bin", "opt/share", "opt/dev", "opt/dev/deep"):
        t[p] = new(f, p)


ROWS.pop()  # usr/bin's files all moved, so usr/bin is renamed: see below


@row("renamed: not all of a folder: the folders within, all of whose files moved, are", says=("ignored",))
def _(f, t, P):
    f.rename("usr", "opt"), f.remove("opt/lib/libc"), f.write("opt/lib/other", b"other\n")
    f.remove("opt/dev"), f.remove("opt/share"), f.date("opt", t[""].mtime), f.date("opt/lib", t[""].mtime)
    renamed(t, "usr/bin", "opt/bin"), without(t, "usr")
    t["opt"], t["opt/lib"], t["opt/lib/other"] = new(f, "opt"), new(f, "opt/lib"), new(f, "opt/lib/other")


# ---- host's mode, owner, time changed
@row("host: one file's mode", code=1, same=True, says=("00000000.{id}.in/etc/passwd has", "modes are in 00000000.{id}.mtree"))
def _(f, t, P):
    f.path("etc/passwd").chmod(0o600)


@row("host: modes of many", code=1, same=True, says=("{first} and {more} more have", "modes are in 00000000.{id}.mtree"))
def _(f, t, P):
    paths = ("empty", "etc/passwd", "etc/shadow", "usr/lib", "bin/run")
    for p in paths:
        f.path(p).chmod(0o711 if f.path(p).is_dir() else 0o666)
    f.first = next(f"{f.place}.in/{p}" for p in f.order if p in paths)
    f.more = len(paths) - 1


@row("host: x bits are a warning too", code=1, same=True, says=("bin/run has", "modes are in"))
def _(f, t, P):
    f.path("bin/run").chmod(0o644)


@row("host: a mode, and a content", code=1, says=("etc/passwd has", "modes are in"))
def _(f, t, P):
    f.path("etc/passwd").chmod(0o755), f.write("etc/shadow", b"new\n")
    t["etc/shadow"].data = b"new\n"


@row("host: times", same=True, says=None)
def _(f, t, P):
    for p in sorted(f.inside.rglob("*"), reverse=True):
        os.utime(p, (1, 1), follow_symlinks=False)


@row("host: owners", same=True, says=None)
def _(f, t, P):
    if not os.getuid():
        for p in f.inside.rglob("*"):
            os.chown(p, 65534, 65534, follow_symlinks=False)


# ---- hard links
@row("links: all of them changed by one", "links")
def _(f, t, P):
    f.write("bin/sh", b"by one\n")
    for p in ("bin/tool", "bin/sh", "bin/ash"):
        t[p].data = b"by one\n"
    return "--replace", P + "bin/sh", f.path("bin/sh")


for path in ("bin/tool", "bin/sh", "bin/ash"):
    @row(f"links: one of them is another file of the host: {path}", "links")
    def _(f, t, P, path=path):
        f.path(path).unlink(), f.write(path, b"one alone\n", 0o755)
        for p in ("bin/tool", "bin/sh", "bin/ash"):
            t[p].data = b"one alone\n"
        return "--replace", P + path, f.path(path)


@row("links: two changed the same", "links")
def _(f, t, P):
    for p in ("bin/tool", "bin/ash"):
        f.path(p).unlink(), f.write(p, b"both\n", 0o755)
    for p in ("bin/tool", "bin/sh", "bin/ash"):
        t[p].data = b"both\n"
    return "--replace", P + "bin/ash", f.path("bin/ash")


@row("links: two changed differently", "links", refuse="changed differently")
def _(f, t, P):
    for p in ("bin/tool", "bin/ash"):
        f.path(p).unlink(), f.write(p, p.encode(), 0o755)


@row("links: lines changed differently", "links mode", refuse="changed differently")
def _(f, t, P):
    f.set("bin/tool", mode="0755"), f.set("bin/sh", mode="0700")


@row("links: one line changed", "links mode")
def _(f, t, P):
    f.set("bin/sh", mode="0700", uid=5, gid=5)
    for p in ("bin/tool", "bin/sh", "bin/ash"):
        t[p].mode, t[p].uid, t[p].gid = 0o700, 5, 5
    return "--chmod", P + "bin/sh", "0700", "--chown", P + "bin/sh", "5:5"


for path in ("bin/tool", "bin/sh", "bin/ash", "usr/bin/su", "usr/bin/su2"):
    @row(f"links: one removed: {path}", "links", says=("ignored",))
    def _(f, t, P, path=path):
        f.remove(path), without(t, path)
        return "--remove", P + path


@row("links: all removed", "links", says=("ignored",))
def _(f, t, P):
    for p in ("bin/tool", "bin/sh", "bin/ash"):
        f.remove(p), without(t, p)
    return "--remove", P + "bin/tool", "--remove", P + "bin/sh", "--remove", P + "bin/ash"


@row("links: one added to them", "links")
def _(f, t, P):
    os.link(f.path("bin/sh"), f.path("usr/bin/sh"))
    t["usr/bin/sh"] = copy.copy(t["bin/sh"])
    return "--link", P + "usr/bin/sh", P + "bin/sh"


@row("links: a file becomes one of two", "links")
def _(f, t, P):
    os.link(f.path("etc/shadow"), f.path("bin/shadow"))
    t["etc/shadow"].group = "shadow"
    t["bin/shadow"] = copy.copy(t["etc/shadow"])
    return "--link", P + "bin/shadow", P + "etc/shadow"


@row("links: two new ones of one file", "links")
def _(f, t, P):
    f.write("etc/n1", b"new\n"), os.link(f.path("etc/n1"), f.path("etc/n2"))
    t["etc/n1"], t["etc/n2"] = new(f, "etc/n1", group="n"), new(f, "etc/n2", group="n")
    return "--add", P + "etc/n1", f.path("etc/n1"), "--link", P + "etc/n2", P + "etc/n1"


@row("links: a folder that holds two of them added", "links")
def _(f, t, P):
    f.mkdir("opt"), f.write("opt/n1", b"new\n"), os.link(f.path("opt/n1"), f.path("opt/n2")), f.date("opt")
    t["opt"], t["opt/n1"], t["opt/n2"] = new(f, "opt"), new(f, "opt/n1", group="n"), new(f, "opt/n2", group="n")
    return "--add", P + "opt", f.path("opt")


@row("links: added, and all changed", "links")
def _(f, t, P):
    os.link(f.path("bin/sh"), f.path("usr/bin/sh")), f.write("bin/sh", b"new shell\n")
    t["usr/bin/sh"] = copy.copy(t["bin/sh"])
    for p in ("bin/tool", "bin/sh", "bin/ash", "usr/bin/sh"):
        t[p].data = b"new shell\n"
    return "--replace", P + "bin/sh", f.path("bin/sh"), "--link", P + "usr/bin/sh", P + "bin/sh"


@row("links: one renamed, the others stay", "links", moved=[("usr/bin/su2", "bin/su2")])
def _(f, t, P):
    f.rename("usr/bin/su2", "bin/su2"), renamed(t, "usr/bin/su2", "bin/su2")
    return "--rename", P + "usr/bin/su2", P + "bin/su2"


@row("links: all renamed", "links")
def _(f, t, P):
    for p in ("su", "su2"):
        f.rename(f"usr/bin/{p}", f"bin/{p}"), renamed(t, f"usr/bin/{p}", f"bin/{p}")
    return "--rename", P + "usr/bin/su", P + "bin/su", "--rename", P + "usr/bin/su2", P + "bin/su2"


@row("links: their copies are no change", "links", same=True, says=None)
def _(f, t, P):
    for p in ("bin/tool", "bin/sh", "bin/ash"):
        data = f.path(p).read_bytes()
        f.path(p).unlink(), f.write(p, data, 0o755)


@row("links: inode= can't be changed by a line", "links", refuse="inode=")
def _(f, t, P):
    f.set("bin/sh", inode=77)


@row("links: a host link where the format has none is a file", "-links")
def _(f, t, P):
    os.link(f.path("etc/shadow"), f.path("bin/shadow"))
    f.date("bin/shadow")
    t["bin/shadow"] = new(f, "bin/shadow")
    return "--add", P + "bin/shadow", f.path("bin/shadow")


@row("edit --link where the format has none", "-links", refuse="hard links")
def _(f, t, P):
    f.edit_only = True
    return "--link", P + "bin/shadow", P + "etc/shadow"


# ---- edit refuses what can't be
for name, ops, why in (("add over what is there", ["--add", "etc/passwd", __file__], "is there already"), ("mkdir over what is there", ["--mkdir", "etc"], "is there already"),
                       ("remove what is not there", ["--remove", "nothing"], "no such entry"), ("remove the root", ["--remove", ""], "can't be removed"), ("rename over", ["--rename", "etc/passwd", "etc/fstab"], "is there already"),
                       ("rename into itself", ["--rename", "etc", "etc/init.d/x"], "can't be moved"), ("rename what is not there", ["--rename", "nothing", "x"], "no such entry"), ("add below a file", ["--mkdir", "etc/passwd/x"], "nothing called"),
                       ("add where no folder is", ["--mkdir", "a/b"], "no folder"), ("replace a folder", ["--replace", "etc", __file__], ""), ("replace a link", ["--replace", "bin/ls", __file__], "no regular file"),
                       ("a name ..", ["--mkdir", "etc/.."], "no name"), ("chmod what is none", ["--chmod", "etc/passwd", "0999"], "no mode"), ("chown what is none", ["--chown", "etc/passwd", "root"], "UID:GID"),
                       ("touch what is none", ["--touch", "etc/passwd", "yesterday"], "no time"), ("mknod of another kind", ["--mknod", "etc/x", "p", "0", "0"], "c|b"), ("all or nothing", ["--remove", "etc/passwd", "--remove", "nothing"], "no such entry"),
                       ("link to a folder", ["--link", "etc/x", "bin"], "no regular file")):
    @row(f"edit: {name}", refuse=why)
    def _(f, t, P, ops=ops):
        f.edit_only = True
        return [P[:-1] + "/" + w if w and not w.startswith(("--", "/")) and not re.match(r"\d|root|yester|p$", w) else w or P[:-1] for w in ops]


@row("edit: several in order, each of what the one before made", says=None)
def _(f, t, P):
    f.edit_only = True
    extra = work / "extra"
    extra.write_bytes(b"extra\n")
    os.utime(extra, (NEW, NEW))
    t["a"] = Node("dir", 0o755, 0, 0, t[""].mtime)
    renamed(t, "etc/shadow", "a/shadow")
    renamed(t, "a", "b")
    t["b/extra"] = Node("file", 0o644, 0, 0, NEW, b"extra\n")
    without(t, "etc")
    return "--mkdir", P + "a", "--rename", P + "etc/shadow", P + "a/shadow", "--rename", P + "a", P + "b", "--add", P + "b/extra", extra, "--remove", P + "etc"


@row("edit: added and removed again", same=True, says=None)
def _(f, t, P):
    f.edit_only = True
    return "--add", P + "etc/x", __file__, "--mkdir", P + "y", "--remove", P + "y", "--remove", P + "etc/x"


@row("edit: renamed and back", same=True, says=None)
def _(f, t, P):
    f.edit_only = True
    return "--rename", P + "usr", P + "opt", "--rename", P + "opt", P + "usr"


def look(F, base, name, needs, code, says, refuse, same, moved, change):
    d, before, out = work / "d", F.can(base_tree()), work / "out.bin"
    shutil.rmtree(d, ignore_errors=True)
    image = work / "in.bin"
    run("extract", image, "-o", d)
    f = Folder(d, F.place, before)
    f.holds, f.order, f.edit_only = F.holds, F.order, False
    t = base_tree()
    P = f"/{F.place}/"
    edit = change(f, t, P)
    want = F.can(t)
    what = f"{F.name}: {name}"
    for o in work.glob("out*"):
        o.unlink()
    there = sorted(os.listdir(work))
    ways = [] if f.edit_only else [("repack", d)]
    ways += [("edit", image, *edit)] if edit else []
    if refuse is not None:
        for way in ways:
            for how in (("-o", out), ("--plan", "--json")) + ((("-o", out, "--rebuild-all"),) if way[0] == "repack" else ()):
                done = run(*way, *how, code=3)
                ok(f"{what}: {way[0]} {how[0]} says why", refuse in done.stderr.decode(), done.stderr.decode())
        ok(f"{what}: nothing was written", sorted(os.listdir(work)) == there, os.listdir(work))
        return
    says = [s.format(id=F.id, first=getattr(f, "first", ""), more=getattr(f, "more", "")) for s in says] if says is not None else None
    results = {}
    for way in ways:
        is_folder = way[0] == "repack"
        expected = code if is_folder else 0
        plan = json.loads(run(*way, "--plan", "--json", code=expected).stdout or "{}")
        ok(f"{what}: {way[0]} --plan writes nothing", sorted(os.listdir(work)) == there)
        done = run(*way, "-o", out, code=expected)
        if not ok(f"{what}: {way[0]} writes", out.exists(), done.stderr.decode()):
            return
        got = results[way[0]] = out.read_bytes()
        if is_folder:
            warnings = " / ".join(plan.get("warnings", []))
            for s in says or ():
                ok(f"{what}: the plan says: {s}", s in warnings, warnings)
                ok(f"{what}: repack says: {s}", s in done.stderr.decode(), done.stderr.decode())
            if says is None:
                ok(f"{what}: there is nothing to say", not warnings and not done.stderr, warnings, done.stderr.decode())
        planned = plan.get("changed", [])
        differ = [i for i in range(max(len(base), len(got))) if base[i:i + 1] != got[i:i + 1]]
        ok(f"{what}: {way[0]}: bytes changed are bytes planned", all(any(a <= i < a + n for a, n in planned) for i in differ), planned, differ[:3], differ[-3:])
        out.rename(work / f"{way[0]}.bin")
        if "plan" not in there:
            there = sorted(os.listdir(work))
    got = next(iter(results.values()))
    if len(results) == 2:
        ok(f"{what}: edit gives the same bytes", results["edit"] == got, first_difference(results["edit"], got))
    if not f.edit_only:
        checked = run("repack", d, "--check", code=max(code, got != base))
        ok(f"{what}: --check", (b"identical" in checked.stdout) == (got == base), checked.stdout)
        run("repack", d, "-o", out, "--rebuild-all", code=code)
        again = out.read_bytes() if out.exists() else b""
        ok(f"{what}: --rebuild-all gives the same bytes", again == got, first_difference(again, got))
    if same:
        ok(f"{what}: nothing changed", got == base, first_difference(got, base))
    try:
        read = F.read(got)
    except Exception as e:
        ok(f"{what}: it can be read", False, repr(e))
        return
    ok(f"{what}: the tree that is wanted", plain(want) == plain(read), difference(want, read))
    if not same:
        result = work / "edit.bin" if f.edit_only else work / "repack.bin"
        ok(f"{what}: ls agrees", second_opinion(result, F.place) == as_opinion(want))
        run("verify", result)
        shutil.rmtree(work / "d2", ignore_errors=True)
        run("extract", result, "-o", work / "d2")
        run("repack", work / "d2", "--check")
        run("repack", work / "d2", "--check", "--rebuild-all")
    if "order" in F.holds:
        order(what, F, base, got, before, read, moved)


def order(what, F, base, got, before, read, moved):
    """Of an archive: what stays is where it was, its bytes too; folders come before what lies in them."""
    for folder in (p.rpartition("/")[0] for p in read if p):
        at = list(read)
        ok(f"{what}: {folder} comes before what is in it", all(at.index(folder) < at.index(p) for p in read if p.rpartition("/")[0] == folder and p))
        break
    at = {p: i for i, p in enumerate(read)}
    ok(f"{what}: folders come before what is in them", all(at[p.rpartition("/")[0]] < i for p, i in at.items() if p))
    stays = [p for p in before if p in read and before[p].type == read[p].type]
    ok(f"{what}: what stays is in the order that it was", stays == [p for p in read if p in stays], [p for p in read if p in before])
    was, now, a, b = F.raw(base), F.raw(got), plain(before), plain(read)
    ok(f"{what}: untouched members keep their bytes", all(was[p] == now[p] for p in stays if a[p] == b[p]), [p for p in stays if a[p] == b[p] and was[p] != now[p]])
    # What is renamed stays at its place, unless its folder comes later.
    for old, to in moved.items():
        later = [p for p in before if p in read and list(before).index(p) > list(before).index(old) and not p.startswith(old + "/")]
        if at.get(to.rpartition("/")[0], 0) < min([at[p] for p in later], default=1 << 30):
            ok(f"{what}: {to} is at the place of {old}", all(at[to] < at[p] for p in later), list(read))


def first_difference(a, b):
    return f"first difference at {next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b))):#x}, sizes {len(a)} {len(b)}"


for F in formats():
    base = F.make(base_tree())
    (work / "in.bin").write_bytes(base)
    F.order = list(second_opinion(work / "in.bin", F.place))
    ok(f"{F.name}: the test's own reader sees what was made", plain(F.can(base_tree())) == plain(F.read(base)), difference(F.can(base_tree()), F.read(base)))
    done = 0
    for r in ROWS:
        needs = r[1]
        if only and not any(o in r[0] for o in only) or not all((n[1:] not in F.holds) if n.startswith("-") else n in F.holds for n in needs):
            continue
        look(F, base, *r)
        done += 1
    print(f"{F.name}: {done} rows, {len(wrong)} wrong so far", flush=True)
end()

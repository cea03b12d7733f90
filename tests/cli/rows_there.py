"""Rows of what is there: contents, removals, lines, symlinks."""
from rows import *


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
    @row(f"line gone: {path}", "sockets" if path == "dev/log" else "", says=None)
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


@row("an xattr", "xattrs", says=None)
def _(f, t, P):
    f.lines(lambda p, line: line + " xattr.user.a=YQ==" if p == "etc/passwd" else line)
    t["etc/passwd"].xattrs = {"user.a": b"a"}
    return "--xattr", P + "etc/passwd", "user.a=YQ=="


@row("an xattr where there are none", "-xattrs", refuse="attributes")
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

"""Rows of what is new, and of what has another name."""
from rows import *


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

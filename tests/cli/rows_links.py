"""Rows of the host's modes and of hard links, and what edit alone can say."""
from rows import *


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

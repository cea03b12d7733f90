#!/usr/bin/env python3
"""Edits of a squashfs, each by `edit` and by the folder: the same bytes, the tree that is wanted (read by a reader of the tests' own and by unsquashfs), and every file that
was not touched lies there in the bytes that it had. As an ordinary user too: nothing here needs root."""
import base64, json, os, random, re, shutil, subprocess, sys, tempfile
from pathlib import Path

os.environ.update(TZ="UTC", LC_ALL="C.UTF-8")
TOP, TOOL = Path(os.environ["SOURCE_DIR"]), os.path.abspath(os.environ["FIELDSTRIP"])
sys.path.insert(0, str(TOP / "tests" / "squashfs"))
from reader import Squashfs

os.umask(0o022)
WORK = Path(tempfile.mkdtemp())
T0 = 1528268827
count, wrong = 0, []


def ok(what, holds, *why):
    global count
    count += 1
    if not holds:
        wrong.append(what)
        print("FAIL ", what, *[str(w)[:500] for w in why], flush=True)
    return bool(holds)


def run(*words, code=0):
    done = subprocess.run([TOOL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=WORK)
    ok(f"{' '.join(map(str, words))}: exit {done.returncode}, not {code}", done.returncode == code, done.stderr.decode(errors="replace")[-400:])
    return done


def tree() -> dict:
    r = random.Random(7)
    words = [bytes(r.choices(b"abcdefghij", k=r.randint(3, 9))) for _ in range(400)]
    text = lambda n: b" ".join(r.choices(words, k=n // 4 + 9))[:n]
    out = {"bin/tool": text(300_000), "bin/other": text(70_000), "etc/passwd": b"root:x:0:0:root:/:/bin/sh\n", "etc/empty": b"", "etc/noise": r.randbytes(40_000),
           "lib/hole": bytes(262144) + b"end", "lib/twin": b"", "lib/exact": text(131072)}
    for i in range(40):
        out[f"etc/conf.d/c{i:02}"] = text(r.randint(30, 4000))
    out["lib/twin"] = out["bin/other"]
    out["etc/same"] = out["etc/conf.d/c03"]
    return out


FILES = tree()


def make(*options) -> bytes:
    top, out = WORK / "root", WORK / "made"
    shutil.rmtree(top, ignore_errors=True)
    out.unlink(missing_ok=True)
    for path, data in FILES.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(data)
    (top / "dev").mkdir()
    os.symlink("tool", top / "bin/link")
    os.link(top / "etc/passwd", top / "etc/passwd-")
    os.chmod(top / "bin/tool", 0o4755)
    try:
        os.setxattr(top / "bin/other", "user.a", b"one")
    except OSError:
        print("note: no attributes of users on this file system")
    for p in [top, *top.rglob("*")]:
        os.utime(p, (T0, T0), follow_symlinks=False)
    (WORK / "pseudo").write_text("dev/tty c 620 0 5 5 0\ndev/disk b 660 0 6 8 1\n")
    subprocess.run(["mksquashfs", top, out, "-noappend", "-no-progress", "-quiet", "-mkfs-time", str(T0), "-force-uid", "0", "-force-gid", "0", "-pf", WORK / "pseudo", *options],
                   check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes()


class Folder:
    def __init__(self, d):
        self.top, self.lines = d / "00000000.squashfs.in", d / "00000000.squashfs.mtree"

    def line(self, path, change=None, add=None):
        """Changes the words of a path's line by a function; None removes it."""
        rows, out = self.lines.read_text().split("\n"), []
        for row in rows:
            name = row.split(" ")[0].removeprefix("./")
            row = change(row) if name == path and change else row
            if row is not None:
                out.append(row)
        if add:
            out[len(out) - (out[-1] == ""):len(out) - (out[-1] == "")] = [add]
        self.lines.write_text("\n".join(out))


def put(path, data):
    def folder(f): (f.top / path).write_bytes(data)
    def model(m): [m.__setitem__(p, {**m[p], "data": data}) for p in twins(m, path)]
    return [("--replace", path, data)], folder, model, {path}


def twins(m, path):
    return [p for p in m if m[p].get("group") is not None and m[p].get("group") == m[path].get("group")] or [path]


NEW = {"uid": 0, "gid": 0, "xattrs": {}}


def add(path, data):
    def folder(f):
        (f.top / path).write_bytes(data)
        os.utime(f.top / path, (T0 + 5, T0 + 5))
    def model(m): m[path] = {"type": "file", "mode": 0o644, "mtime": T0 + 5, "data": data, **NEW}
    return [("--add", path, data)], folder, model, {path}


def remove(path):
    def folder(f):
        shutil.rmtree(f.top / path) if (f.top / path).is_dir() else (f.top / path).unlink()
        f.line(path, lambda row: None)
    def model(m): [m.pop(p) for p in list(m) if p == path or p.startswith(path + "/")]
    return [("--remove", path)], folder, model, set()


def rename(path, to):
    def folder(f): os.rename(f.top / path, f.top / to)
    def model(m): [m.__setitem__(to + p[len(path):], m.pop(p)) for p in list(m) if p == path or p.startswith(path + "/")]
    return [("--rename", path, to)], folder, model, set()


def meta(path, op, words, change):
    def folder(f): f.line(path, lambda row: re.sub(*words, row))
    def model(m): [change(m[p]) for p in twins(m, path)]
    return [op], folder, model, set()


def line(path, op, row, entry):
    def folder(f): f.line(path, add=row)
    def model(m): m[path] = {**NEW, **entry}
    return [op], folder, model, {path}


def link(path, to):
    def folder(f): os.link(f.top / to, f.top / path)
    def model(m): m[path] = m[to]
    return [("--link", path, to)], None, model, set()


def folder_in(path):
    def folder(f):
        for name, data in (("a", b"A" * 5000), ("b", b"")):
            (f.top / path).mkdir(exist_ok=True)
            (f.top / path / name).write_bytes(data)
            os.utime(f.top / path / name, (T0 + 5, T0 + 5))
        os.utime(f.top / path, (T0 + 5, T0 + 5))
    def model(m):
        m[path] = {"type": "dir", "mode": 0o755, "mtime": T0 + 5, **NEW}
        for name, data in (("a", b"A" * 5000), ("b", b"")):
            m[f"{path}/{name}"] = {"type": "file", "mode": 0o644, "mtime": T0 + 5, "data": data, **NEW}
    return [("--add", path, folder)], folder, model, {path + "/a", path + "/b"}


def edits():
    r = random.Random(3)
    big = FILES["bin/tool"]
    return {
        "shorter": put("bin/tool", big[:200_000]), "equal": put("bin/tool", big[:-9] + b"123456789"), "one longer": put("bin/tool", big + b"!"),
        "much longer": put("bin/tool", big + r.randbytes(300_000)), "empty": put("bin/tool", b""), "tail of a shared fragment": put("etc/conf.d/c05", b"changed\n"),
        "from nothing": put("etc/empty", b"no more\n"), "a hole filled": put("lib/hole", b"x" * 5 + bytes(262144)), "a twin": put("lib/twin", FILES["lib/twin"][:-1] + b"?"),
        "one of two links": put("etc/passwd", b"both\n"), "twin in a fragment": put("etc/same", b"other"), "back into the twin's": put("etc/noise", FILES["bin/other"]),
        "added": add("etc/new", b"new\n"), "added, large": add("etc/new", r.randbytes(200_000)), "added first": add("!first", b"1"), "removed": remove("etc/conf.d/c07"),
        "removed, large": remove("bin/tool"), "renamed": rename("etc/conf.d/c08", "etc/zzz"), "moved": rename("bin/other", "etc/other"), "folder renamed": rename("etc/conf.d", "lib/conf"),
        "folder removed": remove("etc/conf.d"), "folder added": folder_in("srv"),
        "chmod": meta("bin/other", ("--chmod", "bin/other", "4755"), ("mode=0644", "mode=4755"), lambda e: e.update(mode=0o4755)),
        "chown": meta("bin/other", ("--chown", "bin/other", "1000:70000"), ("uid=0 gid=0", "uid=1000 gid=70000"), lambda e: e.update(uid=1000, gid=70000)),
        "touch": meta("bin/other", ("--touch", "bin/other", T0 + 99), (r"time=\d+(\.0)?", f"time={T0 + 99}.0"), lambda e: e.update(mtime=T0 + 99)),
        "mknod": line("dev/null", ("--mknod", "dev/null", "c", "1", "3"), f"./dev/null type=char mode=0600 uid=0 gid=0 time={T0}.0 device=native,1,3", {"type": "char", "mode": 0o600, "mtime": T0, "rdev": (1, 3)}),
        "symlink": line("bin/sh", ("--symlink", "bin/sh", "tool"), None, {"type": "symlink", "mode": 0o777, "mtime": T0, "target": "tool"}),
        "hard link": link("lib/tool", "bin/tool"),
        "xattr": meta("bin/tool", ("--xattr", "bin/tool", "user.b=" + base64.b64encode(b"two" * 9).decode()), (r"$", " xattr.user.b=" + base64.b64encode(b"two" * 9).decode()),
                      lambda e: e.update(xattrs={**e["xattrs"], "user.b": b"two" * 9})),
    }


def model_of(s: Squashfs) -> dict:
    out, groups = {}, {}
    for path, e in s.entries.items():
        m = {"type": e.type, "mode": e.mode, "uid": e.uid, "gid": e.gid, "mtime": e.mtime, "xattrs": dict(e.xattrs)}
        if e.type == "file":
            m["data"] = s.content(path)
            if e.nlink > 1:
                m["group"] = groups.setdefault(e.number, len(groups))
        if e.type == "symlink":
            m["target"] = e.target
        if e.type in ("char", "block"):
            m["rdev"] = e.rdev
        out[path] = m
    return out


def plain(m: dict) -> dict:
    """Links by the names that they have in common."""
    return {p: {k: v for k, v in e.items() if k != "group"} for p, e in m.items()}


def lls(path) -> dict:
    """What unsquashfs lists: kind and mode, owner, size or device, target."""
    out = {}
    text = subprocess.run(["unsquashfs", "-lln", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "surrogateescape")
    for row in text.split("\n"):
        m = re.match(r"(\S{10}) (\d+)/(\d+)\s+(\d+(?:,\s*\d+)?) (\S+ \S+) squashfs-root(?:/(.*?))?(?: -> (.*))?$", row)
        if m:
            out[m[6] or ""] = (m[1], int(m[2]), int(m[3]), m[4].replace(" ", "") if m[1][0] != "d" else "", m[7] or "")
    return out


def ours(path) -> dict:
    out = {}
    for e in json.loads(run("ls", "-R", "--json", f"{path}:/0000").stdout)["entries"]:
        mode, letters = int(e["mode"], 8), "-dlcbps"[["file", "dir", "symlink", "char", "block", "fifo", "socket"].index(e["type"])]
        for shift, special, both in ((6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")):
            three = "".join("rwx"[i] if mode >> shift & 4 >> i else "-" for i in range(3))
            if mode & special:
                three = three[:2] + (both if three[2] == "x" else both.upper())
            letters += three
        size = ",".join(map(str, e["rdev"])) if "rdev" in e else "" if e["type"] == "dir" else str(len(e["target"].encode()) if "target" in e else e.get("size", 0))
        out[e["path"]] = (letters, e["uid"], e["gid"], size, e.get("target", ""))
    return out


def look(name, image, base, before, ops, change, model, touched):
    want = {p: dict(e) for p, e in before.items()}
    model(want)
    words = []
    for op, *rest in ops:
        rest = [f"/00000000.squashfs/{rest[0]}", *rest[1:]]
        if op in ("--replace", "--add"):
            source = WORK / "source"
            shutil.rmtree(source, ignore_errors=True) if source.is_dir() else source.unlink(missing_ok=True)
            if callable(rest[1]):
                fake = type("F", (), {"top": WORK / "fake"})
                shutil.rmtree(fake.top, ignore_errors=True)
                fake.top.mkdir()
                rest[1](fake)
                shutil.move(fake.top / ops[0][1], source)
            else:
                source.write_bytes(rest[1])
                os.utime(source, (T0 + 5, T0 + 5))
            rest[1] = source
        if op in ("--link", "--rename"):
            rest[1] = f"/00000000.squashfs/{rest[1]}"
        words += [op, *rest]
    out, other = WORK / "edited", WORK / "repacked"
    for p in (out, other):
        p.unlink(missing_ok=True)
    run("edit", image, *words, "-o", out, "--resize")
    if not ok(f"{name}: written", out.exists()):
        return
    got = out.read_bytes()
    if change:
        d = WORK / "d"
        shutil.rmtree(d, ignore_errors=True)
        run("extract", image, "-o", d)
        f = Folder(d)
        if name.endswith(": symlink"):
            os.symlink("tool", f.top / "bin/sh")
            os.utime(f.top / "bin/sh", (T0, T0), follow_symlinks=False)
        else:
            change(f)
        done = subprocess.run([TOOL, "repack", d, "-o", other, "--resize"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ok(f"{name}: repack", done.returncode in (0, 1) and other.exists(), done.stderr.decode())
        if other.exists():
            again = other.read_bytes()
            ok(f"{name}: the folder gives the same bytes", again == got, f"{len(again)} for {len(got)}")
    try:
        s = Squashfs(got).check()
    except Exception as e:
        ok(f"{name}: it can be read", False, repr(e))
        return
    is_now = model_of(s)
    ok(f"{name}: the tree that is wanted", plain(is_now) == plain(want), [p for p in {**is_now, **want} if plain(is_now).get(p) != plain(want).get(p)])
    ok(f"{name}: unsquashfs lists the same", lls(out) == ours(out), {p: (lls(out).get(p), ours(out).get(p)) for p in lls(out) if lls(out).get(p) != ours(out).get(p)})
    was = Squashfs(base)
    moved = {id(want[p]): p for p in want}  # an entry's name now
    for path, e in before.items():
        if e["type"] != "file" or path in touched or any(p in touched for p in twins(before, path)):
            continue
        now = [p for p in want if want[p].get("data") == e["data"] and want[p].get("mtime") == e["mtime"] and is_now.get(p, {}).get("data") == e["data"] and p.rpartition("/")[2] == path.rpartition("/")[2]]
        if path in want:
            now = [path]
        for p in now:
            ok(f"{name}: {path} lies in the bytes that it had", s.encoded(p) == was.encoded(path), s.encoded(p), was.encoded(path))
    extracted = WORK / "unsquashed"
    shutil.rmtree(extracted, ignore_errors=True)
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-no-xattrs", "-ignore-errors", "-d", extracted, out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for path, e in want.items():
        if e["type"] == "file":
            ok(f"{name}: unsquashfs gives {path}", (extracted / path).is_file() and (os.access(extracted / path, os.R_OK) is False or (extracted / path).read_bytes() == e["data"]))
    run("verify", out)
    if name.split(": ")[1] in ("tail of a shared fragment", "one of two links", "chmod", "renamed"):
        differ = sum(a != b for a, b in zip(base, got)) + abs(len(base) - len(got))
        ok(f"{name}: few bytes differ", differ < max(len(base) // 100, 6000), differ, len(base))


def main():
    for tool in ("mksquashfs", "unsquashfs"):
        if not shutil.which(tool):
            print(f"SKIPPED: no {tool}")
            sys.exit(77)
    only = sys.argv[1:]
    for options in (("-comp", "gzip"), ("-comp", "xz", "-b", "64K", "-always-use-fragments"), ("-comp", "gzip", "-b", "16K", "-no-fragments", "-no-duplicates", "-nopad", "-no-exports"),
                    ("-comp", "xz", "-Xbcj", "arm", "-noI", "-no-xattrs")):
        base = make(*options)
        image = WORK / "in"
        image.write_bytes(base)
        before = model_of(Squashfs(base).check())
        for name, (ops, change, model, touched) in edits().items():
            if not only or name in only:
                look(f"{' '.join(options)}: {name}", image, base, before, ops, change, model, touched)
    shutil.rmtree(WORK, ignore_errors=True)
    print(f"{count - len(wrong)} of {count} hold")
    sys.exit(bool(wrong))


main()

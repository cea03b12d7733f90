#!/usr/bin/env python3
"""A folder is input too: it may come from elsewhere. Whatever its manifest, its links and its names say, repack reads nothing outside of it (no byte of a file
beside it comes into an image) and writes nothing but its output: links in the place of files and folders that extract wrote, manifests whose names lead out by
`..`, by an absolute path or through a link of the image's own, an image name with `/` in it.
FIELDSTRIP_FOLDERS=all: each folder by each way to repack it (default: those with another place, and a sample; plainly and by --rebuild-all)."""
import json, os, random, shutil, subprocess, sys, tempfile
from pathlib import Path
from trust import ENV, TOOL, Camera, Said, look

ALL = os.environ.get("FIELDSTRIP_FOLDERS") == "all"
WAYS = ([], ["--rebuild-all"], ["--check"], ["--plan"], ["--rebuild-all", "--check"])
ok, runs = Said(), 0
SECRET = b"a secret that lies beside the folder\n"


def link(name, to):
    """In the place of what extract wrote."""
    def change(folder):
        p = folder / name
        shutil.rmtree(p) if p.is_dir() else p.unlink()
        p.symlink_to(to)
    return change


def gone(name):
    return lambda folder: shutil.rmtree(folder / name)


def manifest(change):
    def to(folder):
        file = folder / ".fieldstrip" / "manifest.json"
        was, j = file.stat(), json.loads(file.read_text())
        change(j)
        file.write_text(json.dumps(j))
        os.utime(file, ns=(was.st_mtime_ns, was.st_mtime_ns))
    return to


def records(r):
    yield r
    for c in r.get("children", ()):
        yield from records(c)


def put(format, **values):
    """Sets values of the record of a format."""
    return manifest(lambda j: next(r for r in records(j["root"]) if r["format"] == format).update(values))


def renamed(old, new):
    """All names of the manifest that are `old`."""
    def change(j):
        text = json.dumps(j).replace(json.dumps(old), json.dumps(new))
        j.clear()
        j.update(json.loads(text))
    return manifest(change)


def changes(out: Path):
    """(what, the steps to it); `out` is the folder with the secret: it looks like a file system's, and lies beside."""
    squashfs, content = "00080000.squashfs", "00000000.uimage.in/payload.in/content"
    for name, to in ((content, out / "key"), ("00000000.uimage.in/payload.in", out), (f"{squashfs}.toml", out / "key"), (f"{squashfs}.mtree", out / "key"), (f"{squashfs}.in", out / "x.in"), (f"{squashfs}.in/etc", out),
                     (f"{squashfs}.in/etc/passwd", out / "key"), (".fieldstrip/original", out / "key"), (".fieldstrip/manifest.json", out / "key"), (".fieldstrip", out)):
        yield f"{name} is a link", [link(name, to)]
    for place in ("../out/x", f"{out}/x", "./../out/x", "00100000.jffs2.in/../../out/x", "00100000.jffs2.in/way/x"):
        way = [lambda folder: (folder / "00100000.jffs2.in" / "way").symlink_to(out)] if "way" in place else []
        yield f"place {place}", [put("squashfs", place=place), gone(f"{squashfs}.in"), *way]
        yield f"place {place}, with the folder there", [put("squashfs", place=place), *way]
    for name in ("../out/key", str(out / "key"), "00100000.jffs2.in/way/key"):
        way = [lambda folder: (folder / "00100000.jffs2.in" / "way").symlink_to(out)] if "way" in name else []
        yield f"the content is {name}", [renamed(content, name), *way]
        yield f"the content is {name}, and gone", [renamed(content, name), lambda folder: (folder / content).unlink(), *way]
        yield f"the mtree is {name}", [renamed(f"{squashfs}.mtree", name), *way]
        yield f"the toml is {name}", [renamed("00000000.uimage.toml", name), *way]
        yield f"something carved is {name}", [put("squashfs", carved=name), *way]
        yield f"an entry's file is {name}", [manifest(lambda j: [r.update(file=name) for r in records(j["root"]) if r["format"] == "squashfs"]), *way]
        for where in ("../../out/key", f"../{name}", name):
            yield f"an entry's name on the host is {where}", [manifest(lambda j: [e.update(host=where) for r in records(j["root"]) for e in r.get("entries", ()) if "passwd" in e["line"]]), *way]


def repacks(what, folder, image):
    """By each way to put it together: an image that is made holds nothing of the secret, as it is or inside of what is packed."""
    global runs
    for more in WAYS if ALL else WAYS[:2]:
        made = folder.parent / "made"
        done = subprocess.run([TOOL, "repack", *more, folder, *([] if "--plan" in more else ["-o", made])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        runs += 1
        said = f"{what} {' '.join(more)}"
        ok(f"{said}: no crash", done.returncode in (0, 1, 3, 4), (done.returncode, done.stderr[-300:]))
        ok(f"{said}: says nothing of the secret", b"secret" not in (done.stdout + done.stderr).replace(os.fsencode(folder), b""), done.stderr[-300:])
        if made.exists():
            holds = made.read_bytes() != image and b"x.in" and any(SECRET in subprocess.run([TOOL, "cat", f"{made}:/{node}/{name}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENV).stdout
                                                                   for node, name in (("0008", "key"), ("0008", "etc/passwd"), ("0008", "etc/key"), ("0008", "etc"), ("0000", "payload/content")))
            listed = subprocess.run([TOOL, "ls", "-R", made], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENV).stdout
            ok(f"{said}: nothing from outside is in the image", not holds and b"/key" not in listed, listed[-300:])
            made.unlink()


def names_of_the_image(work, base):
    """NAME.new comes to lie beside the folder, wherever the manifest would have it."""
    for name in ("../up", "out/evil", str(work / "out" / "evil"), "..", ".", "", "a\0b", "x" * 300):
        folder = work / "folder"
        shutil.copytree(base, folder, symlinks=True)
        manifest(lambda j: j["image"].update(name=name))(folder)
        before = {p: look(p) for p in (work, work.parent)}
        done = subprocess.run([TOOL, "repack", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        after = {p: look(p) for p in (work, work.parent)}
        new = [os.fsdecode(n) for n in set(after[work]) - set(before[work])]
        ok(f"image name {name[:20]!r}: nothing but a file beside the folder", all("/" not in n for n in new) and len(set(after[work.parent]) - set(before[work.parent])) == len(new), (new, done.stderr[-200:]))
        ok(f"image name {name[:20]!r}: what was there stays", all(after[p].get(k) == v for p in before for k, v in before[p].items()))
        for n in new:
            (work / n).unlink()
        for n in set(after[work.parent]) - set(before[work.parent]) - {os.path.join(os.fsencode(work.name), os.fsencode(n)) for n in new}:
            os.unlink(os.path.join(os.fsencode(work.parent), n))
        shutil.rmtree(folder)


with tempfile.TemporaryDirectory() as tmp:
    work = Path(tmp, "work")
    out = work / "out"
    (out / "x.in" / "sub").mkdir(parents=True)
    for p in (out / "key", out / "x.in" / "key", out / "x.in" / "sub" / "key", out / "x.mtree"):
        p.write_bytes(SECRET)
    base, image = work / "base", Camera().image.read_bytes()
    subprocess.run([TOOL, "extract", "-o", base, Camera().image], check=True, stdout=subprocess.DEVNULL, env=ENV)
    count = 0
    every = list(changes(out))
    chosen = every if ALL else [c for c in every if c[0].startswith("place") and "with" not in c[0]] + random.Random(4).sample(every, 12)
    for what, steps in chosen:
        folder = work / "folder"
        subprocess.run(["cp", "-a", base, folder], check=True)
        before = look(out)
        for step in steps:
            step(folder)
        repacks(what, folder, image)
        ok(f"{what}: what lies beside is as it was", look(out) == before)
        shutil.rmtree(folder)
        count += 1
    names_of_the_image(work, base)
ok.end(f"{count} folders, {runs} runs")

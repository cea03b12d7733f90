#!/usr/bin/env python3
"""Files of a file system that --deep took apart: a part is changed, or the file, or both, or a part of a file that is gone; with the original and without (--rebuild-all).
The manifest keeps no bytes that lie in the folder anyway, and one of before, which has them all, is read as well."""
import json
from images import *

PROGRAM, LIBRARY = ((top / f"src/formats/elf/samples/{n}.bin").read_bytes() for n in ("program", "library"))
bundle = b"words of the maker's own, " * 30 + PROGRAM + b"and more of them: " * 40  # a file without a format of its own
archive = Cpio().make({"bin": Node("dir", 0o755), "bin/program": Node("file", 0o755, data=PROGRAM), "bin/other": Node("file", 0o755, data=LIBRARY), "bundle": Node("file", 0o644, data=bundle)})
image = work / "image.cpio"
image.write_bytes(archive)


def folder():
    d = work / "d"
    shutil.rmtree(d, ignore_errors=True)
    run("extract", image, "--deep", "-o", d)
    return d


def repacked(d, *words, code=0):
    out = work / "out"
    out.unlink(missing_ok=True)
    p = run("repack", *words, d, "-o", out, code=code)
    return out.read_bytes() if code == 0 else p.stderr.decode()


def in_both_ways(what, d, want):
    """`want`: the file's content by name in what comes out, or what is said where it is refused."""
    for words in ((), ("--rebuild-all",)):
        if isinstance(want, str):
            said = repacked(d, *words, code=3)
            ok(f"{what} {words}", want in said, said)
            continue
        got = repacked(d, *words)
        (work / "got").write_bytes(got)
        for name, content in want.items():
            has = run("cat", f"{work / 'got'}:/00000000.cpio/{name}").stdout
            ok(f"{what} {words}: {name}", has == content)
        ok(f"{what} {words}: checks", b" 0 fail" in run("verify", work / "got").stdout)


def records(r):
    yield r
    for c in r.get("children", ()):
        yield from records(c)


d = folder()
apart = {p.relative_to(d).as_posix() for p in d.glob("**/*.in/.text")}
ok("two programs and the one in the bundle", len(apart) == 3, apart)
manifest = json.loads((d / ".fieldstrip/manifest.json").read_text())
pieces = [p for r in records(manifest["root"]) if r["format"] == "elf" for p in r["layout"]]
ok("what lies in a file is not in the manifest", any(p.get("kept") for p in pieces) and not any("value" in p for p in pieces))
ok("untouched", repacked(d) == archive)
ok("untouched, made anew", repacked(d, "--rebuild-all") == archive)

# One of before: all that is kept is there by its value.
old = json.loads((d / ".fieldstrip/manifest.json").read_text())
old["schema"] = "fieldstrip.manifest/1"


def with_values(r, own):
    if "layout" in r:
        at = 0
        for p in r["layout"]:
            if p.pop("kept", False):
                p["value"] = own[at:at + p["size"]].hex()
            at += p["size"]
    for c in r.get("children", ()):
        with_values(c, {"bin/program": PROGRAM, "bin/other": LIBRARY, "bundle": bundle}[c["name"]] if c["kind"] == "entry" else own[c["offset"]:c["offset"] + c["size"]])


with_values(old["root"], archive)
was = os.stat(d / ".fieldstrip/manifest.json")
(d / ".fieldstrip/manifest.json").write_text(json.dumps(old))
os.utime(d / ".fieldstrip/manifest.json", (was.st_atime, was.st_mtime))
ok("a manifest of before", repacked(d, "--rebuild-all") == archive and repacked(d) == archive)
old["schema"] = "fieldstrip.manifest/3"
(d / ".fieldstrip/manifest.json").write_text(json.dumps(old))
ok("one of a later version", "another version" in repacked(d, "--rebuild-all", code=3))


def flipped(path):
    """Another byte in the middle of that part; what its whole is then."""
    part = bytearray(path.read_bytes())
    was = bytes(part)
    part[len(part) // 2] ^= 1
    path.write_bytes(part)
    return was, bytes(part)


def other(content, change):
    was, now = change
    assert content.count(was) == 1
    return content.replace(was, now)


d = folder()
text, own = next(d.glob("**/bin/program.in/.text")), next(d.glob("**/*.in/bin/program"))
now = other(PROGRAM, flipped(text))
in_both_ways("a part", d, {"bin/program": now, "bin/other": LIBRARY, "bundle": bundle})
own.write_bytes(PROGRAM[:100])
in_both_ways("a part and its file", d, "both changed")
own.unlink()
in_both_ways("a part of what is gone", d, "is removed")

d = folder()
next(d.glob("**/*.in/bin/program")).write_bytes(PROGRAM[:100])
in_both_ways("a file that is short now", d, {"bin/program": PROGRAM[:100], "bin/other": LIBRARY})
next(d.glob("**/*.in/bin/program")).unlink()
for words in ((), ("--rebuild-all",)):
    ok(f"a file that is gone {words}", b"bin/program" not in repacked(d, *words))

d = folder()
text = next(d.glob("**/bundle.in/*.in/.text"))
now = other(PROGRAM, flipped(text))
in_both_ways("a part in a bundle", d, {"bundle": bundle.replace(PROGRAM, now), "bin/program": PROGRAM})
next(d.glob("**/*.in/bundle")).write_bytes(b"another")
in_both_ways("and the bundle", d, "both changed")
end()

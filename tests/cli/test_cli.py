#!/usr/bin/env python3
"""Options, refusals and exit codes, each on the sample camera: an option that is parsed and ignored would be a lie."""
import json, os, shutil, subprocess, sys, tempfile, zlib
from pathlib import Path

top, tool = Path(os.environ["SOURCE_DIR"]), os.environ["FIELDSTRIP"]
work = Path(tempfile.mkdtemp())
camera = work / "camera.img"
shutil.copy(top / "samples/camera/camera.img", camera)
data = camera.read_bytes()
U, S, J = "00000000.uimage", "00080000.squashfs", "00100000.jffs2"
FILES = ("etc/init.d/rcS", "etc/passwd", "lib/firmware/sensor.bin", "usr/bin/recorder", "usr/share/words")  # in the squashfs
CONTENT = f"{U}.in/payload.in/content"
count, wrong = 0, []


def run(*words, code=0, stdin=None, env=None):
    done = subprocess.run([tool, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, input=stdin, env={**os.environ, **(env or {})}, cwd=work)
    ok(f"{' '.join(map(str, words))}: exit {done.returncode}, not {code}: {done.stderr.decode()[-200:]}", done.returncode == code)
    return done


def ok(what, holds):
    global count
    count += 1
    if not holds:
        wrong.append(what)
        print("FAIL ", what, flush=True)


def folder(name, *options):
    d = work / name
    shutil.rmtree(d, ignore_errors=True)
    run("extract", camera, "-o", d, *options)
    return d


def repacked(d, *options, code=0):
    out = work / "out.img"
    out.unlink(missing_ok=True)
    done = run("repack", d, "-o", out, *options, code=code)
    return out.read_bytes() if out.exists() else None, done.stderr.decode()


# The default command, standard input, threads, paths, colons in names.
scan = run("scan", "--json", camera).stdout
ok("scan is the default", run(camera).stdout == run("scan", camera).stdout)
ok("standard input is an image", json.loads(run("scan", "--json", "-", stdin=data).stdout)["root"] == json.loads(scan)["root"])
ok("the same for any -j", len({run("scan", "--tree", "--json", "-j", str(j), camera).stdout for j in (1, 2, 7)}) == 1)
odd = work / "colon:/in:name.img"
odd.parent.mkdir()
shutil.copy(camera, odd)
ok("a name with colons", run("cat", f"{odd}:/00080").stdout == data[0x80000:0x80000 + 34174])
ok("a unique beginning", b"begins several" in run("info", f"{camera}:/00", code=3).stderr)
ok("cat of a path", run("cat", f"{camera}:/{U}/payload/content").stdout.count(b"Linux version") == 1)
ok("cat of standard input", run("cat", f"-:/{J}", stdin=data).stdout == data[0x100000:0x100000 + 10684])
ok("ls lists", run("ls", camera).stdout.decode().split()[:2] == [U, "00027954.padding"])
ok("info notes the bytes behind", b"GP header" in run("info", f"{camera}:/{U}").stdout)
ok("colors only where asked for", b"\x1b[" in run(camera, "--color", "always").stdout and b"\x1b[" not in run(camera).stdout)
empty = work / "empty"
empty.write_bytes(b"")
ok("an empty image", json.loads(run("scan", "--json", empty).stdout)["root"]["size"] == 0)

# Exit codes.
run("no such file", code=3)
run("scan", work, code=3)
run("--bogus", camera, code=2)
run("edit", camera, "--set", "x.y=1", code=2)
run("edit", camera, "-o", "x", code=2)
run("edit", camera, "--plan", "-o", "x", "--set", f"/{U}.load=1", code=2)
run("edit", camera, "-o", camera, "--set", f"/{U}.load=1", code=2)
run("scan", camera, "--limit", "nonsense=1", code=2)
limited = json.loads(run("scan", "--tree", "--json", camera, "--limit", "decoded=100k", code=4).stdout)
ok("a limit says complete: false", limited["complete"] is False)
run("scan", "--tree", camera, "--limit", "depth=1", code=4)
run("scan", camera, "--limit", "nodes=1", code=4)
run("formats", "nonsense", code=3)

# extract: where to, and over what.
d = folder("d")
ok("what is in a folder", sorted(str(p.relative_to(d)) for p in d.rglob("*") if p.is_file() and d / f"{J}.in" not in p.parents) == sorted([".fieldstrip/manifest.json", ".fieldstrip/original", CONTENT, f"{U}.toml", f"{S}.toml", f"{S}.mtree", f"{J}.mtree", *(f"{S}.in/{p}" for p in FILES)]))
run("extract", camera, "-o", d, code=3)
run("extract", camera, "-o", d, "--force")
(d / f"{S}.in/etc/passwd").write_bytes(b"changed")
run("extract", camera, "-o", d, "--force", code=3)
run("extract", camera)
ok("the default folder", (work / "camera.img.fs").is_dir())
shutil.rmtree(work / "camera.img.fs")

# repack: where to; nothing changed; what can't be meant.
d = folder("d")
ok("nothing changed is identical", repacked(d)[0] == data)
run("repack", d)
ok("the default output", (work / "camera.img.new").read_bytes() == data)
run("repack", d, code=3)
run("repack", d, "--force")
ok("--check", b"identical" in run("repack", d, "--check").stdout)
os.utime(d / CONTENT, (1, 1))
(d / CONTENT).chmod(0o600)
ok("time and mode are no change", repacked(d)[0] == data)
(d / "notes.txt").write_text("mine")
ok("what extract did not write is refused", "notes.txt" in repacked(d, code=3)[1])
(d / "notes.txt").unlink()
content = d / f"{U}.in/payload.in/content"
content.rename(work / "away")
ok("a file that is gone is refused", "content" in repacked(d, code=3)[1])
(work / "away").rename(content)
toml = (d / f"{U}.toml").read_text()
for line, what in (("size = 5", "derived"), ("nonsense = 5", "unknown key"), ("load = [", ""), ("load = -1", "negative"), ("load = 0x100000000", "does not fit")):
    (d / f"{U}.toml").write_text("\n".join(l for l in toml.splitlines() if not l.startswith("load")) + "\n" + line + "\n")
    ok(f"{line} is refused", what in repacked(d, code=3)[1])
for bad in (b"k[\0\0\0Z", b"k[+[", b"[+", b"[\0", b"\xab\xc3\xaa", "\u00ea".encode(), "# \u00ea\n'\u00ea'\n\u00ea = 1".encode()):  # found by fuzzing
    (d / f"{U}.toml").write_bytes(bad)
    run("repack", d, "-o", work / "never", code=3)
for fine in ("# \u00ea\n", toml + "# it's \u00ea\n", toml.replace("\nload", "\n'load'")):
    (d / f"{U}.toml").write_text(fine)
    ok("what is not ASCII in a comment", repacked(d)[0] == data)
(d / f"{U}.toml").write_text("")
ok("keys that are gone leave their fields", repacked(d)[0] == data)
(d / f"{U}.toml").unlink()
ok("and so does the file", repacked(d)[0] == data)

# The original: in the folder, elsewhere, not at all.
d = folder("e", "--no-original")
ok("--no-original keeps none", not (d / ".fieldstrip/original").exists())
ok("then it must be named", "--original" in repacked(d, code=3)[1])
ok("--original", repacked(d, "--original", camera)[0] == data)
repacked(d, "--original", odd.parent / "nothing", code=3)
(work / "other").write_bytes(data[:-1] + b"\0")
ok("another image is refused", "is not the image" in repacked(d, "--original", work / "other", code=3)[1])
ok("--rebuild-all needs none", repacked(d, "--rebuild-all")[0] == data)

# Carved and put beside: the same bytes as edit --replace.
payload = run("cat", f"{camera}:/{U}/payload").stdout
recompressed = subprocess.run(["xz", "--check=crc32", "-1", "-c"], input=run("cat", f"{camera}:/{U}/payload/content").stdout, stdout=subprocess.PIPE).stdout
(work / "new.xz").write_bytes(recompressed)
run("edit", camera, "--replace", f"/{U}/payload", "new.xz", "-o", "by_edit.img")
by_edit = (work / "by_edit.img").read_bytes()
d = folder("f", "--carve")
ok("carved bytes are the node's", (d / f"{U}.in/payload").read_bytes() == payload)
ok("carved and unchanged is identical", repacked(d)[0] == data)
(d / f"{U}.in/payload").write_bytes(recompressed)
ok("a carved file that changed replaces", repacked(d)[0] == by_edit)
d = folder("g")
(d / f"{U}.in/payload").write_bytes(recompressed)
ok("a file put beside NAME.in replaces", repacked(d)[0] == by_edit)
(d / CONTENT).write_bytes(b"changed too")
ok("both changed is refused", "both changed" in repacked(d, code=3)[1])

# A node for itself.
d = work / "h"
run("extract", f"{camera}:/{U}", "-o", d)
out, _ = repacked(d)
ok("a folder of a node gives its bytes", out == data[:162132])
(d / CONTENT).write_bytes((d / CONTENT).read_bytes().replace(b"maker@example", b"owner@example"))
out, _ = repacked(d)
(work / "node.uimage").write_bytes(out)
ok("and changed it verifies", b"0 fail" in run("verify", work / "node.uimage").stdout)

# Formats, repair, checksums in unknown bytes, in place.
(work / "garbage").write_bytes(b"x" * 20000)
ok("another format is refused", b"--force-format" in run("edit", camera, "--replace", f"/{S}", "garbage", "-o", "no.img", code=3).stderr and not (work / "no.img").exists())
run("edit", camera, "--replace", f"/{S}", "garbage", "--force-format", "-o", "forced.img")
broken = bytearray(data)
broken[5] ^= 1
(work / "broken.img").write_bytes(broken)
run("verify", "broken.img", code=1)
run("edit", "broken.img", "--set", f"/{U}.load=5", "-o", "kept.img")
ok("what was wrong stays as it was", (work / "kept.img").read_bytes()[4:8] == bytes(broken[4:8]))
ok("and is named", b"stays as it was" in run("edit", "broken.img", "--set", f"/{U}.load=5", "--plan").stdout)
run("edit", "broken.img", "--set", f"/{U}.load=5", "--repair", "-o", "fixed.img")
ok("--repair sets it", b"0 fail" in run("verify", "fixed.img").stdout)
for name, value in (("crc32", zlib.crc32(data)), ("jamcrc32", ~zlib.crc32(data) & 0xFFFFFFFF)):
    for endian in ("big", "little"):
        (work / "summed.img").write_bytes(data + b"SUM:" + value.to_bytes(4, endian) + b"\xAA\xBB")
        plan = json.loads(run("edit", "summed.img", "--set", f"/{U}.load=5", "--plan", "--json", code=1).stdout)
        ok(f"{name}, {endian} endian, is found", len(plan["cannot"]) == 1 and f"{name} at 0x200004" in plan["cannot"][0]["why"])
        run("edit", "summed.img", "--set", f"/{U}.load=5", "--fix-sums", "-o", "resummed.img")
        out = (work / "resummed.img").read_bytes()
        new = zlib.crc32(out[:len(data)])
        ok(f"--fix-sums sets {name}, {endian}", int.from_bytes(out[0x200004:0x200008], endian) == (new if name == "crc32" else ~new & 0xFFFFFFFF))
shutil.copy(camera, work / "place.img")
run("edit", "place.img", "--set", f"/{U}.load=0x77", "--in-place")
ok("--in-place", (work / "place.img").read_bytes()[16:20] == b"\0\0\0\x77")
ok("several operations, in their order", b"load = 5" in run("edit", camera, "--set", f"/{U}.load=4", "--set", f"/{U}.load=5", "--plan").stdout)
run("edit", camera, "--set", f"/{U}.size=5", "-o", "no.img", code=3)
run("edit", camera, "--set", f"/{U}.type=multi", "-o", "multi.img")
run("edit", camera, "--set", f"/{U}.name={'x' * 33}", "-o", "no.img", code=3)
run("edit", camera, "--replace", f"/{U}", "new.xz", "--replace", f"/{U}/payload", "new.xz", "-o", "no.img", code=3)
run("edit", camera, "--replace", "/00027954.padding", "new.xz", "-o", "no.img", code=3)
ok("nothing was written", not (work / "no.img").exists() and not list(work.glob("*.part*")))
ok("--erase-block", json.loads(run("edit", camera, "--set", f"/{U}.load=5", "--plan", "--json", "--erase-block", "4k").stdout)["erase_blocks"] == 512)
ok("--parts are borders", any(c["offset"] == 0x60000 for c in json.loads(run("scan", "--json", camera, "--parts", "384k(a),-(b)").stdout)["root"]["children"]))
run("scan", camera, "--parts", "384k(a", code=3)

# A stream that can't be read whole: taken apart as far as it goes, identical when nothing changed, refused when what is in it did.
plain = b"".join(b"line %d\n" % i for i in range(9000))
packed = bytearray(subprocess.run(["gzip", "-n", "-c"], input=plain, stdout=subprocess.PIPE).stdout)
packed[-6] ^= 0x55  # of its crc32: it decodes, and is not what was packed
(work / "wrong.gz").write_bytes(packed)
run("extract", "wrong.gz", "-o", "w", code=1)
(work / "w/00000000.gzip.in/content").write_bytes(plain)
run("cat", "wrong.gz:/00000000.gzip/content", code=1)
packed = packed[:len(packed) * 3 // 4]
(work / "hurt.gz").write_bytes(packed)
d = work / "i"
ok("what could not be read is said", b"/content: " in run("extract", "hurt.gz", "-o", d, code=1).stderr)
ok("what could be is there", plain.startswith((d / "00000000.gzip.in/content").read_bytes()[:20000]))
ok("damaged and unchanged is identical", repacked(d)[0] == bytes(packed))
ok("--rebuild-all says that it can't", "could not be read whole" in repacked(d, "--rebuild-all", code=3)[1])
ok("cat gives what there is, and 1", plain.startswith(run("cat", "hurt.gz:/00000000.gzip/content", code=1).stdout[:20000]))

# One flipped bit anywhere in a uImage's header but its magic, in an image with other things behind it.
for at in range(4, 64):
    flipped = bytearray(data)
    flipped[at] ^= 1 << at % 8
    (work / "flipped.img").write_bytes(flipped)
    checks = json.loads(run("verify", "--json", "flipped.img", code=1).stdout)["checks"]
    def holds(c):
        base = c["at"] - c["offset"]
        return c["at"] <= at < c["at"] + c["size"] or any(base + a <= at < base + a + n for a, n in c["covers"])
    ok(f"flipped bit at {at}", any("at" in c and holds(c) for c in checks))
(work / "magic.img").write_bytes(b"\x26" + data[1:])
magic = json.loads(run("scan", "--json", "magic.img").stdout)["root"]["children"]
ok("with another magic the payload stands for itself", [(c["format"], c["offset"]) for c in magic[:2]] == [("unknown", 0), ("xz", 64)])

shutil.rmtree(work)
print(f"{count - len(wrong)} of {count} hold")
sys.exit(bool(wrong))

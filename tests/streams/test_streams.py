#!/usr/bin/env python3
"""Streams by their own tools: what bzip2, lz4, lzop and lzip make is found, decoded and made again; what is edited here, alone or in a uImage, they decode to what was
wanted; bytes that are damaged are named, and what they do not touch is still read."""
import json, os, random, shutil, struct, subprocess, sys, tempfile, zlib
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
wrong, done = [], 0
r = random.Random(5)

#   format: (how it is made, how it is read, whether the encoder is found)
MAKERS = {
    "bzip2": ([["bzip2", f"-{n}"] for n in (1, 6, 9)], ["bzip2", "-dc"], True),
    "lz4": ([["lz4", "-c", *o.split()] for o in ("-1", "-3", "-9 -BD -B4 -BX", "-12 -B5", "--no-frame-crc -B6", "-1 -BD -B4", "--fast=4 -B4", "-11 --favor-decSpeed -B4")],
            ["lz4", "-dc"], True),
    "lz4-legacy": ([["lz4", "-l", "-c", f"-{n}"] for n in (1, 4, 9, 12)], ["lz4", "-dc"], True),
    "lzop": ([["lzop", "-c", *o.split()] for o in ("-1", "-3", "-7", "-9 --crc32", "-F")], ["lzop", "-dc"], True),
    "lzip": ([["lzip", "-c", f"-{n}"] for n in (0, 6, 9)], ["lzip", "-dc"], True),
}


def expect(what, is_so):
    global done
    done += 1
    if not is_so:
        wrong.append(what)


def run(*words, **more):
    return subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def contents():
    lines = b"".join(b"%d: eth%d is up, %d bytes\n" % (i, i % 7, i * i % 9973) for i in range(12_000))
    code = Path(shutil.which("python3")).read_bytes()[:400_000]
    yield "lines", lines
    yield "code", code
    yield "noise", r.randbytes(70_000) + bytes(300_000) + lines[:50_000]
    yield "little", b"a few bytes\n"


def uimage(data):
    head = struct.pack(">7I4B32s", 0x27051956, 0, 0, len(data), 0, 0, zlib.crc32(data), 5, 2, 2, 0, b"test")
    return head[:4] + struct.pack(">I", zlib.crc32(head)) + head[8:] + data


def made_by(image, path):
    return json.loads(run(TOOL, "info", "--json", f"{image}:{path}").stdout).get("made_by", "")


def there_and_back(fmt, make, read, found, name, plain, work):
    image, new = work / "image", work / "new"
    packed = run(*make, input=plain).stdout
    what = f"{' '.join(make)} of {name}"
    image.write_bytes(packed)
    expect(f"{what}: content", run(TOOL, "cat", f"{image}:/00000000.{fmt}/content").stdout == plain)
    expect(f"{what}: made by", made_by(image, f"/00000000.{fmt}").startswith("not") != found or len(plain) < 500)
    # alone in its file, with another content
    other = plain[:len(plain) // 3] + b"something new\n" + plain[len(plain) // 2:]
    (work / "other").write_bytes(other)
    edit = run(TOOL, "edit", image, "--replace", f"/00000000.{fmt}/content", work / "other", "--resize", "-o", new)
    expect(f"{what}: edit says {edit.stderr.decode()[-200:]}", edit.returncode in (0, 1) and new.exists())
    if not new.exists():
        return
    expect(f"{what}: its own tool reads the edited one", run(*read, input=new.read_bytes()).stdout == other)
    if found:
        expect(f"{what}: the edited one is as the maker makes it", new.read_bytes() == run(*make, input=other).stdout or fmt == "lzop")
    new.unlink()
    # in a uImage among other bytes: the sums of the header follow
    image.write_bytes(b"\xff" * 512 + uimage(packed) + b"\xff" * 70_000)
    path = "/00000200.uimage/payload/content"
    edit = run(TOOL, "edit", image, "--replace", path, work / "other", "-o", new)
    expect(f"{what} in a uImage: edit says {edit.stderr.decode()[-200:]}", edit.returncode in (0, 1) and new.exists())
    if new.exists():
        b = new.read_bytes()
        size, _, _, crc = struct.unpack_from(">4I", b, 512 + 12)
        data = b[512 + 64:512 + 64 + size]
        expect(f"{what} in a uImage: crc32 of its data", zlib.crc32(data) == crc and len(b) == image.stat().st_size)
        expect(f"{what} in a uImage: its own tool reads it", run(*read, input=data).stdout == other)
        new.unlink()


def failing(image):
    rows = json.loads(run(TOOL, "verify", "--json", image).stdout)["checks"]
    return [c for c in rows if c["result"] == "fail"]


def damage(work):
    """One byte of many blocks: its block is named, those before it are read."""
    plain = b"".join(b"%d: eth%d is up, %d bytes\n" % (i, i % 7, i * i % 9973) for i in range(40_000))
    image = work / "image"
    for fmt, make in (("bzip2", ["bzip2", "-1"]), ("lz4", ["lz4", "-c", "-B4", "-BX"]), ("lzop", ["lzop", "-c"]), ("lzip", ["lzip", "-c", "-b100KiB"])):
        packed = bytearray(run(*make, input=plain).stdout)
        for k in range(6):
            b = bytearray(packed)
            at = len(b) // 3 + k * len(b) // 11
            b[at] ^= 1 << k
            image.write_bytes(b"\x11" * 33 + b + b"\x22" * 9)
            scan = json.loads(run(TOOL, "scan", "--json", image).stdout)["root"]["children"]
            expect(f"{fmt} damaged at {at:#x}: extent", [(c["offset"], c["size"]) for c in scan if c["format"] == fmt] == [(33, len(b))])
            fails = failing(image)
            expect(f"{fmt} damaged at {at:#x}: named", any(o <= at < o + n for c in fails for o, n in c["covers"]))
            got = run(TOOL, "cat", f"{image}:/00000021.{fmt}/content").stdout
            expect(f"{fmt} damaged at {at:#x}: content before it", plain.startswith(got[:100_000]) and len(got) >= 100_000)
            if fmt == "bzip2":
                blocks = {c["check"] for c in fails if c["check"].startswith("block_crc")}
                expect(f"bzip2 damaged at {at:#x}: one block", len(blocks) == 1)


def joined(work):
    """Streams behind each other are one; skippable frames alone, a magic alone are nothing."""
    a, b = b"first\n" * 900, b"second\n" * 700
    image = work / "image"
    for fmt, (makes, _, _) in MAKERS.items():
        packed = run(*makes[0], input=a).stdout + run(*makes[-1], input=b).stdout
        image.write_bytes(packed + b"\x99")
        scan = json.loads(run(TOOL, "scan", "--json", image).stdout)["root"]["children"]
        expect(f"{fmt}: joined", [(c["format"], c["size"]) for c in scan][:1] == [(fmt, len(packed))])
        expect(f"{fmt}: content of both", run(TOOL, "cat", f"{image}:/00000000.{fmt}/content").stdout == a + b)
        one = run(*makes[0], input=a).stdout
        for n in (5, 11, 20):
            image.write_bytes(one[:n] + bytes(64))
            scan = json.loads(run(TOOL, "scan", "--json", image).stdout)["root"].get("children", ())
            expect(f"{fmt}: {n} bytes are nothing", not any(c["format"] == fmt for c in scan))
    image.write_bytes(struct.pack("<II", 0x184D2A51, 4) + b"abcd" + b"\x77" * 20)
    scan = json.loads(run(TOOL, "scan", "--json", image).stdout)["root"].get("children", ())
    expect("a skippable frame alone is nothing", not any(c["format"] == "lz4" for c in scan))
    dictionary = work / "dictionary"
    dictionary.write_bytes(a * 10)
    packed = run("lz4", "-c", "-D", dictionary, input=a).stdout
    image.write_bytes(packed)
    if packed[4] & 1:
        said = run(TOOL, "cat", f"{image}:/00000000.lz4/content")
        expect("a dictionary is refused by name", said.returncode and b"dictionary" in said.stderr)


with tempfile.TemporaryDirectory() as d:
    work = Path(d)
    for fmt, (makes, read, found) in MAKERS.items():
        if not shutil.which(read[0]):
            print(f"SKIPPED: no {read[0]}")
            continue
        for make in makes:
            for name, plain in contents():
                there_and_back(fmt, make, read, found, name, plain, work)
    if all(shutil.which(t) for t in ("bzip2", "lz4", "lzop", "lzip")):
        damage(work)
        joined(work)
print(*wrong, sep="\n")
print(f"{done - len(wrong)} of {done} as they should be")
sys.exit(bool(wrong))

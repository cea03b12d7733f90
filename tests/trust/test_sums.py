#!/usr/bin/env python3
"""Vendors' headers, trailers and words between regions that hold a checksum of what changes: each kind of sum in each place of the contract, found
(`cannot` names kind, place and range, exit 1) and set by --fix-sums. The sums are computed here by hashlib and zlib, never by the tool."""
import hashlib, json, os, random, subprocess, sys, tempfile, zlib
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
work = Path(tempfile.mkdtemp())
bad, done = [], 0


def number(f, width=4):
    return {"big": lambda b: (f(b) % (1 << 8 * width)).to_bytes(width, "big"), "little": lambda b: (f(b) % (1 << 8 * width)).to_bytes(width, "little")}


SUMS = {"crc32": number(zlib.crc32), "crc32 complement": number(lambda b: ~zlib.crc32(b)), "adler32": number(zlib.adler32), "sum32": number(sum), "sum16": number(sum, 2),
        **{name: {"bytes": lambda b, name=name: hashlib.new(name, b).digest()} for name in ("md5", "sha1", "sha256")}}


def cpio(content: bytes) -> bytes:
    out = b""
    for name, mode, data in (("file", 0o100644, content), ("TRAILER!!!", 0, b"")):
        head = b"070701" + b"".join(b"%08X" % v for v in (1, mode, 0, 0, 1, 1528268827, len(data), 0, 0, 0, 0, len(name) + 1, 0))
        out += head + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return out


# Bytes of a vendor, which hold nothing that could be a sum by chance. A 16-bit sum is looked for in runs of up to 64 bytes only.
VENDOR = b"VENDOR-IMAGE v1.02 board=x1;"
REST = b" more of the vendor"


def image(place: str, make) -> tuple[bytes, int, tuple[int, int | None]]:
    """The image with the sum in it, where the sum lies, and over what it is."""
    archive = cpio(random.Random(place).randbytes(3000))
    if place == "header":  # over what follows it, to the image's end
        width = len(make(b"x"))
        body = archive + b"\xff" * 1024
        over = (len(VENDOR) + width + len(REST), None)
        return VENDOR + make(body) + REST + body, len(VENDOR), over
    if place == "header, then filler":  # over the next region up to the image's end: the filler before it is not summed
        body, gap = archive + b"\xff" * 1024, b"\0" * 512
        head = VENDOR + make(body) + REST
        return head + gap + body, len(VENDOR), (len(head) + len(gap), None)
    if place == "trailer":  # over all before it
        body = archive + b"\xff" * 1024
        return body + VENDOR + make(body) + REST, len(body) + len(VENDOR), (0, len(body))
    assert place == "between"  # over all before it; another region follows
    body = archive + b"\xff" * 1024
    return body + VENDOR + make(body) + REST + b"\xff" * 1024 + cpio(b"another one, which does not change"), len(body) + len(VENDOR), (0, len(body))


for name, ways in SUMS.items():
    for way, make in ways.items():
        for place in ("header", "header, then filler", "trailer", "between"):
            what = f"{name}, {way}, {place}"
            data, at, (begin, end) = image(place, make)
            source, out = work / "a.img", work / "b.img"
            source.write_bytes(data)
            new = work / "new"
            new.write_bytes(random.Random(what).randbytes(2990))
            region = next(r for r in json.loads(subprocess.run([TOOL, "scan", "--json", source], stdout=subprocess.PIPE).stdout)["root"]["children"] if r["format"] == "cpio")
            change = ["--replace", region["path"] + "/file", str(new)]
            plan = subprocess.run([TOOL, "edit", source, *change, "--plan", "--json"], stdout=subprocess.PIPE)
            cannot = [c["why"] for c in json.loads(plan.stdout)["cannot"]]
            where = f"at {at:#x} over {begin:#x} to {end if end is not None else len(data):#x}"
            if plan.returncode != 1 or not any(where in why for why in cannot):
                bad.append(f"{what}: not named ({where}): exit {plan.returncode}, {cannot}")
                continue
            out.unlink(missing_ok=True)
            subprocess.run([TOOL, "edit", source, *change, "--fix-sums", "-q", "-o", out])
            made = out.read_bytes()
            if len(made) != len(data) or made == data:
                bad.append(f"{what}: {len(made)} bytes")
            elif made[at:at + len(make(b'x'))] != make(made[begin:end]):
                bad.append(f"{what}: --fix-sums sets another value")
            else:
                done += 1
print(*bad, sep="\n")
print(f"{done} sums in unknown places found and set, {len(bad)} not")
sys.exit(bool(bad))

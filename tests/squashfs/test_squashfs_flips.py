#!/usr/bin/env python3
"""200 random flipped bits in what a checksum of the codec covers (blocks of data, fragments, blocks of the tables; gzip and xz): each time `verify` fails and names the extent
that it lies in. Where blocks lie is told by the tests' own reader."""
import json, os, random, shutil, struct, subprocess, sys, tempfile
from pathlib import Path
from reader import ABSENT, Squashfs

tool = os.path.abspath(os.environ["FIELDSTRIP"])
if not shutil.which("mksquashfs"):
    print("SKIPPED: no mksquashfs")
    sys.exit(77)


def tree(top: Path, r: random.Random):
    words = [bytes(r.choices(b"abcdefghij", k=r.randint(3, 9))) for _ in range(300)]
    for i in range(160):
        p = top / f"d{i % 8}" / f"f{i:03}"
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_bytes(b" ".join(r.choices(words, k=r.choice((20, 900, 40_000)))))
    return top


def tables(s: Squashfs):
    """The encoded blocks of the tables: (begin, size) with the two bytes before each; stored ones have no checksum."""
    lists = [struct.unpack_from("<Q", s.b, at)[0] for at in (48, 72, 80)]
    firsts = [struct.unpack_from("<Q", s.b, at)[0] for at in lists if at != ABSENT]
    for begin, end in ((s.inode_table, s.directory_table), (s.directory_table, min(firsts))):
        while begin < end:
            head, = struct.unpack_from("<H", s.b, begin)
            if not head & 0x8000:
                yield begin, 2 + head
            begin += 2 + (head & 0x7FFF)


def covered(s: Squashfs):
    out = {(at, size) for e in s.entries.values() for at, size, plain in e.blocks if size and not plain}
    out |= {(at, size) for at, size, plain in s.fragments if not plain}
    return sorted(out), sorted(tables(s))


wrong = done = 0
with tempfile.TemporaryDirectory() as tmp:
    tmp, r = Path(tmp), random.Random(14)
    top = tree(tmp / "top", r)
    for codec in ("gzip", "xz"):
        subprocess.run(["mksquashfs", top, tmp / "in", "-comp", codec, "-b", "32K", "-noappend", "-quiet", "-no-progress", "-all-root"], check=True, stdout=subprocess.DEVNULL)
        base = (tmp / "in").read_bytes()
        data, metadata = covered(Squashfs(base))
        assert len(data) > 30 and len(metadata) > 1, (len(data), len(metadata))
        for k in range(100):
            begin, size = r.choice(metadata if k % 4 == 0 else data)
            at = begin + r.randrange(size)
            bad = bytearray(base)
            bad[at] ^= 1 << r.randrange(8)
            (tmp / "bad").write_bytes(bad)
            ran = subprocess.run([tool, "verify", "--json", tmp / "bad"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            failed = [c for c in json.loads(ran.stdout or b'{"checks": []}')["checks"] if c["result"] == "fail"]
            # What covers is in the bytes of what the check is of: of a file's block, the range of the file.
            of_it = lambda c: c["path"].count("/") == 1
            hit = any(c["at"] == begin and (not of_it(c) or at < begin + 2 or any(a <= at < a + n for a, n in c["covers"])) for c in failed)
            done += 1
            if ran.returncode != 1 or not hit:
                wrong += 1
                print(f"FAIL  {codec}: a bit at {at:#x} of {begin:#x}+{size}: exit {ran.returncode}", [(c["check"], c["at"], c["covers"]) for c in failed][:4], ran.stderr.decode()[-300:])
print(f"{done - wrong} of {done} flipped bits named with their extent")
sys.exit(bool(wrong))

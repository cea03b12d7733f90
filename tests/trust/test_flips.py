#!/usr/bin/env python3
"""Random single flipped bits in bytes that a check must vouch for, by a list of the tests' own (covered.py), in the camera images: each time `verify` exits 1 and a failed check
of the node that is damaged has an extent that holds the bit. Each kind of check gets as many; FIELDSTRIP_FLIPS=1000 is the full size."""
import concurrent.futures, json, os, random, sys, tempfile
from collections import Counter
from pathlib import Path
from bounds import SANITIZED, Failed, bounded
from corpus import SEEDS, camera_real, families, truths
from covered import covered

FLIPS = int(os.environ.get("FIELDSTRIP_FLIPS") or (64 if SANITIZED else 128))
REAL = ({"offset": 0, "size": 0x17F674, "format": "uimage"}, {"offset": 0x210000, "size": 1104174, "format": "squashfs"}, {"offset": 0x960000, "size": 0xD00868 - 0x960000, "format": "jffs2"})


def images():
    yield camera_real(), REAL  # as its README tells
    for n in SEEDS:
        for image, truth in truths(*families(n, "camera")):
            yield image, truth["regions"]


def choose():
    """(image, run, byte, bit), each kind as often as the others; of a kind each image as often, in it each byte."""
    kinds = {}
    for image, regions in images():
        for run in covered(image.read_bytes(), regions):
            kinds.setdefault(run.kind, {}).setdefault(image, []).append(run)
    for i in range(FLIPS):
        r = random.Random(1700 + i)
        of_kind = kinds[sorted(kinds)[i % len(kinds)]]
        image = r.choice(sorted(of_kind))
        run, = r.choices(of_kind[image], [run.size for run in of_kind[image]])
        while (where := (run.at + r.randrange(run.size), r.randrange(8))) in run.spare:
            pass
        yield image, run, *where


def names(check, run, byte) -> bool:
    """Whether the check's extent holds the byte. What an entry's check covers is told in bytes of the entry: there the place of the sum tells which block or node it is of."""
    # A wrong size of a uImage makes both of its sums wrong, and these are then told at the unknown bytes that its header is.
    nodes = (run.node + "/", run.node.replace(".uimage", ".unknown") + "/")
    if check["result"] != "fail" or "at" not in check or not (check["path"] + "/").startswith(nodes):
        return False
    if "offset" not in check:
        return check["at"] == run.value
    shift = check["at"] - check["offset"]
    return any(a <= byte < a + n for a, n in ((check["at"], check["size"]), *((shift + a, n) for a, n in check["covers"])))


def flip(one, folder: Path):
    image, run, byte, bit = one
    data = bytearray(image.read_bytes())
    data[byte] ^= 1 << bit
    with tempfile.NamedTemporaryFile(dir=folder) as f:
        f.write(data)
        f.flush()
        try:
            code, answer = bounded.json("fieldstrip.verify/1", "verify", "--json", f.name, codes=(0, 1))
        except Failed as e:
            return one, str(e)
    failed = [c for c in answer["checks"] if c["result"] == "fail"]
    if code == 1 and any(names(c, run, byte) for c in failed):
        return one, None
    return one, f"exit {code}, failed: " + (", ".join(f"{c['path']} {c['check']} at {c.get('at')} {c['covers'][:3]}" for c in failed[:4]) or "nothing")


flips = list(choose())
all_, named = Counter(run.kind for _, run, _, _ in flips), Counter()
with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
    for (image, run, byte, bit), wrong in pool.map(lambda one: flip(one, folder), flips):
        named[run.kind] += not wrong
        if wrong:
            print(f"FAIL  {image.parent.name}/{image.name}: bit {bit} of {byte:#x} ({byte - run.at} of {run.size} in {run.kind} of {run.node}): {wrong}", flush=True)
for kind in sorted(all_):
    print(f"{kind:24} {named[kind]} of {all_[kind]}")
print(f"{named.total()} of {len(flips)} flipped bits named with an extent that holds them, of {len(all_)} kinds")
sys.exit(named != all_)

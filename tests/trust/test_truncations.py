#!/usr/bin/env python3
"""Images cut at random places, as a broken download or a bad read of a flash leaves them: scan, verify and extract each stay within time and memory, end with a code that is
documented and write nothing beside their folder; the map tiles what is left and claims nothing behind it. What lay whole before the cut is found as if nothing were missing
(images that are damaged on purpose, hostile and negative ones aside), and what the cut goes through ends there and says so, or is not claimed.

Of every 8th image of the corpus and of real/ two places; FIELDSTRIP_TRUNCATIONS=50 takes 50 of each image, and extracts at every fifth. Words are the families that are taken."""
import concurrent.futures, json, os, random, shutil, subprocess, sys, tempfile
from collections import Counter
from pathlib import Path
from bounds import MEMORY, SANITIZED, Failed, bounded, shape
from corpus import CORPUS, SEEDS, seed, truths

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
import flash
from roundtrip import escaped  # of the corpus

PLACES = int(os.environ.get("FIELDSTRIP_TRUNCATIONS", 0))
PLAIN = ("padding", "unknown")
# Their beginning alone proves them: cut, with this much of them there, they are still told. Of the others nothing is sure before a whole block or a sum was read.
PROVEN = {"uimage": 65, "squashfs": 256, "jffs2": 256, "cramfs": 256, "romfs": 256, "cpio": 512, "tar": 1024, "xz": 256}  # no compress: cut within a code it is unknown, as nothing but its end tells it from what follows it
# Several behind each other are one region (a JFFS2 is a log of nodes): cut, it may be all that lie whole before the cut. Who tells: the tools that made them.
WHOLE = {"gzip": "gzip -t", "bzip2": "bzip2 -t", "xz": "xz -t", "zstd": "zstd -tq", "lz4": "lz4 -tq", "lzip": "lzip -t", "lzop": "lzop -t", "compress": "gzip -t"}


def images():
    for s in SEEDS:
        yield from truths(seed(s))
    for p in sorted((CORPUS / "real").iterdir()):
        if p.suffix not in (".md", ".py"):
            yield p, {"family": "real", "regions": [], "damaged": True}


def chosen():
    rows = [x for x in images() if x[0].stat().st_size and (x[1]["family"] in sys.argv[1:] or not sys.argv[1:])]
    return rows[::1 if PLACES else 8]


def cuts():
    """(image, truth, cut, whether it is extracted). Every other place lies in something known: most of many images is filler."""
    for image, truth in chosen():
        r, size = random.Random(image.name), image.stat().st_size
        known = [x for x in truth.get("regions", ()) if x["format"] not in PLAIN]
        for i in range(PLACES or 2):
            if i % 2 and known:
                x = r.choice(known)
                cut = x["offset"] + r.randint(1, x["size"])
            else:
                cut = r.randint(1, size)
            yield image, truth, cut, not PLACES or i % 5 == 0


def is_whole(fmt: str, data: bytes):
    """Whether data is whole by another reader; None where there is none."""
    if fmt == "jffs2":
        ends = [at + size for order in "<>" for at, _, size in flash.scan(data, order)]
        return bool(ends) and len(data) - 4 < max(ends) <= len(data)
    if fmt == "cpio":
        return b"TRAILER!!!" in data[-512:]
    if fmt not in WHOLE or not shutil.which(WHOLE[fmt].split()[0]):
        return None if fmt in WHOLE else False
    return subprocess.run(WHOLE[fmt].split(), input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode in (0, 2)  # 2: a warning


def across(row, child, data: bytes, n: Counter):
    """What is wrong with what is said of the region that the cut goes through."""
    begin, cut = row["offset"], len(data)
    if not child:
        n["not claimed"] += 1
        if cut - begin >= PROVEN.get(row["format"], row["size"]):
            yield f"{cut - begin} of {row['size']} bytes of {row['format']} at {begin:#x} are nothing"
        return
    end, codes = begin + child["size"], [f["code"] for f in child.get("findings", ())]
    n["cut and told"] += 1
    if end == cut and (any(c.endswith(".cut") for c in codes) or row["format"] == "compress"):  # compress has no end: whatever ends it is its end
        return
    if {"tar": "tar.no-end", "cpio": "cpio.no-trailer"}.get(row["format"]) in codes:  # members that lie whole before the cut
        return
    if is_whole(row["format"], data[begin:end]) is False:
        yield f"{row['format']} at {begin:#x} with {cut - begin} of {row['size']} bytes ends at {end:#x}, finds {codes}, and is not whole"


def held(truth, top, data: bytes, n: Counter):
    """The map of what is left against the truth of the whole."""
    found = {(c["offset"], c["format"]): c for c in top["children"]}
    for row in truth["regions"]:
        if row["format"] in PLAIN or row["offset"] >= len(data):
            continue
        child = found.get((row["offset"], row["format"]))
        if row["offset"] + row["size"] > len(data):
            yield from across(row, child, data, n)
            continue
        n["whole"] += 1
        if not child or child["size"] != row["size"]:
            yield f"{row['format']} at {row['offset']:#x} of {row['size']} bytes lay whole before the cut, got {child['size'] if child else 'nothing'}"


def beyond(node, size: int):
    """Nodes that reach behind the end of the image, or of what they lie in."""
    if node.get("at", 0) + node.get("size", 0) > size and "at" in node:
        yield f"{node['path']} ends behind the image"
    for child in node.get("children", ()):
        if child["kind"] in ("region", "part") and node.get("size") is not None and child["offset"] + child["size"] > node["size"]:
            yield f"{child['path']} ends behind what it lies in"
        yield from beyond(child, size)


def limited(code: int, answer) -> list[str]:
    return [] if (code == 4) == (answer.get("complete") is False) else [f"exit {code}, complete {answer.get('complete')}"]


def look(image: Path, truth, cut: int, take_apart: bool, work: Path, n: Counter):
    """What is wrong with how the program bears an image that ends at cut."""
    data = image.read_bytes()[:cut]
    at = work / "image"
    at.write_bytes(data)
    code, answer = bounded.map(at, codes=(0, 1, 4), memory=MEMORY)
    top = answer["root"]
    yield from limited(code, answer)
    yield from shape(top, cut)
    yield from beyond(top, cut)
    if not truth["damaged"] and truth["family"] not in ("hostile", "negative"):
        yield from held(truth, top, data, n)
    told = any(f["code"].endswith(".cut") for c in top["children"][-1:] for f in c.get("findings", ()))
    code, answer = bounded.json("fieldstrip.verify/1", "verify", "--json", at, codes=(0, 1, 4), memory=MEMORY)
    yield from (f"verify: {line}" for line in limited(code, answer))
    if sum(answer["summary"][k] for k in ("covered", "uncovered", "padding")) != cut:
        yield f"verify: {answer['summary']} do not add up to {cut}"
    if told and code == 0:
        yield "verify: exit 0, though the last region is cut"
    if take_apart:
        n["extracted"] += 1
        (work / "a" / "b").mkdir(parents=True)
        refused = (3,) if truth["family"] == "hostile" else ()
        code, _ = bounded.run("extract", at, "-o", work / "a" / "b" / "out", codes=(0, 1, 4, *refused), memory=MEMORY)
        yield from escaped(work / "a", work / "a" / "b" / "out")
        if told and code == 0:
            yield "extract: exit 0, though the last region is cut"


def one(job):
    n, wrong = Counter(), []
    with tempfile.TemporaryDirectory() as work:
        try:
            wrong += look(*job, Path(work), n)
        except Failed as e:
            wrong.append(str(e))
        except (KeyError, TypeError, ValueError) as e:
            wrong.append(f"an answer is not of the shape agreed: {type(e).__name__} {e}")
    return job, wrong, n


total = bad = 0
n = Counter()
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for (image, _, cut, _), wrong, counted in pool.map(one, cuts()):
        total, bad, n = total + 1, bad + bool(wrong), n + counted
        for line in wrong[:5]:
            print(f"FAIL  {image.name} cut to {cut}: {line}", flush=True)
print(f"{total} truncated images{' (sanitized)' if SANITIZED else ''}, {bad} wrong; {n['whole']} regions before the cut, {n['cut and told']} across it and told, {n['not claimed']} not claimed, {n['extracted']} taken apart")
sys.exit(bad > 0)

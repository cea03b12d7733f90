#!/usr/bin/env python3
"""One file changed in the squashfs of a camera's flash: nothing else changes. And damage: what is hit is named, and nothing else is lost."""
import json, random, struct, sys, tempfile
from pathlib import Path
import corpus

sys.path.insert(0, str(corpus.TOP / "tests" / "squashfs"))
from reader import Squashfs

count, wrong = 0, 0


def ok(what, holds, *why):
    global count, wrong
    count += 1
    if not holds:
        wrong += 1
        print("FAIL ", what, *[str(w)[:300] for w in why], flush=True)
    return bool(holds)


def used_of(data, at):
    return struct.unpack_from("<Q", data, at + 40)[0]


def camera(image, truth, work):
    data = image.read_bytes()
    at = next((r["offset"] for r in truth["regions"] if r["format"] == "squashfs"), None)
    if at is None or truth["damaged"]:
        return
    region = f"/{at:08x}.squashfs"
    rows = next(f["entries"] for f in truth["files"] if f["chain"] == [["squashfs", at]])
    small = sorted((r for r in rows if r["type"] == "file" and 10 < r["size"] < 20_000), key=lambda r: (-r["size"], r["path"]))
    if not small or small[0]["path"] != small[0]["path"].encode(errors="replace").decode():
        return
    path, new, out = small[0]["path"], work / "new", work / "out"
    content = bytearray(corpus.tool("cat", f"{image}:{region}/{path}").stdout)
    content[len(content) // 2] ^= 1
    new.write_bytes(content)
    edit = ["edit", image, "--replace", f"{region}/{path}", new]
    plan = json.loads(corpus.tool(*edit, "--plan", "--json", codes=(0, 1)).stdout)
    corpus.tool(*edit, "-o", out, codes=(0, 1))
    got = out.read_bytes()
    ok(f"{image.name}: the size stays", len(got) == len(data))
    end = at + used_of(data, at)
    room = end
    for r in truth["regions"]:  # filler of any byte, one run behind the other
        room += r["size"] if r["offset"] == room and r["format"] == "padding" else 0
    differ = [i for i in range(at, room) if data[i] != got[i]]
    ok(f"{image.name}: nothing outside changes", data[:at] == got[:at] and data[room:] == got[room:])
    ok(f"{image.name}: the new content", corpus.tool("cat", f"{out}:{region}/{path}").stdout == bytes(content))
    # What is new: the file's own blocks, and the tables.
    s = Squashfs(data[at:])
    limit = max(used_of(data, at) // 100, sum(n for _, n in s.encoded(path)[0]) + 20_000 + s.used - s.inode_table) if s.b[20] in (1, 2, 4) else 0
    ok(f"{image.name}: few bytes differ", not limit or len(differ) <= limit, len(differ), limit)
    blocks = sorted({i // 65536 for i in differ})
    ok(f"{image.name}: the erase blocks are those of the plan", plan["erase_blocks_changed"] == blocks, plan["erase_blocks_changed"], blocks)
    # Growth beyond a border is refused, and says by how much.
    border = (end + 4095) // 4096 * 4096
    big = work / "big"
    big.write_bytes(random.Random(1).randbytes(border - end + 100_000))
    done = corpus.tool("edit", image, "--parts", f"{border}(a),-(b)", "--replace", f"{region}/{path}", big, "-o", work / "never", codes=(3,))
    ok(f"{image.name}: a growth over a border is refused", b"too many" in done.stderr and not (work / "never").exists(), done.stderr.decode())


def packed(s: Squashfs):
    """The bytes that a codec's own checksum vouches for: of gzip and xz."""
    out = []
    for path, e in s.entries.items():
        if e.type == "file":
            out += [(at, size, path) for at, size, plain in e.blocks if size and not plain]
    return out


def damage(image, truth, work):
    """One flipped bit in a data block: its range is lost, and nothing else."""
    data = image.read_bytes()
    at = next((r["offset"] for r in truth["regions"] if r["format"] == "squashfs"), None)
    if at is None or truth["damaged"] or len(truth["regions"]) > 4:
        return
    try:
        s = Squashfs(data[at:])
    except Exception:
        return  # a codec that Python has not
    r = random.Random(image.name)
    blocks = packed(s)
    if not blocks or s.b[20] == 2:
        return
    for begin, size, path in r.sample(blocks, min(len(blocks), 4)):
        bad, flip = bytearray(data), begin + size // 2 + r.randrange(max(1, size // 4))
        bad[at + flip] ^= 1 << r.randrange(8)
        hit = work / "bad"
        hit.write_bytes(bad)
        said = json.loads(corpus.tool("verify", "--json", hit, codes=(1,)).stdout)
        named = [c for c in said["checks"] if c["at"] == at + begin]
        ok(f"{image.name}: {path}: the block is named", named, said["checks"][:2])
        rows = json.loads(corpus.tool("ls", "-R", "--json", "--sha256", f"{hit}:/{at:08x}.squashfs", codes=(1,)).stdout)["entries"]
        for row in rows:
            if row["type"] != "file" or "path_b64" in row or row["path"] not in s.entries:
                continue
            touched = any(a <= flip < a + n for a, n in s.encoded(row["path"])[0])
            ok(f"{image.name}: {row['path']} is {row['state']}", (row["state"] != "intact") == touched)
        e = s.entries[path]
        was = s.content(path)
        now = corpus.tool("cat", f"{hit}:/{at:08x}.squashfs/{path}", codes=(1,)).stdout
        k = next(i for i, b in enumerate(e.blocks) if b[0] <= flip < b[0] + b[1])
        from_, to = k * s.block, min((k + 1) * s.block, e.size)
        ok(f"{image.name}: {path}: its range is lost and no other", now == was[:from_] + bytes(to - from_) + was[to:], len(now), len(was))


with tempfile.TemporaryDirectory() as tmp:
    for n in corpus.SEEDS:
        for image, truth in corpus.truths(corpus.families(n, "camera")[0]):
            camera(image, truth, Path(tmp))
        for image, truth in corpus.truths(corpus.families(n, "squashfs")[0]):
            damage(image, truth, Path(tmp))
print(f"{count - wrong} of {count} hold")
sys.exit(bool(wrong))

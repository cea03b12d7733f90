#!/usr/bin/env python3
"""Thousands of files: taken apart, changed, put together; prints how long each step takes and how much memory. MANY=30000: so many (default 5000). With names: of these formats only."""
import resource, time
from images import *

MANY = int(os.environ.get("MANY", 5000))


def many():
    t = {"": Node("dir", 0o755)}
    for i in range(MANY):
        folder = f"d{i * 30 // MANY:02}"
        if folder not in t:
            t[folder] = Node("dir", 0o755)
        t[f"{folder}/file{i:05}"] = Node("file", 0o755 if i % 7 == 0 else 0o644, i % 3, 0, T0 + i, b"file %d\n" % i * (1 + i % 90))
        if i % 50 == 0:
            t[f"{folder}/link{i:05}"] = Node("symlink", 0o777, target=f"file{i:05}")
    return t


def timed(what, *words, code=0):
    begin = time.monotonic()
    done = subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work)
    out, err = done.communicate()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)  # ru_maxrss is the largest so far
    ok(f"{what}: exit {done.returncode}", done.returncode == code, err[-300:])
    steps.append(f"{what} {time.monotonic() - begin:.2f} s")
    return usage.ru_maxrss >> 10


for F in formats():
    if F.id == "cramfs" or sys.argv[1:] and F.name not in sys.argv[1:]:
        continue  # 16 MiB and small counts: not made for so many
    steps, tree = [], F.can(many())
    image, d, out = work / "in.bin", work / "d", work / "out.bin"
    image.write_bytes(F.make(tree))
    timed("extract", "extract", image, "-o", d)
    timed("repack", "repack", d, "-o", out)
    ok(f"{F.name}: unchanged is the same", out.read_bytes() == image.read_bytes())
    out.unlink()
    inside = d / f"{F.place}.in"
    names = [p for p, n in tree.items() if n.type == "file"]
    for p in names[5::MANY // 10]:
        (inside / p).write_bytes(b"changed\n")
        tree[p].data = b"changed\n"
    for p in names[6::MANY // 10]:
        (inside / p).unlink()
        del tree[p]
    os.rename(inside / "d04", inside / "moved")
    renamed(tree, "d04", "moved")
    timed("changed, repack", "repack", d, "-o", out)
    got = F.read(out.read_bytes())
    ok(f"{F.name}: the tree that is wanted", plain(tree) == plain(got), difference(tree, got))
    timed("edit", "edit", image, "--rename", f"/{F.place}/d04", f"/{F.place}/moved", "--remove", f"/{F.place}/d05", "-o", work / "edited.bin")
    timed("rebuild-all", "repack", d, "--rebuild-all", "-o", work / "anew.bin")
    anew = (work / "anew.bin").read_bytes()
    if F.name.startswith(("squashfs", "jffs2")):  # what is new lies behind what is kept; built anew all lies in its order
        ok(f"{F.name}: rebuilt is the tree that is wanted", plain(tree) == plain(F.read(anew)), difference(tree, F.read(anew)))
    else:
        ok(f"{F.name}: rebuilt is the same", anew == out.read_bytes())
    peak = timed("ls -R --sha256", "ls", "-R", "--json", "--sha256", f"{image}:/{F.place}")
    print(f"{F.name}: {len(names)} files, {image.stat().st_size >> 20} MiB: {', '.join(steps)}; at most {peak} MiB of memory", flush=True)
    shutil.rmtree(d)
    for p in (out, work / "anew.bin", work / "edited.bin"):
        p.unlink(missing_ok=True)
end()

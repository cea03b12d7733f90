#!/usr/bin/env python3
"""How many threads there are changes nothing: of each sample and, where the corpus is made, of each 20th of its smaller images `extract --deep` makes the same folder with one and with several, byte for byte, and says the same;
so do the map and what is verified. Where a limit ends it (exit code 4) only what is said is held: how much of a content is there then is not the same."""
import os, shutil, subprocess, tempfile
from pathlib import Path

tool, top = os.environ["FIELDSTRIP"], Path(os.environ["SOURCE_DIR"])
MOST = 4 << 20  # bytes of an image
THREADS = ("-j1", "-j2", "-j5")  # more than there are processors, too

images = [top / "samples/camera/camera.img", *sorted((top / "src/formats").glob("*/samples/*.bin"))]
corpus = Path(os.environ.get("FIELDSTRIP_CORPUS", top / "build/corpus/seed0"))
images += [p for p in sorted(corpus.glob("*/*.img")) if p.stat().st_size <= MOST][::20]
work = Path(tempfile.mkdtemp())


def said(image, threads):
    folder = work / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    out = []
    for words in (("extract", "--deep", image, "-o", folder), ("scan", "--tree", "--json", image), ("verify", "--all", image)):
        p = subprocess.run([tool, *map(str, words), threads], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out += [p.returncode, p.stdout, p.stderr]
    tree = {}
    for path in sorted(folder.rglob("*")):
        name, s = path.relative_to(folder).as_posix(), path.lstat()
        if path.is_symlink():
            tree[name] = ("link", os.readlink(path))
        elif path.is_dir():
            tree[name] = ("folder", s.st_mode)
        else:
            tree[name] = ("file", s.st_mode, path.read_bytes())
    return out, tree


for image in images:
    first = said(image, THREADS[0])
    for threads in THREADS[1:]:
        now = said(image, threads)
        assert now[0] == first[0], (image, threads, now[0], first[0])
        if first[0][0] == 4:
            continue
        differ = [n for n in first[1].keys() | now[1].keys() if first[1].get(n) != now[1].get(n)]
        assert not differ, (image, threads, differ[:5])
shutil.rmtree(work)
print(f"{len(images)} images: the same with {', '.join(THREADS)}")

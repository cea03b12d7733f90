#!/usr/bin/env python3
"""Hostile images within the bounds that they have (10 seconds, 512 MiB, nothing beside the folder): the corpus's score.py and roundtrip.py, to which the tests of tests/corpus
give more time; and of scan, verify, ls and extract that the exit code is one that is documented, and 4 just where `complete` is false.

Under sanitizers, which say nothing of time, the two scripts are left to tests/corpus, and of the images it is every eighth. With FIELDSTRIP_SEEDS all are taken."""
import concurrent.futures, os, subprocess, sys, tempfile
from pathlib import Path
from bounds import MEMORY, SANITIZED, SECONDS, Failed, bounded
from corpus import CORPUS, SEEDS, TOOL, families, truths


def by_the_corpus(script: str, folder: Path) -> list[str]:
    """What a script of the corpus finds wrong; its last line is printed."""
    words = [sys.executable, CORPUS / script, "--tool", TOOL, "--timeout", str(SECONDS), "--images", folder]
    lines = subprocess.run(words, stdout=subprocess.PIPE).stdout.decode().splitlines()
    print(f"{folder.name}: {lines[-1] if lines else script + ' says nothing'}", flush=True)
    failures = [line for line in lines if line.startswith("FAIL")]
    return [f"{script}: {line}" for line in failures] if lines else [script]


def answer(image, schema: str, *words):
    """One command that says whether it is complete."""
    code, said = bounded.json(f"fieldstrip.{schema}/1", *words, image, codes=(0, 1, 4), memory=MEMORY)
    if said.get("complete") is not (code != 4):
        yield f"{words[0]}: exit {code}, complete {said.get('complete')}"
    return said


def look(image: Path):
    said = yield from answer(image, "map", "scan", "--tree", "--json")
    yield from answer(image, "verify", "verify", "--json")
    yield from answer(image, "inventory", "report", "--json")
    bounded.run("ls", "-R", "--json", image, codes=(0, 1, 4), memory=MEMORY)
    known = [child["path"] for child in said["root"].get("children", ()) if child["format"] not in ("padding", "unknown")]
    for path in known[:3]:  # some are thousands
        bounded.run("ls", "-R", "--json", f"{image}:{path}", codes=(0, 1, 3, 4), memory=MEMORY)
    with tempfile.TemporaryDirectory() as work:
        page = Path(work, "page.html")
        bounded.run("report", image, "-o", page, codes=(0, 1, 4), memory=MEMORY)
        if not page.exists() or page.stat().st_size > 4 << 20:
            yield f"report: a page of {page.stat().st_size if page.exists() else 'no'} bytes"
        out = Path(work, "out")
        code, _ = bounded.run("extract", image, "-o", out, codes=(0, 1, 3, 4), memory=MEMORY)
        manifest = out / ".fieldstrip" / "manifest.json"
        if out.exists() != (code in (0, 1, 4)) or out.exists() and not manifest.exists():
            yield f"extract: exit {code}, the folder {'is' if out.exists() else 'is not'} there"


def one(image: Path):
    wrong = []
    try:
        wrong += look(image)
    except Failed as e:
        wrong.append(str(e))
    return [f"{image.name}: {line}" for line in wrong]


bad, images = [], []
for folder in (f for n in SEEDS for f in families(n, "hostile")):
    if not SANITIZED:
        bad += by_the_corpus("score.py", folder) + by_the_corpus("roundtrip.py", folder)
    images += [image for image, _ in truths(folder)][5::8 if SANITIZED and "FIELDSTRIP_SEEDS" not in os.environ else 1]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for wrong in pool.map(one, images):
        bad += wrong
print(*(f"FAIL  {line}" for line in bad), sep="\n")
print(f"{len(images)} hostile images, {len(bad)} failures")
sys.exit(bool(bad))

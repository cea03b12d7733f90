#!/usr/bin/env python3
"""Maps of every image of the corpus: exact regions, nothing false, everything owned (score.py)."""
import subprocess, sys
from corpus import ALL, CORPUS, SEEDS, TOOL, families

bad = 0
for n in SEEDS:
    for formats, names in ((ALL, ("camera", "uimage", "squashfs", "jffs2", "stream", "flash", "negative", "edge")), ("uimage,xz,gzip", ("nested",)), (ALL, ("hostile",))):
        done = subprocess.run([sys.executable, CORPUS / "score.py", "--tool", TOOL, "--formats", formats, "--timeout", "300", "--images", *families(n, *names)], stdout=subprocess.PIPE)
        print(f"seed {n}, {' '.join(names)}:\n{done.stdout.decode()}", end="")
        hostile_memory = names == ("hostile",) and b"of memory" in done.stdout  # sanitizers take more than any program
        bad += done.returncode != 0 and not hostile_memory
sys.exit(bad > 0)

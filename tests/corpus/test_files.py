#!/usr/bin/env python3
"""Every entry of every file system of the corpus: its metadata, its content, its state, none too few and none too many (files.py)."""
import subprocess, sys
from corpus import CORPUS, READ, SEEDS, TOOL, families

bad = 0
for n in SEEDS:
    images = families(n, "squashfs", "jffs2", "cpio", "cramfs", "romfs", "camera", "flash", "nested", "uimage", "edge")
    done = subprocess.run([sys.executable, CORPUS / "files.py", "--tool", TOOL, "--formats", READ, "--timeout", "300", "--images", *images], stdout=subprocess.PIPE)
    print(f"seed {n}:\n{done.stdout.decode()}", end="")
    bad += done.returncode != 0
sys.exit(bad > 0)

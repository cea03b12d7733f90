#!/usr/bin/env python3
"""`verify --all --json` against every row of `checks` in the truth files: name, covered bytes, result; damaged images too."""
import json, sys
from corpus import SEEDS, seed, tool, truths

rows = images = 0
bad = []
for n in SEEDS:
    for image, truth in truths(seed(n)):
        if not truth["checks"]:
            continue
        images += 1
        answer = json.loads(tool("verify", "--all", "--json", image, codes=(0, 1)).stdout)
        said = {(c["path"], c["check"]): c for c in answer["checks"]}
        s = answer["summary"]
        if s["covered"] + s["uncovered"] + s["padding"] != truth["size"]:
            bad.append(f"{image.name}: covered, uncovered and padding do not add up")
        for row in truth["checks"]:
            rows += 1
            assert len(row["chain"]) == 1, "a deeper chain: teach this test"
            fmt, at = row["chain"][0]
            got = said.get((f"/{at:08x}.{fmt}", row["check"]))
            if not got or got["covers"] != row["covers"] or got["result"] != row["result"]:
                bad.append(f"{image.name}: expected {row}, got {got}")
print(*bad, sep="\n")
print(f"{rows} checks of {images} images, {len(bad)} differ")
sys.exit(bool(bad))

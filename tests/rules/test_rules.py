#!/usr/bin/env python3
"""The rules of the house: who may include whom, that no engine knows a format, how long a file may be, what a format's folder holds."""
import os, re, shutil, subprocess, sys
from pathlib import Path

top = Path(os.environ.get("SOURCE_DIR", Path(__file__).resolve().parents[2]))
src = top / "src"
wrong = []

# An include goes downwards only.
MAY = {"base": {"base"}, "codecs": {"base", "codecs", "model"}, "model": {"base", "model"}, "formats": {"base", "codecs", "model"},
       "engine": {"base", "model", "engine"}, "look": {"base", "model", "engine", "look"}, "page": {"base", "model", "engine", "look", "page"}, "cli": {"base", "model", "engine", "look", "page", "cli"}}
CODECS_MAY = {"model/context.h", "model/format.h", "model/walk.h"}  # limits, sinks, and the place of a kernel that several formats have
formats = sorted(p.name for p in (src / "formats").iterdir() if p.is_dir())

for path in sorted(src.rglob("*")):
    if path.suffix not in (".cc", ".h"):
        continue
    name, room = path.relative_to(src).as_posix(), path.relative_to(src).parts[0]
    text = path.read_text()
    for include in re.findall(r'#include "([^"]+)"', text):
        other = include.split("/")[0]
        if other == "formats":
            if room != "formats" or include.split("/")[1] != name.split("/")[1]:
                wrong.append(f"{name} includes {include}: formats are known to nobody but the registry")
        elif other not in MAY[room] or room == "codecs" and other == "model" and include not in CODECS_MAY:
            wrong.append(f"{name} includes {include}: {room} may not")
    if room in ("base", "model", "engine"):
        code = re.sub(r"//.*|#include <.*", "", text)  # a library's header may be called as a format is
        for fmt in formats:
            if re.search(rf"(?<![\w]){re.escape(fmt)}(?![\w])", code):
                wrong.append(f"{name} names the format {fmt}")

for path in [*src.rglob("*"), *(top / "tests").rglob("*"), *(top / "fuzz").rglob("*"), *(top / "bench").rglob("*")]:
    if path.suffix in (".cc", ".h", ".py") and path.is_file():
        lines = path.read_text().count("\n")
        if lines > 600:
            wrong.append(f"{path.relative_to(top)} has {lines} lines: 600 are refused")

for fmt in formats:
    folder = src / "formats" / fmt
    samples = list((folder / "samples").glob("*.bin"))
    for what, there in (("code", (folder / f"{fmt}.cc").exists()), (f"{fmt}.md", (folder / f"{fmt}.md").exists()), ("samples", bool(samples)),
                        ("samples/make.sh", (folder / "samples" / "make.sh").exists())):
        if not there:
            wrong.append(f"formats/{fmt} has no {what}")
    for sample in samples:
        if not sample.with_suffix(".covered").exists():
            wrong.append(f"{sample.relative_to(top)} has no list of covered bytes beside it")
    if (folder / f"{fmt}.md").exists() and "Source:" not in (folder / f"{fmt}.md").read_text():
        wrong.append(f"formats/{fmt}/{fmt}.md names no source")

formatter = shutil.which("clang-format-19")
if formatter:
    files = [str(p) for room in ("src", "tests", "fuzz", "bench") for p in (top / room).rglob("*") if p.suffix in (".cc", ".h")]
    done = subprocess.run([formatter, "--dry-run", "-Werror", *files], stderr=subprocess.PIPE)
    wrong += sorted({line.split(":")[0] + " is not as clang-format makes it" for line in done.stderr.decode().splitlines() if "error:" in line})
else:
    print("clang-format-19 is not installed: layout is not looked at")

print(*wrong, sep="\n")
print(f"{len(formats)} formats: {' '.join(formats)}; {len(wrong)} rules broken")
sys.exit(bool(wrong))

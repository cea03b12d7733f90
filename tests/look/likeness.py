#!/usr/bin/env python3
"""What look/likeness is worth, measured: `likeness.py --write` makes docs/likeness.md. It gets Debian packages with apt (material.py), cuts them
into blocks (blocks.py) and counts what the program says of those that the weights were not learnt from (likeness_table, built of the program's
own sources). --folder FOLDER keeps what was got; --learn makes src/look/isa_table.cc first (isa_learn)."""
import argparse, os, re, subprocess, sys, tempfile
from collections import defaultdict
from pathlib import Path

here = Path(__file__).resolve().parent
top = here.parents[1]
NEAR = ["deflate", "deflate, level 1", "zstd", "zstd, level 3", "bzip2", "lz4", "lzma", "xz", "AES-256-CTR", "random"]
ASKED = ["ARM", "Thumb", "AArch64", "MIPS little-endian", "MIPS big-endian", "PowerPC little-endian", "PowerPC big-endian", "x86", "x86-64", "RISC-V", "s390x"]
KINDS = ["filler", "text", "data", "compressed", "random"]


def build(folder, name, sources):
    out = folder / name
    compiler = os.environ.get("CXX", "g++")
    subprocess.run([compiler, "-std=c++23", "-O2", f"-I{top}/src", "-o", out, here / f"{name}.cc", *(top / "src" / s for s in sources)], check=True)
    return out


def count(tool, size, files):
    """By file: what is said, how often."""
    out = defaultdict(lambda: defaultdict(int))
    words = defaultdict(lambda: defaultdict(int))
    for line in subprocess.run([tool, str(size), *files], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines():
        file, kind, said, n, _ = line.split("\t")
        out[Path(file).stem][kind] += int(n)
        words[Path(file).stem][said] += int(n)
    return out, words


def percent(n, all_):
    return f"{100 * n / all_:.2f} %" if all_ else "-"


def whence(path):
    """Names and versions, architectures and blocks after them."""
    by = defaultdict(list)
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"(\S+) (\S+) (\S+): (\d+)", line)
        if match:
            by[f"{match[1]} {match[2].replace('%3a', ':')}"].append(f"{match[3]} {match[4]}")
        else:
            by[line].append("")
    return "; ".join(f"{k} ({', '.join(v)})" if v[0] else k for k, v in sorted(by.items()))


def page(folder, small, big, words):
    isas = {s for f in small.values() for s in f if s not in KINDS} | set(ASKED) | {"AVR", "Xtensa"}
    whole = [k for k in sorted(small) if k.endswith("a whole image")]
    code = sorted((k for k in small if k.split(",")[0] in isas), key=lambda k: (k.split(",")[0] not in ASKED, k))
    other = [k for k in sorted(small) if k not in code and k not in whole]
    lines = ["# What likeness is worth", "",
             "Made by `python3 tests/look/likeness.py --write`; not edited by hand. What `scan --entropy` says of bytes is a hint by statistics alone, and no more is printed than",
             "these tables show to hold. Code is `.text` of Debian packages that the weights were **not** learnt from (both are listed below), blocks of 4 KiB from all of it, with the",
             "tables and literal pools that lie between instructions; the smaller and the odd machines are there as far as there was material.", "",
             "## 4 KiB blocks of code", "", "| code of | blocks | named right | else |", "| --- | ---: | ---: | --- |"]
    right = all_ = 0
    worst = 1.0
    for k in code:
        n = sum(small[k].values())
        name = k.split(",")[0]
        hit = small[k][name]
        if k in ASKED:
            right, all_, worst = right + hit, all_ + n, min(worst, hit / n)
        rest = ", ".join(f"{v} {s}" for s, v in sorted(small[k].items(), key=lambda i: -i[1]) if s != name)
        lines.append(f"| {k} | {n} | {percent(hit, n)} | {rest} |")
    lines += ["", f"Of the {len(ASKED)} that Debian has or had releases of: {right} of {all_} blocks right, {percent(right, all_)}; the worst of them {100 * worst:.2f} %.", "",
              "MIPS and PowerPC of 32 and of 64 bits are one class each: which of the two it is is not said. RISC-V is RV64GC and RV32 alike. There was no",
              "material for MIPS16, microMIPS, MSP430, 8051 and others, and little for Xtensa and AVR: what was not learnt is called data, as the firmware of ath9k is here. Big-endian ARM and SuperH were learnt from",
              "little-endian code with its bytes turned round.", "",
              "## 4 KiB blocks that are no code", "", "| what | blocks | not code | text | data | compressed | random or compressed | filler | called code |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    for k in other:
        n = sum(small[k].values())
        wrong = {s: v for s, v in small[k].items() if s not in KINDS}
        cells = [str(small[k][x]) for x in ("text", "data", "compressed", "random", "filler")]
        lines.append(f"| {k} | {n} | {percent(n - sum(wrong.values()), n)} | {' | '.join(cells)} | {', '.join(f'{v} {s}' for s, v in wrong.items())} |")
    lines += ["", "Tables of ELF files are `.rodata`, `.data`, symbols, relocations, unwind tables, debug information; some are text, some hold compressed data, and some hold tables of encryption,",
              "that are random."]
    lines += ["", "## 4 KiB blocks of whole boot loaders", "", "Code with strings, tables and device trees between: how much of it is code is not known, but which code it is.", "",
              "| image | blocks | said |", "| --- | ---: | --- |"]
    for k in whole:
        lines.append(f"| {k.removesuffix(', a whole image')} | {sum(small[k].values())} | {', '.join(f'{v} {s}' for s, v in sorted(small[k].items(), key=lambda i: -i[1]))} |")
    lines += ["", "## 64 KiB: encrypted or compressed", "",
              "What is printed, of 64 KiB each. Prefix codes (deflate, bzip2, zstd's) are not random in windows of 12 bits at every bit; an arithmetic coder's output (LZMA, xz) passes",
              "every test here as encrypted bytes do, so nothing tells these two apart and both are named.", ""]
    said = sorted({s for k in NEAR for s in words[k]}, key=lambda s: -sum(words[k][s] for k in NEAR))
    lines += ["| made by | blocks | " + " | ".join(said) + " |", "| --- | ---: |" + " ---: |" * len(said)]
    for k in NEAR:
        lines.append(f"| {k} | {sum(words[k].values())} | " + " | ".join(str(words[k][s]) for s in said) + " |")
    lines += ["", "In 4 KiB the same tests tell less: see \"random or compressed\" above. LZ4 leaves bytes as they are and is called data.", "", "## Learnt from", ""]
    for part, title in (("learn", None), ("test", "## Tested on")):
        if title:
            lines += ["", title, ""]
        lines += [f"- {p.stem}: {whence(p)}" for p in sorted((folder / part).glob("*.txt"))]
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="docs/likeness.md; else it is printed")
    options.add_argument("--learn", action="store_true", help="src/look/isa_table.cc too")
    options.add_argument("--folder", type=Path, help="where packages are kept, and looked for")
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = (o.folder or Path(work)).resolve()
        folder.mkdir(exist_ok=True)
        if not (folder / "debs").is_dir():
            subprocess.run([sys.executable, here / "material.py", folder], check=True)
        if not (folder / "test").is_dir():
            subprocess.run([sys.executable, here / "blocks.py", folder], check=True)
        if o.learn:
            table = subprocess.run([build(folder, "isa_learn", []), folder / "learn"], stdout=subprocess.PIPE, check=True).stdout
            (top / "src/look/isa_table.cc").write_bytes(table)
        tool = build(folder, "likeness_table", [f"look/{s}.cc" for s in ("likeness", "histogram", "isa", "isa_table", "near_random", "text_like")])
        small, _ = count(tool, 4096, sorted((folder / "test").glob("*.bin")))
        big, words = count(tool, 65536, [folder / f"test/{k}.bin" for k in NEAR])
        text = page(folder, small, big, words)
        if o.write:
            (top / "docs/likeness.md").write_text(text)
        else:
            print(text)


if __name__ == "__main__":
    main()

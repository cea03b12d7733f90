#!/usr/bin/env python3
"""Cuts the packages that material.py got into blocks of 4 KiB by what they are: `blocks.py FOLDER` writes FOLDER/learn/CLASS.bin, FOLDER/test/CLASS.bin
and, beside each, CLASS.txt with the packages. Code is .text of ELF files, by the header's machine; data are the sections of the same files
that hold none, fonts, tables; text is what decodes as UTF-8; the rest is made of these by compressors and by openssl."""
import bz2, hashlib, io, lzma, re, struct, subprocess, sys, tarfile, tempfile, zlib
from collections import defaultdict
from pathlib import Path

import material

BLOCK = 4096
MACHINES = {3: "x86", 62: "x86-64", 183: "AArch64", 21: "PowerPC", 20: "PowerPC", 22: "s390x", 243: "RISC-V", 4: "m68k", 42: "SuperH", 2: "SPARC", 18: "SPARC",
            43: "SPARC", 15: "PA-RISC", 0x9026: "Alpha", 41: "Alpha", 195: "ARC", 93: "ARC", 94: "Xtensa", 83: "AVR", 8: "MIPS"}
PLAIN = {".rodata", ".data", ".data.rel.ro", ".eh_frame", ".dynsym", ".dynstr", ".rela.dyn", ".rel.dyn", ".gnu.hash", ".hash", ".gcc_except_table", ".got",
         ".eh_frame_hdr", ".symtab", ".strtab", ".ARM.exidx", ".ARM.extab", ".gnu.version", ".debug_info", ".debug_line", ".opd"}
MOST = {"learn": 500, "test": 250}  # blocks of one class from one package, spread evenly


def sections(elf):
    wide, order = elf[4] == 2, "<>"[elf[5] == 2]
    machine, = struct.unpack_from(order + "H", elf, 18)
    flags, = struct.unpack_from(order + "I", elf, 48 if wide else 36)
    at, = struct.unpack_from(order + ("Q" if wide else "I"), elf, 40 if wide else 32)
    size, count, names = struct.unpack_from(order + "HHH", elf, 58 if wide else 46)
    heads = [struct.unpack_from(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"), elf, at + i * size) for i in range(count)]
    if not heads:
        return
    text = elf[heads[names][4]:heads[names][4] + heads[names][5]]
    for h in heads:
        if h[1] != 8:
            yield machine, order, flags, text[h[0]:text.index(b"\0", h[0])].decode(), h[2], elf[h[4]:h[4] + h[5]]


def name_of(machine, order, path, package):
    if machine == 40:
        if order == ">":
            return None
        if "arm-none-eabi" in package:
            return "Thumb" if "/thumb/" in path else "ARM" if "/arm/" in path else None
        return "Thumb" if package.endswith("armhf") else "ARM"
    kind = MACHINES.get(machine)
    if kind in ("MIPS", "PowerPC", "SuperH"):
        kind += " little-endian" if order == "<" else " big-endian"
    return kind


def pixels(png):
    """Of 8-bit RGB(A) pictures, as a frame buffer has them."""
    try:
        width, height, depth, colors, _, _, interlaced = struct.unpack_from(">IIBBBBB", png, 16)
        channels = {2: 3, 6: 4}.get(colors)
        if depth != 8 or not channels or interlaced:
            return b""
        packed, at = b"", 8
        while at + 8 <= len(png):
            size, name = struct.unpack_from(">I4s", png, at)
            if name == b"IDAT":
                packed += png[at + 8:at + 8 + size]
            at += size + 12
        rows, out = zlib.decompress(packed), bytearray()
        line, before = width * channels, bytes(width * channels)
        for y in range(height):
            kind, row = rows[y * (line + 1)], bytearray(rows[y * (line + 1) + 1:(y + 1) * (line + 1)])
            for i in range(line):
                a, b, c = row[i - channels] if i >= channels else 0, before[i], before[i - channels] if i >= channels else 0
                p = a + b - c
                paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                row[i] = row[i] + (0, a, b, (a + b) // 2, paeth)[kind] & 255
            out += row
            before = row
        return bytes(out[:len(out) // BLOCK * BLOCK])
    except (struct.error, zlib.error, IndexError):
        return b""


def metadata_of_file_systems():
    """Of ext4, with many empty files: inodes, folders, bitmaps."""
    with tempfile.TemporaryDirectory() as work:
        top = Path(work, "top")
        for i in range(3000):
            f = top / f"folder{i % 37}" / f"name-{i * 7919 % 10007:x}"
            f.parent.mkdir(parents=True, exist_ok=True)
            f.touch()
        image = Path(work, "image")
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-N", "4096", "-d", top, image, "8M"], check=True)
        return image.read_bytes()


def members(archive):
    at = 8
    while at + 60 <= len(archive):
        size = int(archive[at + 48:at + 58])
        yield archive[at + 60:at + 60 + size]
        at += 60 + size + size % 2


def files_of(deb):
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as t:
        for m in t:
            if m.isfile() and m.size >= 256:
                yield m.name, t.extractfile(m).read()


def classes_of(deb, package):
    """Bytes by class."""
    out = defaultdict(bytearray)

    def elf(path, bytes_):
        for machine, order, flags, name, attributes, body in sections(bytes_):
            if attributes & 4 and (name == ".text" or name.startswith(".text.")):
                kind = name_of(machine, order, path, package)
                if kind:
                    kind += ", kernel modules" if kernel else ""
                    out[kind] += body + bytes(-len(body) % 4)
            elif not attributes & 4 and name in PLAIN and len(body) >= BLOCK:
                out["tables of ELF files"] += body[:len(body) // BLOCK * BLOCK]

    kernel = package.startswith("linux-image")
    for path, bytes_ in files_of(deb):
        if kernel and not path.endswith(".ko"):
            continue
        if path.endswith(".png"):
            out["pictures, pixels"] += pixels(bytes_)
        if bytes_[:4] == b"\x7fELF":
            elf(path, bytes_)
        elif bytes_[:8] == b"!<arch>\n" and path.endswith(".a"):
            for m in members(bytes_):
                if m[:4] == b"\x7fELF":
                    elf(path, m)
        elif package.startswith("u-boot") and path.endswith("/u-boot.bin"):
            out[f"U-Boot {path.split('/')[-2]}, a whole image"] += bytes_
        elif path.endswith("htc_9271-1.4.0.fw") or path.endswith("htc_7010-1.4.0.fw"):
            out["Xtensa, a whole firmware"] += bytes_
        elif path.endswith((".gz", ".xz", ".png", ".bz2", ".zst")):
            continue
        elif len(bytes_) >= BLOCK:
            whole = bytes_[:len(bytes_) // BLOCK * BLOCK]
            try:
                bytes_.decode()
                out["text"] += whole
            except UnicodeDecodeError:
                end = path.rsplit(".", 1)[-1].lower()
                kind = {"ttf": "fonts", "otf": "fonts", "pcf": "fonts", "psf": "fonts", "mo": "translations", "wav": "sound", "dtb": "device trees", "pyc": "byte code"}.get(end)
                if kind:
                    out[kind] += whole
                elif end in ("mgc", "dat", "trie", "cache") or "/zoneinfo/" in path or "/locale/" in path:
                    out["other tables"] += whole
    return out


def made(out):
    """Compressed, encrypted and random bytes, from what is there."""
    source = b"".join(bytes(b"".join(out[k][:600])) for k in ("x86-64", "ARM", "text", "tables of ELF files", "MIPS little-endian", "text") if k in out)
    pipe = lambda *words: subprocess.run(words, input=source, stdout=subprocess.PIPE, check=True).stdout
    def deflate(level):
        raw = zlib.compressobj(level, zlib.DEFLATED, -15)
        return raw.compress(source) + raw.flush()
    key = hashlib.sha256(source).hexdigest()
    aes = ["openssl", "enc", "-aes-256-ctr", "-K", key, "-iv", key[:32]]
    return {"deflate": deflate(9), "deflate, level 1": deflate(1), "lzma": lzma.compress(source, lzma.FORMAT_ALONE)[64:], "xz": lzma.compress(source), "bzip2": bz2.compress(source),
            "zstd": pipe("zstd", "-q", "-12"), "zstd, level 3": pipe("zstd", "-q", "-3"), "lz4": pipe("lz4", "-q", "-9", "-c"), "AES-256-CTR": pipe(*aes), "random": pipe(*aes[:-2], "-iv", key[32:])[: len(source) // 2]}


def main(folder):
    blocks = {"learn": defaultdict(list), "test": defaultdict(list)}
    whence = {"learn": defaultdict(list), "test": defaultdict(list)}
    learn = set(material.LEARN + material.LEARN_CROSS + material.LEARN_OTHER + [p.split(":")[0] for p in material.LEARN_DATA])
    for deb in sorted((folder / "debs").glob("*.deb")):
        name, version, arch = deb.stem.split("_")
        base = re.sub("-(" + "|".join(material.CROSS) + ")-cross$", "", name)
        part = "learn" if name in learn or base in learn else "test"
        for kind, bytes_ in classes_of(deb, f"{name}_{arch}").items():
            n = len(bytes_) // BLOCK
            if not n:
                continue
            kind = kind.replace("/", " ")
            step = max(1.0, n / MOST[part])
            taken = [bytes(bytes_[int(i * step) * BLOCK:int(i * step + 1) * BLOCK][:BLOCK]) for i in range(int(n / step))]
            taken = [t for t in taken if len(t) == BLOCK and t.count(t[:1]) < BLOCK * 0.9]
            blocks[part][kind] += taken
            whence[part][kind].append(f"{name} {version} {arch}: {len(taken)}")
    meta = metadata_of_file_systems()
    blocks["test"]["metadata of ext4"] = [b for b in (meta[i:i + BLOCK] for i in range(0, len(meta), BLOCK)) if b.count(b[:1]) < BLOCK * 0.9]
    whence["test"]["metadata of ext4"].append("made by mke2fs")
    for part in blocks:
        out = folder / part
        out.mkdir(exist_ok=True)
        for kind, bytes_ in made(blocks[part]).items():
            n = min(len(bytes_) // BLOCK, 4000)
            blocks[part][kind] = [bytes_[i * BLOCK:(i + 1) * BLOCK] for i in range(n)]
            whence[part][kind].append(f"made of the other blocks: {n}")
        for kind, list_ in sorted(blocks[part].items()):
            (out / f"{kind}.bin").write_bytes(b"".join(list_))
            (out / f"{kind}.txt").write_text("\n".join(whence[part][kind]) + "\n")
            print(part, kind, len(list_))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

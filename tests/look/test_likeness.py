#!/usr/bin/env python3
"""scan --entropy, held against what other tools made: code that clang compiles for many processors, text, streams of zlib, bz2, lzma, keys and orders of bytes
applied by Python, and raw code whose pointers Python computed. The output without --entropy is what it was, and with it the same for any number of threads."""
import bz2, hashlib, json, lzma, os, random, re, shutil, struct, subprocess, sys, tempfile, zlib
from pathlib import Path

top, tool = Path(os.environ["SOURCE_DIR"]).resolve(), os.path.abspath(os.environ["FIELDSTRIP"])
good, bad = 0, 0
r = random.Random(18)


def ok(what, holds, more=""):
    global good, bad
    good, bad = good + bool(holds), bad + (not holds)
    if not holds:
        print(f"FAIL  {what}: {more}", flush=True)


def run(*words):
    done = subprocess.run([tool, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode in (0, 1), (words, done.returncode, done.stderr)
    return done.stdout


def biggest(work, bytes_):
    """What is said of the biggest region that no format owns."""
    path = Path(work, "image")
    path.write_bytes(bytes_)

    def all_of(node):
        yield node
        for c in node.get("children", ()):
            yield from all_of(c)
    root = json.loads(run("scan", "--json", "--entropy", path))["root"]
    return max((n for n in all_of(root) if n["format"] == "unknown"), key=lambda n: n["size"], default=root)


def looks(node):
    l = node.get("likeness", {})
    return l.get("isa") or l.get("kind")


def entropy(b):
    """By its definition."""
    from collections import Counter
    from math import log2
    return -sum(n / len(b) * log2(n / len(b)) for n in Counter(b).values())


def xor(b, key):
    return bytes(c ^ key[i % len(key)] for i, c in enumerate(b))


def turned(b, width):
    return b"".join(b[i:i + width][::-1] for i in range(0, len(b) // width * width, width))


def noise(n, seed):
    return b"".join(hashlib.sha256(b"%d %d" % (seed, i)).digest() for i in range(n // 32))


TARGETS = {"ARM": ["armv5te-none-eabi", "-marm"], "Thumb": ["armv7a-none-eabi", "-mthumb"], "AArch64": ["aarch64-none-elf"], "MIPS big-endian": ["mips-none-elf"],
           "MIPS little-endian": ["mipsel-none-elf"], "PowerPC big-endian": ["powerpc-none-elf"], "PowerPC little-endian": ["powerpc64le-none-elf"],
           "RISC-V": ["riscv64-none-elf", "-march=rv64gc"], "x86": ["i686-none-elf"], "x86-64": ["x86_64-none-elf"], "s390x": ["s390x-none-elf"],
           "SPARC": ["sparc-none-elf"], "ARM big-endian": ["armebv5te-none-eabi", "-marm"]}
SIZES = {"string.h": "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t); void *memmove(void *, const void *, size_t); void *memset(void *, int, size_t);\n",
         "stdio.h": "", "stdlib.h": "#include <stddef.h>\n"}


def compiled(work):
    """.text of the LZMA encoder of third_party, for each processor: by another compiler than what the weights were learnt from."""
    clang = shutil.which("clang-19") or shutil.which("clang")
    copy = shutil.which("llvm-objcopy-19") or shutil.which("llvm-objcopy")
    if not clang or not copy:
        print("no clang: code of other processors is not compiled")
        return {}
    for name, text in SIZES.items():
        Path(work, name).write_text(text)
    out = {}
    for isa, (target, *flags) in TARGETS.items():
        code = b""
        for source in ("LzmaEnc.c", "LzFind.c"):
            o, b = Path(work, "x.o"), Path(work, "x.bin")
            done = subprocess.run([clang, f"--target={target}", *flags, "-O2", "-ffreestanding", "-w", "-D_7ZIP_ST", "-I", work, "-c", top / "third_party/lzma-sdk" / source, "-o", o],
                                  stderr=subprocess.PIPE)
            if done.returncode:
                print(f"{isa}: not compiled here: {done.stderr.decode().splitlines()[0]}")
                break
            subprocess.run([copy, "-O", "binary", "--only-section=.text", o, b], check=True)
            code += b.read_bytes() + bytes(-b.stat().st_size % 4)
        else:
            out[isa] = code
    return out


def based(code, endian, base, n):
    """Code, strings, and a table of pointers to them, linked for `base`."""
    words = [bytes(r.choice(b"abcdefghijklmnopqrstuvwxyz %:") for _ in range(r.randrange(8, 40))) for _ in range(n)]
    out, places = bytearray(code + bytes(64)), []
    for w in words:
        places.append(len(out))
        out += w + b"\0"
    out += bytes(-len(out) % 4)
    r.shuffle(places)
    for p in places:
        out += struct.pack(endian + "I", base + p)
    return bytes(out)


with tempfile.TemporaryDirectory() as work:
    text = (top / "README.md").read_bytes() + (top / "docs/design.md").read_bytes()
    for name, b, kind in (("text", text, "text"), ("UTF-16", text.decode().encode("utf-16-le"), "text"), ("noise", noise(1 << 17, 1), "random"),
                          ("table", b"".join(struct.pack("<IHHI", i, i * 7 % 300, 3, 0x1000 + i * 20) for i in range(8000)), "data")):
        node = biggest(work, b)
        ok(f"{name} is {kind}", looks(node) == kind, node)
        ok(f"entropy of {name}", abs(node["entropy"] - entropy(b)) < 0.01 + 2 * (len(b) > 1 << 18), (node["entropy"], entropy(b)))
        ok(f"curve of {name}", len(node["entropy_curve"]) == 16 and abs(sum(node["entropy_curve"]) / 16 - node["entropy"]) < 1.5)

    code = compiled(work)
    for isa, b in code.items():
        node = biggest(work, b)
        ok(f"code of {isa}", looks(node) == isa, (looks(node), node.get("likeness")))
    rest = b"".join(code.values()) * 2 + text * 8
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    if code:
        for name, b, kinds in (("deflate", raw.compress(rest) + raw.flush(), ("compressed",)), ("bzip2", bz2.compress(rest)[10:], ("compressed",)),
                               ("lzma", lzma.compress(rest, lzma.FORMAT_ALONE)[64:], ("random",))):
            node = biggest(work, b[:1 << 17])
            ok(f"{name} is {kinds}", looks(node) in kinds, node.get("likeness"))

    keys = {n: bytes(r.randrange(1, 256) for _ in range(n)) for n in (1, 2, 4, 7, 16, 33)}
    def key_of(node):
        return next((h["key"] for h in node.get("hints", ()) if h["hint"] == "xor"), None)
    for n, key in keys.items():
        node = biggest(work, xor(text, key))
        ok(f"key of {n} bytes over text", key_of(node) == key.hex(), (key.hex(), node.get("hints")))
        if "ARM" in code:
            node = biggest(work, xor(code["ARM"] + b"\xff" * 4096 + code["ARM"], key))
            ok(f"key of {n} bytes over code", key_of(node) == key.hex(), (key.hex(), node.get("hints")))
    for name, b in (("noise", noise(1 << 16, 2)), ("text", text), ("deflate", zlib.compress(text * 4)[2:]), *code.items()):
        node = biggest(work, b)
        ok(f"no key for {name}", not [h for h in node.get("hints", ()) if h["hint"] != "base"], node.get("hints"))
    for width in (2, 4):
        node = biggest(work, turned(text, width))
        ok(f"text turned by {width}", any(h["hint"] == "swapped" and f"{width * 8}-bit" in h["what"] for h in node.get("hints", ())), node.get("hints"))
    for isa, width in (("Thumb", 2), ("x86-64", 4)):
        if isa in code:
            node = biggest(work, turned(code[isa], width))
            ok(f"{isa} turned by {width}", any(h["hint"] == "swapped" and isa in h["what"] for h in node.get("hints", ())), node)

    for isa, endian, base in (("ARM", "<", 0x80008000), ("MIPS big-endian", ">", 0x80002000), ("MIPS little-endian", "<", 0xBFC00000), ("Thumb", "<", 0x08004000)):
        if isa not in code:
            continue
        node = biggest(work, based(code[isa], endian, base, 200))
        ok(f"base of {isa}", [h["base"] for h in node.get("hints", ()) if h["hint"] == "base"] == [base], (hex(base), node.get("hints")))
        node = biggest(work, based(code[isa], endian, base, 12))
        ok(f"no base of {isa} from 12 pointers", not node.get("hints"), node.get("hints"))

    # The picture for people.
    image = Path(work, "image")
    image.write_bytes(noise(1 << 16, 3) + b"\xff" * 65536 + text)
    out = run("scan", "--entropy", image).decode()
    ok("curves", "████████████████" in out and "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁" in out and "looks like text" in out, out)
    plain = run("scan", image).decode()
    ok("without it nothing of it", not re.search("[▁-█]|looks like|hint", plain), plain)
    camera = top / "samples/camera/camera.img"
    for words in (("scan", "--entropy", "--tree"), ("scan", "--entropy", "--tree", "--json")):
        ok("any number of threads", run(*words, "-j1", camera) == run(*words, "-j4", camera))

print(f"{len(code)} processors compiled for; {good} of {good + bad} claims hold")
sys.exit(bad > 0)

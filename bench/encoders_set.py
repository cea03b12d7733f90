"""What bench/encoders.py tries: twenty inputs of different kinds, made of this machine's own files and of seeded noise, and the encoders that Debian has with their
usual levels."""
import base64, ctypes, ctypes.util, io, json, math, os, random, shutil, struct, subprocess, tarfile, tempfile, zlib
from pathlib import Path

K = 1024


def files(pattern, root, limit, skip=0):
    out = bytearray()
    for path in sorted(Path(root).glob(pattern)):
        if path.is_file() and not path.is_symlink():
            out += path.read_bytes()
        if len(out) >= skip + limit:
            break
    return bytes(out[skip:skip + limit])


def repeated(data, n):
    return (data * (n // max(1, len(data)) + 1))[:n]


def copies(r, n):
    out = bytearray()
    while len(out) < n:
        if out and r.random() < 0.5:
            back, length = r.randint(1, min(len(out), 40_000)), r.randint(3, 300)
            out += repeated(bytes(out[-back:]), length)
        else:
            out += bytes(r.choice(b"abcdefgh") for _ in range(r.randint(1, 40)))
    return bytes(out[:n])


def archive(root, n):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for path in sorted(Path(root).rglob("*.py")):
            info = tarfile.TarInfo(path.relative_to(root).as_posix()[-99:])
            info.size, info.mtime = path.stat().st_size, 1_500_000_000
            t.addfile(info, path.open("rb"))
            if out.tell() > n:
                break
    return out.getvalue()[:n]


def squashfs(root, n):
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["mksquashfs", root, f"{d}/x", "-comp", "gzip", "-all-time", "0", "-mkfs-time", "0", "-no-progress", "-processors", "1"], stdout=subprocess.DEVNULL, check=True)
        return Path(d, "x").read_bytes()[:n]


def inputs(top):
    r = random.Random(16)
    python = sorted(Path("/usr/lib").glob("python3.*"))[-1]
    shell, library = Path("/bin/bash").read_bytes(), Path("/lib/x86_64-linux-gnu/libc.so.6").read_bytes()
    licences = files("*", "/usr/share/common-licenses", 1000 * K)
    words = [w.decode("latin1") for w in sorted(set(licences.split()))]
    boards = b"".join(p.read_bytes() for p in sorted((top / "src/formats/dtb/samples").glob("*.bin")))
    log = "".join(f"Jan {i // 700 + 1:2} {i // 60 % 24:02}:{i % 60:02}:{i * 7 % 60:02} camera kernel: [{i * 0.731:12.6f}] {r.choice(words)} {r.choice(words)} {r.randrange(999)}\n" for i in range(3000))
    rows = [{"id": i, "name": r.choice(words), "value": r.random(), "tags": [r.choice(words) for _ in range(3)]} for i in range(1500)]
    xml = "".join(f"  <item id=\"{x['id']}\"><name>{x['name']}</name><value>{x['value']:.4f}</value></item>\n" for x in rows * 2)
    wave = b"".join(struct.pack("<hh", int(9000 * math.sin(i / 20) + r.gauss(0, 90)), int(7000 * math.sin(i / 31) + r.gauss(0, 90))) for i in range(40_000))
    picture = bytes((x * 3 + y * (c + 1) + r.randrange(3)) & 255 for y in range(160) for x in range(200) for c in range(3))
    glyphs = b"".join(struct.pack(">HhhhhI", i, -r.randrange(200), r.randrange(900), r.randrange(700), 2048, 40_000 + i * 37) for i in range(9000))
    sparse = bytearray(512 * K)
    for i in range(0, len(sparse), 4096):
        sparse[i:i + 8] = struct.pack("<Q", i)
    module = files("**/*.so", "/usr/lib/x86_64-linux-gnu/gconv", 160 * K) or library[700 * K:860 * K]
    return {"program": shell[:256 * K], "library": library[300 * K:900 * K], "modules": module, "source": files("*.py", python, 200 * K), "headers": files("*.h", "/usr/include", 150 * K),
            "licences": licences[:128 * K], "json": json.dumps(rows, indent=1).encode()[:250 * K], "xml": xml.encode()[:180 * K], "log": log.encode()[:200 * K],
            "noise": r.randbytes(64 * K), "zeros": bytes(1024 * K), "mostly zeros": bytes(sparse), "tar": archive(python, 384 * K), "wave": wave[:128 * K], "picture": picture[:96 * K],
            "devicetrees": repeated(boards, 96 * K), "font tables": glyphs[:96 * K], "squashfs": squashfs(python / "json", 64 * K) + squashfs(python / "xml", 64 * K),
            "base64": base64.encodebytes(shell[300 * K:400 * K])[:100 * K],
            "mixed": shell[500 * K:590 * K] + r.randbytes(40 * K) + licences[200 * K:260 * K] + bytes(60 * K) + copies(r, 100 * K) + shell[500 * K:520 * K]}


def command(*words, by_file=False):
    """Its standard output; the content comes as a file only where that changes something, or the program wants one."""
    def run(content):
        if not by_file:
            return subprocess.run(words, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        with tempfile.NamedTemporaryFile() as f:
            f.write(content), f.flush()
            return subprocess.run([f.name if w == "FILE" else w for w in words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return run


def python_zlib(level, window=15, memory=8, strategy=0, flush=None):
    def run(content):
        z = zlib.compressobj(level, 8, window, memory, strategy)
        if flush is None:
            return z.compress(content) + z.flush()
        return b"".join(z.compress(content[i:i + 20_000]) + z.flush(flush) for i in range(0, len(content), 20_000)) + z.flush()
    return run


def libdeflate(level, kind):
    lib = ctypes.CDLL(ctypes.util.find_library("deflate"))
    lib.libdeflate_alloc_compressor.restype, lib[f"libdeflate_{kind}_compress"].restype = ctypes.c_void_p, ctypes.c_size_t

    def run(content):
        coder, out = ctypes.c_void_p(lib.libdeflate_alloc_compressor(level)), ctypes.create_string_buffer(len(content) + 100_000)
        size = lib[f"libdeflate_{kind}_compress"](coder, content, ctypes.c_size_t(len(content)), out, ctypes.c_size_t(len(out)))
        lib.libdeflate_free_compressor(coder)
        return out.raw[:size]
    return run


def encoders():
    """(row of the table, whether Debian's libraries have that encoder, [(words, how, each how many'th input)])."""
    rows = []

    def row(name, program, *variants):
        rows.append((name, program, [(" ".join(w) if not isinstance(w, str) else w, how if callable(how) else command(*w), every) for w, how, every in variants]))

    def tool(*words, every=1, by_file=False):
        return (words, command(*words, by_file=by_file), every)

    xz = ("xz", "-c", "-T1")
    row("xz, presets", "xz", *[tool(*xz, f"-{n}{e}", every=4 if e else 1) for e in ("", "e") for n in range(10)])
    row("xz, options", "xz", *[tool(*xz, *o, every=3) for o in (["--check=none"], ["--check=crc32"], ["--check=sha256"], ["-T2", "--block-size=65536"], ["--x86", "--lzma2=preset=9"],
        ["--arm", "--lzma2=dict=1MiB"], ["--delta=dist=2", "--lzma2=preset=6"], ["--check=crc32", "--lzma2=preset=9e,lc=0,lp=2,pb=2"], ["--lzma2=preset=6,lc=4"], ["--lzma2=dict=64KiB"])])
    row("xz, single options", "xz", *[tool(*xz, f"--lzma2={o}", every=4) for o in ("preset=6,nice=273", "preset=6,nice=128", "preset=9,mf=hc4", "preset=6,mode=fast", "preset=6,mf=bt2", "preset=6,depth=500")])
    alone = ("xz", "--format=lzma", "-c")
    row("lzma, liblzma", "xz", *[tool(*alone, f"-{n}", every=2) for n in range(10)], *[tool(*alone, f"-{n}e", every=4) for n in (3, 6, 9)],
        *[tool(*alone, f"--lzma1={o}", every=4) for o in ("preset=6,dict=64KiB", "preset=9,lc=1,lp=2,pb=2", "preset=6,lc=0,lp=2", "preset=9e,dict=1MiB,pb=0")])
    row("lzma, LZMA SDK 9.22 (lzma)", "lzmp", *[tool("lzmp", "-c", f"-{n}", "FILE", every=2, by_file=True) for n in range(1, 10)])
    row("lzma, LZMA SDK 9.22 (lzma_alone)", "lzma_alone", *[tool("lzma_alone", "e", "FILE", "-so", *o, every=3, by_file=True) for o in (["-d16"], ["-d20", "-fb64", "-eos"],
        ["-d23", "-fb273"], ["-lc1", "-lp2", "-pb2", "-d23"], ["-a0"], ["-a0", "-mfhc4", "-fb32"], ["-mfbt2", "-fb64"], ["-mfhc4"], ["-mfbt3"], ["-fb32", "-mc1000"], ["-lc8", "-lp0", "-pb0"])])
    row("gzip, GNU", "gzip", *[tool("gzip", "-nc", f"-{n}") for n in range(1, 10)], *[tool("gzip", "-nc", "--rsyncable", f"-{n}", every=4) for n in (1, 6, 9)], ("gzip -6 with a name", command("gzip", "-c", "FILE", by_file=True), 4))
    row("gzip, pigz", "pigz", *[tool("pigz", "-nc", f"-{n}", *o, every=3) for n in (1, 6, 9) for o in (["-p1"], ["-p2"], ["-p2", "-i"], ["-p2", "-b", "256"], ["-p2", "-z"])])
    row("gzip and zlib, libdeflate", "libdeflate.so", *[(f"libdeflate {n} {kind}", libdeflate(n, kind), 6) for n in range(1, 13) for kind in ("gzip", "zlib")] if ctypes.util.find_library("deflate") else [])
    row("gzip and zlib, zopfli", "zopfli", tool("zopfli", "-c", "FILE", every=5, by_file=True), tool("zopfli", "-c", "--i5", "FILE", every=5, by_file=True), tool("zopfli", "-c", "--zlib", "FILE", every=5, by_file=True), tool("pigz", "-nc", "-11", every=10))
    row("zlib", None, *[(f"zlib level {n}", python_zlib(n), 1) for n in range(1, 10)], *[(f"zlib level {n} window {w} memory {m} strategy {s}", python_zlib(n, w, m, s), 3)
        for n, w, m, s in ((9, 15, 9, 0), (6, 15, 1, 0), (6, 12, 8, 0), (3, 9, 4, 0), (6, 15, 8, 1), (6, 15, 8, 2), (6, 15, 8, 3), (6, 15, 8, 4), (0, 15, 8, 0))])
    row("zlib, flushed", None, *[(f"zlib level {n} {name} each 20000 bytes", python_zlib(n, flush=f), 6) for n in (1, 6, 9)
        for name, f in (("Z_SYNC_FLUSH", zlib.Z_SYNC_FLUSH), ("Z_FULL_FLUSH", zlib.Z_FULL_FLUSH), ("Z_PARTIAL_FLUSH", zlib.Z_PARTIAL_FLUSH))])
    row("zstd, levels", "zstd", *[tool("zstd", "-qc", f"-{n}", every=2 if n < 16 else 5) for n in range(1, 20)])
    row("zstd, options", "zstd", *[tool("zstd", "-qc", *o, every=2) for o in (["--fast=1"], ["--fast=4"], ["-3", "--long=27"], ["-10", "--long=24"], ["-3", "-T2"], ["-3", "-T0"], ["-9", "-T2"], ["-3", "--single-thread"],
        ["-9", "--single-thread"], ["-6", "--no-check"])], *[tool("zstd", "-qc", *o, "FILE", every=2, by_file=True) for o in (["-3"], ["-9"], ["-3", "--single-thread"], ["-3", "--no-content-size"])],
        *[tool("zstd", "-qc", "--ultra", f"-{n}", every=5) for n in (20, 22)])
    row("lz4 frame", "lz4", *[tool("lz4", "-qc", f"-{n}", every=2) for n in range(1, 13)], *[tool("lz4", "-qc", *o, every=3) for o in (["-B4"], ["-B5"], ["-B6"], ["-9", "-B4"], ["-BD"], ["-9", "-BD"], ["-12", "-BD", "-B4"], ["-BX"],
        ["--no-frame-crc"], ["--fast=3"], ["--fast=9"])], tool("lz4", "-qc", "--content-size", "FILE", every=3, by_file=True))
    row("lz4 legacy", "lz4", *[tool("lz4", "-qcl", f"-{n}", every=1) for n in (1, 3, 9, 12)])
    row("bzip2", "bzip2", *[tool("bzip2", "-c", f"-{n}") for n in range(1, 10)])
    row("lzop", "lzop", *[tool("lzop", "-c", f"-{n}", every=1) for n in (1, 3, 6, 7, 8, 9)], tool("lzop", "-c", "-3", "-F", every=4), tool("lzop", "-c", "--crc32", every=4))
    row("lzip", "lzip", *[tool("lzip", "-c", f"-{n}", every=2) for n in range(10)], *[tool("lzip", "-c", *o, every=4) for o in (["-s64KiB"], ["-m100"], ["-b100000"])])
    row("compress", "compress", *[tool("compress", "-cf", "-b", str(n), every=1) for n in (10, 12, 14, 16)])  # what -b 9 writes ncompress 5 cannot read itself
    return [(name, program, variants) for name, program, variants in rows if variants and (program is None or program.endswith(".so") or shutil.which(program))], \
        sorted({program for _, program, variants in rows if program and (not variants or not program.endswith(".so") and not shutil.which(program))})

#!/usr/bin/env python3
"""Streams of the field's own encoders: encoded again from content and parameters alone they are the same bytes, and `info` names who made them."""
import ctypes, ctypes.util, json, math, os, random, shutil, struct, subprocess, sys, tempfile, zlib
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
bad = 0


def run(*words, data=b"", codes=(0,)):
    done = subprocess.run(words, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode in codes, (words, done.returncode, done.stderr)
    return done


def copies(r, n):
    """Text with matches of all lengths and distances."""
    out = bytearray()
    while len(out) < n:
        if out and r.random() < 0.5:
            back, length = r.randint(1, min(len(out), 40_000)), r.randint(3, 300)
            out += (out[-back:] * (length // back + 1))[:length]
        else:
            out += bytes(r.choice(b"abcdefgh") for _ in range(r.randint(1, 40)))
    return bytes(out[:n])


def periods(r, n):
    """What repeats itself right behind itself, broken now and then."""
    out = bytearray()
    while len(out) < n:
        out += r.randbytes(r.randint(1, 9)) * r.randint(1, 400)
    return bytes(out[:n])


def far(r, n):
    """Matches about as far back as the window reaches: GNU gzip takes one at 32506 only if it is the first that it looks at."""
    out = bytearray(r.randbytes(33_000))
    while len(out) < n:
        back = r.randint(32_495, 32_515)
        out += out[-back:][:r.randint(3, 270)] + r.randbytes(r.randint(0, 2))
    return bytes(out[:n])


r = random.Random(1)
code = Path(TOOL).read_bytes()
words = b" ".join(b"%d" % r.randrange(3000) for _ in range(600_000))
CONTENTS = {"empty": b"", "byte": b"a", "short": b"abcabcabcabc", "zeros": bytes(140_000), "more_zeros": bytes(700_000), "noise": r.randbytes(80_000), "code": code[:200_000],
            "text": words[:300_000], "copies": copies(r, 200_000), "periods": periods(r, 150_000), "far": far(r, 150_000), "mixed": code[200_000:290_000] + r.randbytes(70_000) + words[:80_000] + bytes(70_000) + code[:50_000]}
# Where the window is moved and the input ends: 32 KiB, 64 KiB and what is looked ahead.
CONTENTS |= {f"ends_{n}": CONTENTS["copies"][:n] for n in (32768, 65274, 65275, 65535, 65536, 65537, 98303, 98304, 131072)}
CONTENTS |= {f"cut_{i}": code[i * 13_331:i * 13_331 + i * i * 37 + i] for i in range(1, 41, 5)}
FEW = [name for name in CONTENTS if not name.startswith(("cut_", "more_"))]


def judge(name, streams):
    """All in one image, filler between. `streams`: (what, stream, how `info` should begin, or who judges what it says)."""
    global bad
    image = b"".join(data + b"\xff" * 300 for _, data, _ in streams)
    with tempfile.TemporaryDirectory() as d:
        d = Path(d)
        (d / "image").write_bytes(image)
        run(TOOL, "extract", d / "image", "-o", d / "out", "-q", codes=(0, 1))
        (d / "out/.fieldstrip/original").unlink()
        done = run(TOOL, "repack", d / "out", "--rebuild-all", "-o", d / "again", codes=(0, 1))
        again = (d / "again").read_bytes()
        at = wrong = 0
        for what, data, _ in streams:
            if again[at:at + len(data)] != data:
                wrong += 1
                print(f"FAIL {name}: {what}: not the same bytes")
            at += len(data) + 300
        print(f"{name}: {len(streams) - wrong} of {len(streams)} the same bytes")
        bad += wrong + (not wrong and again != image)
        for what, data, made_by in streams:
            if made_by is None:
                continue
            (d / "one").write_bytes(data)
            seen = json.loads(run(TOOL, "info", f"{d / 'one'}:/0", "--json", codes=(0, 1)).stdout)["made_by"]
            if not (made_by(seen, data) if callable(made_by) else seen.startswith(made_by)):
                bad += 1
                print(f"FAIL {name}: {what}: made by {seen!r}")


def by(command, names):
    def judged(name):  # the command that is named makes these bytes, but for the header, which says what the command was told
        header = 2 if "-z" in command else 10
        more = ["-n", "-z"] if "-z" in command else ["-n"]
        # What is shorter than a piece of pigz's is as zlib makes it: that it is made again shows that the name is right.
        return lambda seen, data: (command[0] == "pigz" and seen.startswith("zlib level ")) or seen.split()[0] in ("gzip", "pigz") and run(*seen.removesuffix(" (GNU)").split(), *more, data=CONTENTS[name]).stdout[header:] == data[header:]

    return [(f"{' '.join(command)} {name}", run(*command, data=CONTENTS[name]).stdout, judged(name) if name in ("text", "code", "copies") else None) for name in names]


for level in range(1, 10):
    streams = by(["gzip", "-n", f"-{level}"], CONTENTS) + by(["gzip", "-n", f"-{level}", "--rsyncable"], FEW)
    judge(f"gzip -{level}", streams)

if shutil.which("pigz"):
    for level in (1, 6, 9):
        streams = [s for more in (["-p1"], ["-p2"], ["-p2", "-i"], ["-p2", "-b", "256"], ["-p2", "-z"]) for s in by(["pigz", "-n", f"-{level}", *more], FEW)]
        judge(f"pigz -{level}", streams)
else:
    print("SKIPPED: no pigz")

streams = []
for name in FEW:
    for level, window, memory, strategy in [*((n, 15, 8, 0) for n in range(10)), *((n, 15, 9, 0) for n in (1, 6, 9)), *((6, 15, m, 0) for m in (1, 4, 7)), *((6, w, 8, 0) for w in (9, 12, 14)),
                                            *((6, 15, 8, s) for s in range(1, 5))]:
        z = zlib.compressobj(level, 8, window, memory, strategy)
        streams.append((f"zlib {level} {window} {memory} {strategy} {name}", z.compress(CONTENTS[name]) + z.flush(), ("zlib level", "gzip -") if level and name == "text" else None))
# Several parameters make the same bytes of most; the rebuilt stream shows that those which are named do.
judge("zlib", [s for s in streams if not s[0].endswith("empty")])  # among others an empty one proves nothing

streams = []
for level, kind, flush in ((1, "partial", zlib.Z_PARTIAL_FLUSH), (6, "sync", zlib.Z_SYNC_FLUSH), (9, "full", zlib.Z_FULL_FLUSH)):
    for name in ("text", "mixed"):
        z, data = zlib.compressobj(level), CONTENTS[name]
        stream = b"".join(z.compress(data[i:i + 20_000]) + z.flush(flush) for i in range(0, len(data), 20_000)) + z.flush()
        streams.append((f"zlib {level} {kind} flush {name}", stream, lambda seen, _, kind=kind: seen.startswith("zlib level") and f"flushed ({kind})" in seen))
judge("zlib, flushed", streams)


def from_file(command, data):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data), f.flush()
        return run(*(f.name if w == "FILE" else w for w in command)).stdout


PART = {"code": code[:40_000], "text": words[:60_000], "zeros": bytes(50_000)}
if shutil.which("lzmp"):
    streams = [(f"lzma -{n} {name}", from_file(["lzmp", "-c", f"-{n}", "FILE"], PART[name]), f"lzma -{n} (LZMA SDK)" if name == "text" else None) for n in (1, 3, 7, 9) for name in PART]
    # The last byte of one in some hundreds needs no byte of the input any more.
    streams += [(f"lzma -9 of {n} bytes", from_file(["lzmp", "-c", "-9", "FILE"], code[n * 500:n * 501 + 300]), None) for n in range(25)]
    judge("lzma, LZMA SDK", streams)
else:
    print("SKIPPED: no lzmp of the package lzma")
if shutil.which("lzma_alone"):
    streams = []
    for options, made_by in ((["-d16", "-fb64", "-eos"], "lzma e -d16 -fb64 -eos (LZMA SDK)"), (["-a0", "-mfhc4", "-fb32"], "lzma e -a0 -d23 -fb32 -mfhc4 (LZMA SDK)"),
                             (["-lc1", "-lp2", "-pb2", "-d20"], "lzma e -d20 -fb128 -lc1 -lp2 -pb2 (LZMA SDK)"), (["-lc8", "-lp1", "-pb0", "-d17"], "lzma e -d17 -fb128 -lc8 -lp1 -pb0 (LZMA SDK)")):
        streams += [(f"lzma_alone {' '.join(options)} {name}", from_file(["lzma_alone", "e", "FILE", "-so", *options], PART[name]), made_by if name == "text" else None) for name in ("code", "text")]
    judge("lzma, the SDK's program", streams)
else:
    print("SKIPPED: no lzma_alone")
if shutil.which("lzip"):
    streams = [(f"lzip -{n} {name}", run("lzip", "-c", f"-{n}", data=PART[name]).stdout, f"lzip -{n}" if name == "text" else None) for n in (0, 6, 9) for name in PART]
    streams += [(f"lzip -0 of {n} bytes", run("lzip", "-c", "-0", data=code[:n]).stdout, None) for n in (1, 4095, 4097, 6000, 65535, 65536, 65537)]
    judge("lzip", streams)
else:
    print("SKIPPED: no lzip")

library = ctypes.util.find_library("deflate")
if library:
    lib = ctypes.CDLL(library)
    lib.libdeflate_alloc_compressor.restype, lib.libdeflate_zlib_compress.restype, lib.libdeflate_gzip_compress.restype = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t
    streams = []
    for level in (1, 3, 6, 9, 12):
        coder = ctypes.c_void_p(lib.libdeflate_alloc_compressor(level))
        for name in FEW:
            if name == "empty":
                continue
            data, out = CONTENTS[name], ctypes.create_string_buffer(len(CONTENTS[name]) + 100_000)
            for kind in (lib.libdeflate_zlib_compress, lib.libdeflate_gzip_compress):
                size = kind(coder, data, ctypes.c_size_t(len(data)), out, ctypes.c_size_t(len(out)))
                streams.append((f"libdeflate {level} {name}", out.raw[:size], f"libdeflate level {level}" if level and name == "text" else None))
        lib.libdeflate_free_compressor(coder)
    judge("libdeflate", streams)
else:
    print("SKIPPED: no libdeflate.so")
# Of xz the beginning is encoded only: what is long and what has few matches shows whether that is enough.
if shutil.which("xz"):
    wave = b"".join(struct.pack("<hh", int(9000 * math.sin(i / 20) + r.gauss(0, 90)), int(7000 * math.sin(i / 31) + r.gauss(0, 90))) for i in range(40_000))
    long = {"code": code[:400_000], "text": CONTENTS["text"], "copies": CONTENTS["copies"], "mixed": CONTENTS["mixed"], "wave": wave, "noise and code": r.randbytes(150_000) + code[:200_000]}
    for preset in [f"-{n}" for n in range(10)] + ["-3e", "-5e", "-6e", "-9e"]:
        judge(f"xz {preset}", [(name, run("xz", "-c", "-T1", preset, data=data).stdout, None) for name, data in long.items()])
else:
    print("SKIPPED: no xz")
sys.exit(bad > 0)

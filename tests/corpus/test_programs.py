#!/usr/bin/env python3
"""ELF and PE: where programs of this machine and the samples end, by readelf's tables; what is cut, has no section table or a wrong one; contents replaced where they fit,
by the program itself or by hand; PE's checksum as another implementation sums it."""
import json, os, shutil, struct, subprocess, sys, tempfile
from pathlib import Path

TOOL, TOP = os.environ["FIELDSTRIP"], Path(os.environ["SOURCE_DIR"])
wrong, done = [], 0


def expect(what, is_so):
    global done
    done += 1
    if not is_so:
        wrong.append(what)


def run(*words, codes=(0,)):
    out = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert codes is None or out.returncode in codes, f"{words}: exit {out.returncode}: {out.stderr.decode(errors='replace')[-300:]}"
    return out


def top(image):
    return json.loads(run(TOOL, "scan", "--json", image, codes=(0, 1)).stdout)["root"].get("children", [])


def furthest(path):
    """By readelf: the furthest end of headers, tables, segments and sections with bytes."""
    text = subprocess.run(["readelf", "-hlSW", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}).stdout.decode(errors="replace")
    head = {line.split(":")[0].strip(): line.split(":")[1].split()[0] for line in text.split("\n\n")[0].splitlines() if line.count(":") >= 1 and line.split(":")[1].split()}
    number = lambda name: int(head.get(name, "0"), 0)
    ends = [number("Size of this header"), number("Start of program headers") + number("Number of program headers") * number("Size of program headers"),
            number("Start of section headers") + number("Number of section headers") * number("Size of section headers")]
    for line in text.splitlines():
        cells = line.replace("[ ", "[").split()
        if line.startswith("  [") and len(cells) > 6 and cells[0][1:-1].isdigit() and cells[0] != "[0]":
            at = next((i for i, c in enumerate(cells) if len(c) in (8, 16) and i + 2 < len(cells) and all(x in "0123456789abcdef" for x in c + cells[i + 1] + cells[i + 2])), None)
            if at and cells[at - 1] not in ("NOBITS", "NULL"):
                ends.append(int(cells[at + 1], 16) + int(cells[at + 2], 16))
        elif len(cells) > 6 and cells[0].isupper() and cells[1].startswith("0x") and cells[4].startswith("0x"):
            ends.append(int(cells[1], 16) + int(cells[4], 16))
    return max(ends)


def programs():
    for folder in ("/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/gcc"):
        n = 0
        for path in sorted(Path(folder).rglob("*")):
            if n == 60 or not path.is_file() or path.is_symlink() or path.stat().st_size > 4_000_000:
                continue
            with open(path, "rb") as f:
                if f.read(4) == b"\x7fELF":
                    n += 1
                    yield path
    yield from sorted((TOP / "src/formats/elf/samples").glob("*.bin"))


with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    if shutil.which("readelf"):
        for path in programs():
            first = next(iter(top(path)), {})
            expect(f"{path}: {first.get('format')} of {first.get('size')} bytes, readelf says {furthest(path)}", first.get("format") == "elf" and first["size"] == furthest(path))
    else:
        print("readelf is not installed: ends are not compared")

    image, out = work / "image", work / "out"
    elf = TOP / "src/formats/elf/samples"
    loader, program = (elf / "loader.bin").read_bytes(), (elf / "program.bin").read_bytes()

    # Behind others and before others, cut, without its section table, with a wrong one.
    for behind in (b"", b"~Module signature appended~\n", b"\xff" * 5000, bytes(range(255, 1, -1)) * 20):
        image.write_bytes(b"\xff" * 4096 + program + behind)
        expect(f"with {len(behind)} bytes behind it", any((c["format"], c["offset"], c["size"]) == ("elf", 4096, len(program)) for c in top(image)))
    for size in (1400, 1800, len(program) - 1):
        image.write_bytes(program[:size])
        found = top(image)
        expect(f"cut to {size}: {found}", found and found[0]["format"] == "elf" and found[0]["size"] == size and any(f["code"] == "elf.cut" for f in found[0].get("findings", ())))
    image.write_bytes(program[:64])
    expect("a header alone is nothing", all(c["format"] != "elf" for c in top(image)))
    loaded = max(struct.unpack_from("<Q", program, 64 + 56 * i + 8)[0] + struct.unpack_from("<Q", program, 64 + 56 * i + 32)[0] for i in range(struct.unpack_from("<H", program, 56)[0]))
    for at, finding in ((0, None), (0x123, "elf.section-table-wrong"), (1 << 60, "elf.section-table-wrong")):
        bare = bytearray(program)
        struct.pack_into("<Q", bare, 40, at)
        image.write_bytes(bare[:loaded] + b"\xff" * 4096)
        found = top(image)[0]
        expect(f"section table at {at:#x}: {found}", found["format"] == "elf" and found["size"] == loaded and [f["code"] for f in found.get("findings", ())] == ([finding] if finding else []))

    # The payload of a loader: shorter and as long fits, longer is refused; nothing else changes.
    at = json.loads(run(TOOL, "scan", "--tree", "--json", elf / "loader.bin").stdout)["root"]["children"][0]
    section = next(c for c in at["children"] if c["name"] == ".image")
    (work / "new").write_bytes(b"A payload that compresses to less.\n" * 3)
    run(TOOL, "edit", elf / "loader.bin", "--replace", "/00000000.elf/.image/00000000.gzip/content", work / "new", "-o", out)
    made = out.read_bytes()
    expect("a shorter payload is put in its place", run(TOOL, "cat", f"{out}:/00000000.elf/.image/00000000.gzip/content").stdout == (work / "new").read_bytes())
    a, b = section["offset"], section["offset"] + section["size"]
    expect("and nothing else changed", len(made) == len(loader) and made[:a] == loader[:a] and made[b:] == loader[b:])
    out.unlink()
    (work / "new").write_bytes(os.urandom(500))
    expect("a longer one is refused", run(TOOL, "edit", elf / "loader.bin", "--replace", "/00000000.elf/.image/00000000.gzip/content", work / "new", "-o", out, codes=(3,)) and not out.exists())
    for name in (".text-size", "section-headers-offset", "segment-1-offset", "header-size"):
        expect(f"{name} is not set", run(TOOL, "edit", elf / "program.bin", "--set", f"/00000000.elf.{name}=1", "-o", out, codes=(3,)) and not out.exists())
    run(TOOL, "edit", elf / "program.bin", "--set", "/00000000.elf.interpreter=/lib/ld.so.1", "--set", "/00000000.elf..text-address=0x9000", "-o", out)
    if shutil.which("readelf"):
        text = run("readelf", "-lSW", out).stdout.decode()
        expect("the interpreter and an address were set: " + text, "interpreter: /lib/ld.so.1]" in text and "0000000000009000" in text)
    out.unlink()

    # PE: the checksum, summed here as Microsoft's documentation tells it; the signature.
    pe = TOP / "src/formats/pe/samples"

    def checksum(data):
        place = struct.unpack_from("<I", data, 60)[0] + 24 + 64
        total = 0
        padded = bytes(data) + bytes(len(data) % 2)
        for i in range(0, len(padded), 2):
            if not place <= i < place + 4:
                total += struct.unpack_from("<H", padded, i)[0]
                total = (total & 0xFFFF) + (total >> 16)
        return total + len(data), struct.unpack_from("<I", data, place)[0]

    now, stored = checksum((pe / "summed.bin").read_bytes())
    expect("the linker's checksum is summed here", now == stored)
    (work / "new").write_bytes(b"other data")
    run(TOOL, "edit", pe / "summed.bin", "--replace", "/00000000.pe/.data", work / "new", "-o", out)
    now, stored = checksum(out.read_bytes())
    expect("the checksum follows", now == stored and out.read_bytes() != (pe / "summed.bin").read_bytes())
    out.unlink()
    plan = json.loads(run(TOOL, "edit", pe / "signed.bin", "--replace", "/00000000.pe/.data", work / "new", "--plan", "--json", codes=(0, 1)).stdout)
    expect(f"an edit names both signatures: {plan}", len(plan["cannot"]) >= 2 and all("signature" in json.dumps(c) for c in plan["cannot"]))
    data = bytearray((pe / "plain.bin").read_bytes())
    image.write_bytes(data + b"\xff" * 300 + b"more")
    expect("a PE ends with its sections", top(image)[0]["format"] == "pe" and top(image)[0]["size"] == len(data))
    for at, text in ((0x38, b"ARM\x64"), (0x38, b"RSC\x05"), (0x202, b"HdrS"), (4, b"zimg")):
        kernel = bytearray(data)
        kernel[at:at + 4] = text
        image.write_bytes(kernel)
        expect(f"{text} is a kernel's own header", all(c["format"] != "pe" for c in top(image)))
    image.write_bytes(data[:1200])
    expect("a PE that is cut", top(image)[0]["format"] == "pe" and top(image)[0]["size"] == 1200 and top(image)[0]["findings"][0]["code"] == "pe.cut")

print(*wrong, sep="\n")
print(f"{done} held, {len(wrong)} not")
sys.exit(bool(wrong))

#!/usr/bin/env python3
"""Debian's kernels: their format and exact size, the compressed kernel as its own decoder gives it, the version banner, the initramfs; taken apart and put
together again. They are in the folder that $FIELDSTRIP_DEBIAN_KERNELS names: scripts/debian-kernels.sh fetches them."""
import json, os, shutil, struct, subprocess, sys, tempfile
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
FOLDER = Path(os.environ.get("FIELDSTRIP_DEBIAN_KERNELS") or "/nowhere")
# What a kernel of that architecture is, and whether it is compressed (Debian's kernel packages, and make's target for each).
FORMATS = {"arm64": ("linux-image", False), "riscv64": ("linux-image", False), "armhf": ("zimage", True), "armel": ("zimage", True), "amd64": ("bzimage", True),
           "mipsel": ("elf", True)}
DECODERS = {"xz": ["xz", "-dc"], "gzip": ["gzip", "-dc"], "zstd": ["zstd", "-dc"], "lzma": ["xz", "--format=lzma", "-dc"], "lz4-legacy": ["lz4", "-dc"], "bzip2": ["bzip2", "-dc"]}

if not (FOLDER / "kernels.tsv").exists():
    print("SKIPPED: no kernels of Debian's: scripts/debian-kernels.sh DIR fetches them, FIELDSTRIP_DEBIAN_KERNELS=DIR names them")
    sys.exit(77)


def tool(*words, codes=(0, 1)):
    done = subprocess.run([TOOL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode in codes, f"{words}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
    return done.stdout


def nodes(node):
    yield node
    for child in node.get("children", ()):
        yield from nodes(child)


known = {f["id"]: f for f in json.loads(tool("formats", "--json"))["formats"]}
bad, not_yet = [], set()


def look(arch, version, release, image):
    wanted, compressed = FORMATS[arch]
    data = image.read_bytes()
    root = json.loads(tool("scan", "--tree", "--json", image))["root"]
    all_nodes = list(nodes(root))

    def expect(holds, what):
        if not holds:
            bad.append(f"{image.name}: {what}")

    if wanted in known:
        top = root["children"][0]
        expect((top["format"], top["offset"], top["size"], len(root["children"])) == (wanted, 0, len(data), 1), f"is not one {wanted} of {len(data)} bytes")
    else:
        not_yet.add(wanted)

    kernel = data
    where = {n["path"]: n for n in all_nodes}
    if compressed:
        streams = [n for n in all_nodes if n["format"] in DECODERS and n.get("at") is not None]
        largest = max(streams, key=lambda n: n["size"], default=None)
        expect(largest and largest["size"] > len(data) // 2, "its payload is not found")
        if not largest:
            return
        packed = data[largest["at"]:largest["at"] + largest["size"]]
        kernel = subprocess.run(DECODERS[largest["format"]], input=packed, stdout=subprocess.PIPE, check=True).stdout
        content = largest["path"] + "/content"
        expect(tool("cat", f"{image}:{content}") == kernel, f"{content} is not what {DECODERS[largest['format']][0]} makes of it")
        kernel_node = where[content]
    else:
        kernel_node = next((n for n in all_nodes if n["name"] == "image"), root)

    banner = f"Linux version {release} ".encode()
    at = kernel.find(banner)
    expect(at >= 0 and version.encode() in kernel[at:at + 400], "the decoded kernel has no banner of the package's version")
    findings = [f for n in nodes(kernel_node) for f in n["findings"] if f["code"] == "raw.banner"]
    if findings:
        expect(any(f"Linux version {release} " in f["message"] for f in findings), f"its banner is not shown: {findings}")
    else:
        not_yet.add("raw.banner")

    # The initramfs that the build puts into each kernel (usr/default_cpio_list): /dev, /dev/console, /root.
    archive = kernel.find(b"07070100")
    if archive >= 0:
        found = next((n for n in nodes(kernel_node) if n["format"] == "cpio"), None)
        expect(found, f"the initramfs at {archive:#x} is not found")
        if found:
            entries = json.loads(tool("ls", "-R", "--json", f"{image}:{found['path']}"))["entries"]
            expect([(e["path"], e["type"]) for e in entries] == [("dev", "dir"), ("dev/console", "char"), ("root", "dir")], f"its initramfs holds {entries}")
    if wanted == "linux-image" and wanted in known and arch == "arm64":
        # Debian signs them: what is behind the sections is the certificate table, which a field of the PE header tells.
        expect("signed" in root["children"][0]["label"], "its signature is not told")

    checks = json.loads(tool("verify", "--json", image))["summary"]
    expect(checks["fail"] == 0, f"{checks['fail']} checks fail")
    with tempfile.TemporaryDirectory() as work:
        tool("extract", image, "-o", Path(work, "folder"))
        tool("repack", Path(work, "folder"), "-o", Path(work, "back"))
        expect(Path(work, "back").read_bytes() == data, "put together it is not identical")
    print(f"{arch}: {image.name}: {len(data)} bytes, kernel of {len(kernel)}, {len(all_nodes)} nodes")


def zboots(release, image):
    """EFI zboot images around it, as Debian has none: read, and with another banner, which must leave the program where it is."""
    sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "src/formats/efi-zboot/samples"))
    sys.dont_write_bytecode = True
    import zboot
    quick = {"gzip": ["gzip", "-n", "-1"], "lz4": ["lz4", "-l", "-1", "-c"], "lzma": ["xz", "--format=lzma", "-0", "-c"], "lzo": ["lzop", "-1", "-c"],
             "xzkern": ["xz", "-0", "--check=crc32", "-c"], "zstd22": ["zstd", "-q", "-1", "-c"]}
    data = image.read_bytes()
    kernel = data + bytes(struct.unpack_from("<Q", data, 16)[0] - len(data))  # as Makefile.zboot pads it
    text = f"Linux version {release} ".encode()
    other = kernel.replace(text, b"Linux version " + b"A" * (len(text) - 15) + b" ")
    assert other != kernel and len(other) == len(kernel)
    for codec, command in quick.items():
        if not shutil.which(command[0]):
            print(f"{codec}: {command[0]} is not installed: not looked at")
            continue
        with tempfile.TemporaryDirectory() as work:
            one, two, new = Path(work, "one"), Path(work, "two"), Path(work, "new")
            whole = zboot.zboot(kernel, codec, command=command)
            one.write_bytes(whole)
            new.write_bytes(other)
            at, size = struct.unpack_from("<II", whole, 8)
            root = json.loads(tool("scan", "--tree", "--json", one))["root"]
            where = {n["path"]: n for n in nodes(root)}
            content = "/00000000.efi-zboot/payload/content"
            found = [n for p, n in where.items() if p.startswith(content) and n["format"] == "linux-image"]
            if content not in where or [n["size"] for n in found] != [len(data)] or tool("cat", f"{one}:{content}") != kernel:
                bad.append(f"zboot with {codec}: its kernel is not found, or not what was packed")
                continue
            tool("edit", one, "--replace", content, new, "-o", two)
            edited = two.read_bytes()
            behind = at + size + (4 if zboot.CODECS[codec][1] else 0)
            right = len(edited) == len(whole) and edited[:at] == whole[:at] and edited[behind:] == whole[behind:]
            if not right or struct.unpack_from("<I", edited, behind - 4)[0] != len(other) or tool("cat", f"{two}:{content}") != other:
                bad.append(f"zboot with {codec}: edited it is not right")
            print(f"zboot with {codec}: {len(whole)} bytes, read and edited")


count = 0
for line in (FOLDER / "kernels.tsv").read_text().splitlines():
    arch, version, release, path = line.split("\t")
    look(arch, version, release, FOLDER / path)
    count += 1
    if arch == "arm64" and "efi-zboot" in known:
        zboots(release, FOLDER / path)
print(*bad, sep="\n")
if not_yet:
    print("not looked at, as this version does not know them: " + " ".join(sorted(not_yet)))
print(f"{count} kernels, {len(bad)} differences")
sys.exit(bool(bad))

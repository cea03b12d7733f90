#!/usr/bin/env python3
"""Kernels that no sample can be: an Image without an EFI stub, which only its space bounds; the configuration in one, edited; zboot images of every codec
with an edited kernel, whose program must stay where it is. What is expected comes from Linux' own descriptions and from the codecs' own tools."""
import gzip, json, os, re, shutil, struct, subprocess, sys, tempfile
from pathlib import Path

TOOL, TOP = os.environ["FIELDSTRIP"], Path(os.environ["SOURCE_DIR"])
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "src/formats/efi-zboot/samples"))
import zboot

bad = []


def expect(holds, what):
    if not holds:
        bad.append(what)


def tool(*words, codes=(0, 1)):
    done = subprocess.run([TOOL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert codes is None or done.returncode in codes, f"{words}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
    return done


def nodes(node):
    yield node
    for child in node.get("children", ()):
        yield from nodes(child)


def tree(image):
    return {n["path"]: n for n in nodes(json.loads(tool("scan", "--tree", "--json", image).stdout)["root"])}


def formats_of(image):
    return [(n["format"], n["offset"], n["size"]) for n in tree(image).values() if n["format"] not in ("raw", "unknown", "padding")]


def image(memory, size, body=b""):
    """An arm64 Image without an EFI stub (booting.rst)."""
    head = struct.pack("<IIQQQ24x4sI", 0x14000010, 0, 0x80000, memory, 0xA, b"ARM\x64", 0)
    return head + body + bytes((i * 7 + i // 256) % 251 for i in range(size - 64 - len(body)))


def without_stub(work):
    one = work / "image"
    plain = image(9000, 6000)
    one.write_bytes(plain)
    expect(formats_of(one) == [("linux-image", 0, 6000)], "an Image without a stub is one where it is all there is")
    one.write_bytes(gzip.compress(plain, mtime=0))
    expect(("linux-image", 0, 6000) in formats_of(one), "it is found in a gzip stream")
    one.write_bytes(image(5999, 6000))
    expect(formats_of(one) == [], "none that is longer than its memory: its end is not known")
    one.write_bytes(image(0, 6000))
    expect(formats_of(one) == [], "none of before 3.17, which says no size")
    one.write_bytes(b"\xAA" * 4096 + plain)
    expect(formats_of(one) == [], "none behind something else")


def configuration(work):
    """In a kernel it keeps its place: shorter, as long again, longer."""
    text = "".join(f"CONFIG_OPTION_{i * 7919 % 1000}={'ym'[i % 2]}\n" for i in range(400)).encode()
    packed = subprocess.run(["gzip", "-n", "-9"], input=text, stdout=subprocess.PIPE, check=True).stdout
    whole = image(20000, 12000, bytes(500) + b"IKCFG_ST" + packed + b"IKCFG_ED" + b"what is linked behind it")
    one, two, new = work / "kernel", work / "kernel2", work / "config"
    one.write_bytes(whole)
    path = next((p for p, n in tree(one).items() if n["format"] == "ikconfig"), None)
    expect(path, "the configuration is found")
    if not path:
        return
    content = path + "/config/content"
    expect(tool("cat", f"{one}:{content}").stdout == text, "its text is what was packed")
    new.write_bytes(text[:len(text) // 2])
    tool("edit", one, "--replace", content, new, "-o", two)
    edited = two.read_bytes()
    begin = whole.index(b"IKCFG_ST") + 8
    end = begin + len(packed)
    expect(len(edited) == len(whole) and edited[:begin] == whole[:begin] and edited[end:] == whole[end:], "only what is between the marks changes")
    (work / "proc.gz").write_bytes(edited[begin:end])
    read = subprocess.run(["gzip", "-dc", work / "proc.gz"], stdout=subprocess.PIPE)
    expect(read.returncode == 0 and read.stdout == text[:len(text) // 2], "gzip reads what /proc/config.gz would give")
    new.write_bytes(text)
    tool("edit", two, "--replace", content, new, "-o", work / "kernel3")
    expect((work / "kernel3").read_bytes() == whole, "undone, it is the same")
    new.write_bytes(text + bytes(os.urandom(3000)))
    expect(tool("edit", two, "--replace", content, new, "-o", work / "no", codes=None).returncode == 3 and not (work / "no").exists(), "a longer one is refused")


def last_block(work):
    """A kernel's last block of LZ4 may be its BSS: zeros, which prove nothing but where they end."""
    if not shutil.which("lz4"):
        return print("lz4 is not installed: not looked at")
    one = work / "lz4"
    content = bytes(range(256)) * ((8 << 20) // 256) + bytes(65536)
    packed = subprocess.run(["lz4", "-l", "-9", "-c"], input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for what, behind in (("nothing", b""), ("its size", struct.pack("<I", len(content))), ("its size, and more", struct.pack("<I", len(content)) + b"more of it")):
        one.write_bytes(packed + behind)
        expect(formats_of(one)[:1] == [("lz4-legacy", 0, len(packed))], f"with {what} behind it, an LZ4 stream whose last block is zeros has it: {formats_of(one)}")
    one.write_bytes(packed[:-20])
    expect(formats_of(one)[0][2] < len(packed), "cut in its last block it is said to be shorter")


def zboots(work):
    inner = (TOP / "src/formats/linux-image/samples/efi.bin").read_bytes()
    memory = struct.unpack_from("<Q", inner, 16)[0]
    words = b"".join(b"A line of the kernel's text, number %d\n" % (i * 7919 % 10007) for i in range(600))
    kernel = inner + words + bytes(memory - len(inner) if memory > len(inner) + len(words) else 4096)  # something behind it, as its BSS is
    other = kernel.replace(b"kernel's text", b"xxxxxxxxxxxxx")
    expect(other != kernel and len(other) == len(kernel), "there is something to edit")
    for codec, (command, sized) in zboot.CODECS.items():
        if not shutil.which(command[0]):
            print(f"{codec}: {command[0]} is not installed: not looked at")
            continue
        one, two, new = work / codec, work / (codec + "2"), work / "new"
        whole = zboot.zboot(kernel, codec)
        one.write_bytes(whole)
        at, size = struct.unpack_from("<II", whole, 8)
        found = tree(one)
        top = "/00000000.efi-zboot"
        content = top + "/payload/content"
        expect(top in found and found[top]["size"] == len(whole), f"{codec}: it is found with its size")
        if content not in found:
            bad.append(f"{codec}: its payload is not read")
            continue
        expect((found[top + "/payload"]["offset"], found[top + "/payload"]["size"]) == (at, size), f"{codec}: the payload is where its header says")
        expect(not any(n["findings"] for n in found.values()), f"{codec}: nothing is to be said")
        expect(tool("cat", f"{one}:{content}").stdout == kernel, f"{codec}: the kernel is what was packed")
        expect(any(p.startswith(content) and n["format"] == "linux-image" and n["size"] == len(inner) for p, n in found.items()), f"{codec}: and is an Image")
        new.write_bytes(other)
        done = tool("edit", one, "--replace", content, new, "-o", two)
        edited = two.read_bytes()
        behind = at + size + (4 if sized else 0)
        expect(len(edited) == len(whole) and edited[:at] == whole[:at] and edited[behind:] == whole[behind:], f"{codec}: the program stays where it is")
        expect(struct.unpack_from("<I", edited, behind - 4)[0] == len(other), f"{codec}: the size is read at the place's end")
        expect(tool("cat", f"{two}:{content}").stdout == other, f"{codec}: the new kernel is read back")
        stream = tool("cat", f"{two}:{top}/payload").stdout
        expect(edited[at:at + len(stream)] == stream and not any(edited[at + len(stream):at + size]), f"{codec}: zeros follow the stream")
        unpack = [command[0], *(["--format=lzma"] if codec == "lzma" else []), "-dc"]
        expect(subprocess.run(unpack, input=stream, stdout=subprocess.PIPE).stdout == other, f"{codec}: {command[0]} reads it")
        expect(json.loads(tool("verify", "--json", two).stdout)["summary"]["fail"] == 0, f"{codec}: its checks hold")
        new.write_bytes(os.urandom(len(kernel)))
        expect(tool("edit", one, "--replace", content, new, "-o", work / "no", codes=None).returncode == 3 and not (work / "no").exists(), f"{codec}: a longer one is refused")


def stub_of(payload, sized):
    """A zImage (head.S) around it: a table that says where the size of the decoded kernel stands."""
    body = payload + sized
    stub = bytearray(struct.pack("<I", 0xE1A00000) * 8 + bytes(0x1000 - 32))
    struct.pack_into("<6I", stub, 0x24, 0x016F2818, 0, 0x1000 + len(body) + 64, 0x04030201, 0x45454545, 0x100)
    struct.pack_into("<6I", stub, 0x100, 6, 0x5A534C4B, 0x1000 + len(body) - 4, 0, 0, 0)
    return bytes(stub) + body + bytes(range(64))


def places(work):
    """A kernel in its zImage: gzip fills the place whatever is left of it; what no longer fits is packed in a denser way, and said so."""
    one, two, new, top = work / "one", work / "two", work / "new", "/00000000.zimage/payload/content"
    text = b"Linux version 6.1.0-made (by@test) #1\n\0" + b"".join(b"line %d of the kernel\n" % (i * 7919 % 10007) for i in range(3000))
    for level in "19":
        packed = subprocess.run(["gzip", "-n", "-" + level, "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
        whole = stub_of(packed, b"")
        one.write_bytes(whole)
        expect("6.1.0-made" in tree(one)[top]["label"], "the kernel is named by its banner")
        gaps = set()
        for cut in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 20, 100, 4000, len(text) - 1):
            shorter = text[:len(text) - cut]
            new.write_bytes(shorter)
            tool("edit", one, "--replace", top, new, "-o", two)
            edited = two.read_bytes()
            gaps.add(len(packed) - len(subprocess.run(["gzip", "-n", "-" + level, "-c"], input=shorter, stdout=subprocess.PIPE, check=True).stdout))
            expect(len(edited) == len(whole) and edited[:0x1000] == whole[:0x1000] and edited[-64:] == whole[-64:], f"gzip -{level}, {cut} less: the stub stays")
            expect(gzip.decompress(edited[0x1000:-64]) == shorter, f"gzip -{level}, {cut} less: Python reads what was put there")
            expect(struct.unpack_from("<I", edited, len(edited) - 68)[0] == len(shorter), f"gzip -{level}, {cut} less: its size ends the place")
        expect(len(gaps) > 5, "the lengths are different ones")
    packed = subprocess.run(["gzip", "-n", "-1", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
    one.write_bytes(stub_of(packed, b""))
    longer = text + b"".join(b"more: %d\n" % (i * 104729 % 9973) for i in range(40))
    expect(len(subprocess.run(["gzip", "-n", "-1", "-c"], input=longer, stdout=subprocess.PIPE, check=True).stdout) > len(packed), "as it was packed the longer one does not fit")
    new.write_bytes(longer)
    done = tool("edit", one, "--replace", top, new, "-o", two)
    expect(b"in another way" in done.stderr, f"that it is packed in another way is said: {done.stderr}")
    expect(gzip.decompress(two.read_bytes()[0x1000:-64]) == longer, "and read")
    new.write_bytes(longer + os.urandom(len(text)))
    done = tool("edit", one, "--replace", top, new, "-o", work / "no", codes=None)
    expect(done.returncode == 3 and not (work / "no").exists() and b"--resize" not in done.stderr, "what fits in no way is refused, and no image that is longer would help")
    xz = subprocess.run(["xz", "--check=crc32", "-0", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
    one.write_bytes(stub_of(xz, struct.pack("<I", len(text))))
    for content in (text[:-7], text):  # shorter, and back in what was given up
        new.write_bytes(content)
        tool("edit", one, "--replace", top, new, "-o", two)
        expect(struct.unpack_from("<I", two.read_bytes(), two.stat().st_size - 68)[0] == len(content), "xz: the size is set")
        expect(json.loads(tool("verify", "--json", two).stdout)["summary"]["fail"] == 0, "xz: its checks hold")
        one, two = two, one
    expect(one.read_bytes() == stub_of(xz, struct.pack("<I", len(text))), "xz: put back it is the same")


def linked_in(work):
    """An initramfs that is linked into a kernel: its size stands behind it (usr/initramfs_data.S), and init/initramfs.c skips zeros in it, and nothing else."""
    one, two, folder = work / "vmlinux", work / "vmlinux2", work / "vmlinux.fs"
    sys.path.insert(0, str(TOP / "tests/cli"))
    from linux import newc
    entry = lambda name, data: (name, 0o100644, data)
    archive = newc([entry("init", b"#!/bin/sh\n" * 40), entry("etc/conf", b"a line\n" * 50), ("TRAILER!!!", 0, b"")])
    begins = [m.start() for m in re.finditer(b"070701", archive)]
    shorter = archive[:begins[1]] + archive[begins[2]:]
    code = bytes((i * 31 + i // 256) % 253 + 1 for i in range(8192))
    for name, packed, inner in (("cpio", archive + bytes(-len(archive) % 512), ""), ("gzip", gzip.compress(archive, 9, mtime=0), "/content")):
        for order in ("<I", ">I", "<Q", ">Q"):
            behind = bytes(-len(packed) % struct.calcsize(order)) + struct.pack(order, len(packed)) + code
            one.write_bytes(code + packed + behind)
            path = f"/00002000.{name}{inner}/etc/conf"
            tool("edit", one, "--remove", path, "-o", two)
            edited = two.read_bytes()
            place = edited[8192:8192 + len(packed)]
            expect(len(edited) == one.stat().st_size and edited[:8192] == code and edited[8192 + len(packed):] == behind, f"{name} {order}: what is around it stays")
            at = tree(two)[f"/00002000.{name}"]["size"]
            expect(not any(place[at:]), f"{name} {order}: zeros are what a kernel skips")
            expect((place if name == "cpio" else gzip.decompress(place[:at])).rstrip(b"\0") == shorter.rstrip(b"\0"), f"{name} {order}: the archive without the file")
            shutil.rmtree(folder, ignore_errors=True)
            tool("extract", one, "-o", folder)
            (next(p for p in folder.rglob("etc/conf"))).unlink()
            for way in ([], ["--rebuild-all"]):
                tool("repack", folder, *way, "-o", work / "again", "--force")
                expect((work / "again").read_bytes() == edited, f"{name} {order}: the same by the folder {way}")


with tempfile.TemporaryDirectory() as work:
    linked_in(Path(work))
    places(Path(work))
    without_stub(Path(work))
    configuration(Path(work))
    last_block(Path(work))
    zboots(Path(work))
print(*bad, sep="\n")
print(f"kernels: {len(bad)} differences")
sys.exit(bool(bad))

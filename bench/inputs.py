"""The images that are measured: made by free tools from seeded noise and this machine's own files into build/bench/inputs, each once. Nothing of them is committed."""
import hashlib
import os
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

from peers import TOP, environment, log

HOME = TOP / "build" / "bench" / "inputs"
EPOCH = 1528268827
KiB, MiB, GiB = 1 << 10, 1 << 20, 1 << 30


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**environment(), "SOURCE_DATE_EPOCH": str(EPOCH)}, **more).stdout


def once(name, make):
    """The file of that name; make(path) writes it under another name first, so that one that is there is whole."""
    path = HOME / name
    if not path.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        log("making", name)
        part = path.with_name(name + ".part")
        part.unlink(missing_ok=True)
        make(part)
        part.rename(path)
    return path


# ---- raw bytes

def noise_pieces(size, seed="noise"):
    r = random.Random(f"{seed}")
    for at in range(0, size, MiB):
        yield r.randbytes(min(MiB, size - at))


def write(path, pieces):
    with open(path, "wb") as out:
        for piece in pieces:
            out.write(piece)


def noise(size):
    return once(f"noise-{size // MiB}M.bin", lambda p: write(p, noise_pieces(size)))


def zeros(size):
    return once(f"zeros-{size // MiB}M.bin", lambda p: write(p, (bytes(MiB) for _ in range(size // MiB))))


def repeated(name, image, times):
    return once(name, lambda p: write(p, (image.read_bytes() for _ in range(times))))


def libraries(size):
    """(path, how often repeated) of the machine's shared libraries one behind the other, cut at size."""
    seen, found = set(), []
    for top in ("/usr/lib", "/usr/local/lib", "/lib", "/opt"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if ".so" in name and not os.path.islink(path) and os.path.isfile(path):
                    info = os.stat(path)
                    if info.st_ino not in seen and info.st_size:
                        seen.add(info.st_ino)
                        found.append((path, info.st_size))
    found.sort()
    have = sum(s for _, s in found)
    if not have:
        raise FileNotFoundError("this machine has no shared libraries")

    def pieces():
        left = size
        while left:
            for path, _ in found:
                data = Path(path).read_bytes()[:left]
                left -= len(data)
                yield data
                if not left:
                    return
    return once(f"libraries-{size // MiB}M.bin", lambda p: write(p, pieces())), max(1.0, size / have)


# ---- trees of the machine's own files

def chosen(total, smallest, biggest, salt, tops=("/usr/bin", "/usr/lib", "/usr/share", "/usr/include", "/usr/sbin", "/usr/local"), count=None):
    """Files of this machine in an order that only their paths decide, until total bytes (or count files) are reached."""
    found = []
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders[:] = [f for f in folders if f != "__pycache__"]
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path) and os.path.isfile(path) and smallest <= os.path.getsize(path) <= biggest:
                    found.append(path)
    found.sort(key=lambda p: hashlib.blake2b((salt + p).encode("utf-8", "surrogateescape")).digest())
    out, have = [], 0
    for path in found:
        if have >= total or count and len(out) >= count:
            break
        out.append(path)
        have += os.path.getsize(path)
    return out


def tree(name, paths, folders=0):
    """A folder of copies, all of one time: names and places as on the machine; or, as a device has them, in so many folders below its first two."""
    top = HOME / name
    if (top / ".complete").exists():
        return top / "root"
    shutil.rmtree(top, ignore_errors=True)
    log("making", name)
    for i, path in enumerate(paths):
        to = top / "root" / path.lstrip("/")
        if folders:
            to = top / "root" / "/".join(path.split("/")[1:3]) / str(i % folders) / f"{i}-{to.name}"
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        to.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
    for folder, _, names in os.walk(top / "root", topdown=False):
        for n in names:
            os.utime(os.path.join(folder, n), (EPOCH, EPOCH))
        os.utime(folder, (EPOCH, EPOCH))
    (top / ".complete").touch()
    return top / "root"


def count_files(folder):
    """(files, bytes) below it, links and folders aside."""
    files = size = 0
    for at, _, names in os.walk(folder):
        for n in names:
            path = os.path.join(at, n)
            if not os.path.islink(path):
                files += 1
                size += os.path.getsize(path)
    return files, size


MKSQUASHFS = ("-b", "131072", "-all-root", "-noappend", "-no-progress")


def squashfs(name, root, comp):
    return once(name, lambda p: run("mksquashfs", root, p, "-comp", comp, *MKSQUASHFS))


def jffs2(name, root, *more):
    return once(name, lambda p: run("mkfs.jffs2", "-r", root, "-o", p, "-l", "-n", "-e", "0x10000", "--squash", *more))


def rootfs(total):
    return tree(f"rootfs-{total // MiB}M", chosen(total, 1, 4 * MiB, "rootfs"))


def settings(total, count):
    return tree(f"settings-{total // MiB}M", chosen(total, 2 * KiB, 256 * KiB, "settings", count=count))


# ---- images

def camera():
    """16 MiB as cameras are: a uImage that says lzma and carries xz, 0xFF to 0x210000, a squashfs of xz, 0xFF to 0x960000, a JFFS2, 0xFF;
    some hundred files in some dozens of folders."""
    def make(path):
        work = HOME / "camera.work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        code = b"".join(data for p in chosen(60 * MiB, 64 * KiB, 4 * MiB, "kernel", ("/usr/bin", "/usr/lib")) if (data := Path(p).read_bytes()).startswith(b"\x7fELF"))
        banner = b"Linux version 4.9.84 (maker@example) (gcc 8.2.0) #1 PREEMPT Wed Jun 6 07:07:07 UTC 2018\n\0"
        for size in range(6 * MiB, 0, -256 * KiB):
            (work / "payload").write_bytes(subprocess.run(["xz", "--check=crc32", "-9e", "-c"], input=banner + code[:size], stdout=subprocess.PIPE, check=True).stdout)
            if (work / "payload").stat().st_size <= 0x210000 - 64:
                break
        run("mkimage", "-A", "arm", "-O", "linux", "-T", "kernel", "-C", "lzma", "-a", "0x20008000", "-e", "0x20008000", "-n", "MVX2##bench camera kernel#######",
            "-d", work / "payload", work / "uimage")
        for total in range(21 * MiB, 0, -MiB):
            shutil.rmtree(HOME / "camera-root", ignore_errors=True)
            root = tree("camera-root", chosen(total, 4 * KiB, 2 * MiB, "camera", ("/usr/bin", "/usr/lib", "/usr/share", "/usr/sbin")), 15)
            (work / "squashfs").unlink(missing_ok=True)
            run("mksquashfs", root, work / "squashfs", "-comp", "xz", *MKSQUASHFS)
            if (work / "squashfs").stat().st_size <= 0x960000 - 0x210000:
                break
        shutil.rmtree(HOME / "camera-data", ignore_errors=True)
        data = tree("camera-data", chosen(600 * KiB, 200, 40 * KiB, "data", ("/usr/share", "/usr/include")), 3)
        run("mkfs.jffs2", "-r", data, "-o", work / "jffs2", "-l", "-n", "-e", "0x10000", "--squash")
        image = bytearray(b"\xff" * (16 * MiB))
        for at, name, end in ((0, "uimage", 0x210000), (0x210000, "squashfs", 0x960000), (0x960000, "jffs2", 16 * MiB)):
            part = (work / name).read_bytes()
            if at + len(part) > end:
                raise ValueError(f"camera: {name} is too large")
            image[at:at + len(part)] = part
        path.write_bytes(image)
        shutil.rmtree(work)
    return once("camera.img", make)


def xz_blocks(size):
    """An xz of many blocks, as xz -T0 makes it."""
    source = libraries(size)[0]
    return once(f"blocks-{size // MiB}M.xz", lambda p: _filter(p, source, "xz", "-3", "-T2", "--block-size=4MiB", "-c"))


def gzip_members(size):
    source = libraries(size)[0]

    def make(path):
        with open(path, "wb") as out, open(source, "rb") as data:
            while piece := data.read(4 * MiB):
                out.write(subprocess.run(["gzip", "-n", "-c"], input=piece, stdout=subprocess.PIPE, check=True).stdout)
    return once(f"members-{size // MiB}M.gz", make)


def _filter(path, source, *argv):
    with open(path, "wb") as out, open(source, "rb") as data:
        subprocess.run(argv, stdin=data, stdout=out, check=True)


# ---- hostile ones

def repeats(path, unit, size):
    """One unit over and over, cut at size."""
    block = unit * (MiB // len(unit) + 1)
    block = block[:len(block) // len(unit) * len(unit)]
    with open(path, "wb") as out:
        left = size
        while left:
            out.write(block[:left])
            left -= min(left, len(block))
    return path


def quadratic_uimage(path, size, step=256):
    """Headers whose checksum holds, each of which says that its data go to the end."""
    with open(path, "wb") as out:
        for at in range(0, size, step):
            fields = struct.pack(">IIIII4B32s", EPOCH, size - at - 64, 0x80008000, 0x80008000, 1, 5, 2, 2, 0, b"rest")
            crc = zlib.crc32(struct.pack(">II", 0x27051956, 0) + fields)
            out.write((struct.pack(">II", 0x27051956, crc) + fields).ljust(step, b"\0"))
    return path


def quadratic_gzip(path, size):
    """Stored blocks that each carry the next header: every one decodes to the end of the file."""
    return repeats(path, b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + struct.pack("<BHH", 0, 27, 27 ^ 0xFFFF) + bytes(17), size)


QUADRATIC = {"uimage": quadratic_uimage, "gzip": quadratic_gzip}

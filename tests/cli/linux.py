"""A real Linux in an emulated machine, for tests: Linux(modules) finds one, run(…) boots it with files in memory and gives what it printed. Needs qemu-system-x86_64, a static
busybox, and a kernel with its modules: those in /boot and /lib/modules, or an unpacked package that FIELDSTRIP_KERNEL names; where one is absent the test is SKIPPED."""
import lzma, os, re, shutil, subprocess, sys, time
from pathlib import Path


class Linux:
    def __init__(self, *modules):
        self.qemu, self.busybox = shutil.which("qemu-system-x86_64"), shutil.which("busybox")
        if not self.qemu:
            skip("no qemu-system-x86_64")
        if not self.busybox or b"statically linked" not in subprocess.run(["file", "-L", self.busybox], stdout=subprocess.PIPE).stdout and shutil.which("file"):
            skip("no static busybox (package busybox-static)")
        self.kernel, self.order, top = None, [], Path(os.environ.get("FIELDSTRIP_KERNEL", "/"))
        for k in sorted((top / "boot").glob("vmlinuz-*"), reverse=True):
            for lib in ("lib", "usr/lib"):
                at = top / lib / "modules" / k.name.removeprefix("vmlinuz-")
                if not self.kernel and at.is_dir():
                    found = {p.name.split(".")[0].replace("-", "_"): p for p in at.rglob("*.ko*")}
                    built_in = (at / "modules.builtin").read_text() if (at / "modules.builtin").exists() else ""
                    if all(m in found or f"/{m}.ko" in built_in.replace("-", "_") for m in modules):
                        self.kernel, self.found = k, found
        if not self.kernel:
            skip(f"no kernel with {' and '.join(modules)} as modules (package linux-image-amd64)")
        for m in modules:
            self._need(m)

    def _unpacked(self, name):
        path = self.found[name]
        b = path.read_bytes()
        if path.suffix == ".xz":
            return lzma.decompress(b)
        if path.suffix == ".zst":
            return subprocess.run(["zstd", "-dc", path], stdout=subprocess.PIPE, check=True).stdout
        return b

    def _need(self, name):
        """A module and before it those that it says it needs; what is none is in the kernel."""
        if name not in self.found or name in self.order:
            return
        for d in re.search(rb"\0depends=([^\0]*)\0", self._unpacked(name))[1].decode().split(","):
            self._need(d.replace("-", "_"))
        self.order.append(name)

    def run(self, work: Path, init: str, files: dict, *words, later=()):
        """What it printed behind "@@ ", line by line. The script is its first program; before it the modules are loaded, but for those of `later`."""
        head = "#!/bin/busybox sh\n/bin/busybox --install -s /bin\nexport PATH=/bin\n"
        head += "mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev\n"
        head += "".join(f"insmod /m/{m}.ko\n" for m in self.order if m not in later)
        entries = [(d, 0o40755, b"") for d in ("bin", "m", "i", "mnt", "proc", "sys", "dev")]
        entries += [("init", 0o100755, (head + init).encode()), ("bin/busybox", 0o100755, Path(self.busybox).read_bytes())]
        entries += [(f"m/{name}.ko", 0o100644, self._unpacked(name)) for name in self.order] + [(name, 0o100644, data) for name, data in files.items()]
        (work / "initrd").write_bytes(newc(entries + [("TRAILER!!!", 0, b"")]))
        begin = time.time()
        # Emulated: ten seconds, and the same on any host. A machine within a machine may say that it has KVM and hang.
        command = [self.qemu, "-accel", "tcg", "-m", "512", "-kernel", self.kernel, "-initrd", work / "initrd", "-append", "console=ttyS0 quiet panic=-1", "-nographic", "-no-reboot", "-net", "none", *words]
        try:
            lines = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300).stdout.decode(errors="replace").splitlines()
        except subprocess.TimeoutExpired as x:
            lines = (x.stdout or b"").decode(errors="replace").splitlines()
        print(f"{self.kernel.name} ran for {time.time() - begin:.0f} s")
        self.last = lines[-20:]
        return [l[l.index("@@ ") + 3:] for l in lines if "@@ " in l]


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


# Says of each entry below a folder what `seen` reads; $i stands for the image.
LIST = """find . | while read -r f; do
    echo "@@ $i|$(stat -c '%f|%u|%g|%Y|%s|%t|%T|%h' "$f")|$( [ -L "$f" ] && readlink "$f" )|$( [ -f "$f" ] && [ ! -L "$f" ] && sha256sum < "$f" | cut -c1-64)|$f"
  done"""
KINDS = {0o100000: "file", 0o040000: "dir", 0o120000: "symlink", 0o020000: "char", 0o060000: "block", 0o010000: "fifo", 0o140000: "socket"}


def seen(said, images):
    """{image: {path: (type, mode, uid, gid, mtime, sha256 of a file, target, numbers of a device, links of a file)}}"""
    out = {name: {} for name in images}
    for l in said:
        if l.count("|") < 11:
            continue
        i, mode, uid, gid, mtime, _, major, minor, links, target, digest, path = l.split("|", 11)
        kind = KINDS[int(mode, 16) & 0o170000]
        out[i]["" if path == "." else path.removeprefix("./")] = (kind, int(mode, 16) & 0o7777, int(uid), int(gid), int(mtime), digest if kind == "file" else "", target,
                                                                 (int(major, 16), int(minor, 16)) if kind in ("char", "block") else None, int(links) if kind == "file" else 0)
    return out


def newc(entries):
    out = b""
    for i, (name, mode, data) in enumerate(entries):
        name = name.encode() + b"\0"
        out += b"070701" + b"".join(b"%08X" % v for v in (i + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)) + name
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return out

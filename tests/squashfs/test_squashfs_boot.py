#!/usr/bin/env python3
"""A real Linux mounts squashfs images that were edited here (each codec that it has), lists every entry and hashes every file; and it boots from one, whose /sbin/init an edit put there."""
import hashlib, os, random, shutil, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
from linux import LIST, Linux, seen
from trees import *

if not shutil.which("mksquashfs"):
    print("SKIPPED: no mksquashfs")
    sys.exit(77)
machine = Linux("loop", "virtio_pci", "virtio_blk", "squashfs")
P, T0 = "/00000000.squashfs/", 1528268827
text = lambda n: b"".join(b"line %d of it\n" % i for i in range(n // 10 + 1))[:n]
noise = random.Random(14).randbytes
was = {"": Node("dir", 0o755, 0, 0, T0), "bin": Node("dir", 0o755, 0, 0, T0), "etc": Node("dir", 0o750, 0, 0, T0), "etc/rc": Node("dir", 0o755, 0, 0, T0), "bin/big": Node("file", 0o755, 0, 0, T0, text(400_000)),
       "bin/noise": Node("file", 0o644, 0, 0, T0, noise(70_000)), "bin/hole": Node("file", 0o644, 0, 0, T0, bytes(300_000) + b"end"), "etc/gone": Node("file", 0o644, 0, 0, T0, b"gone\n")}
for d in ("proc", "sys", "dev", "sbin"):
    was[d] = Node("dir", 0o755, 0, 0, T0)
for i in range(30):
    was[f"etc/rc/f{i:02}"] = Node("file", 0o600, 0, 0, T0, text(50 + 97 * i))
new, tool = work / "new", work / "busybox"
new.write_bytes(text(150_000) + b"another" + noise(999))
tool.write_bytes(Path(machine.busybox).read_bytes())
start = work / "start"
start.write_text('#!/bin/busybox sh\n/bin/busybox echo "@@ booted from $(/bin/busybox sha256sum < /bin/big)"\n/bin/busybox poweroff -f\n')
for p in (new, tool, start):
    os.utime(p, (T0 + 9, T0 + 9))
ops = ["--replace", P + "bin/big", new, "--chmod", P + "bin/big", "4711", "--chown", P + "etc", "7:80000", "--remove", P + "etc/gone", "--rename", P + "etc/rc", P + "bin/rc", "--add", P + "etc/one", new,
       "--symlink", P + "etc/link", "one", "--mknod", P + "dev/odd", "c", "300", "70000", "--link", P + "etc/hard", P + "bin/noise", "--touch", P + "bin/hole", "1234567",
       "--add", P + "bin/busybox", tool, "--chmod", P + "bin/busybox", "755", "--add", P + "sbin/init", start, "--chmod", P + "sbin/init", "755"]
want = copy.deepcopy(was)
want["bin/big"].data, want["bin/big"].mode = new.read_bytes(), 0o4711
want["etc"].uid, want["etc"].gid = 7, 80000
del want["etc/gone"]
renamed(want, "etc/rc", "bin/rc")
want["etc/one"] = Node("file", 0o644, 0, 0, T0 + 9, new.read_bytes())
want["etc/link"] = Node("symlink", 0o777, 0, 0, T0, target="one")
want["dev/odd"] = Node("char", 0o600, 0, 0, T0, rdev=(300, 70000))
want["bin/noise"].group = "noise"
want["etc/hard"] = copy.copy(want["bin/noise"])
want["bin/hole"].mtime = 1234567
want["bin/busybox"] = Node("file", 0o755, 0, 0, T0 + 9, tool.read_bytes())
want["sbin/init"] = Node("file", 0o755, 0, 0, T0 + 9, start.read_bytes())

folder_of(was, work / "root")
for p, n in was.items():
    os.chmod(work / "root" / p, n.mode)
    os.utime(work / "root" / p, (T0, T0))
images = {}
for codec, *options in (("gzip",), ("xz", "-Xbcj", "x86"), ("lzo",), ("lz4",), ("zstd",), ("gzip", "-b", "16K", "-noF", "-noI")):
    before, after = work / "before", work / f"{codec}{len(options)}.squashfs"
    subprocess.run(["mksquashfs", work / "root", before, "-comp", codec, *options, "-mkfs-time", str(T0), "-noappend", "-quiet", "-no-progress", "-force-uid", "0", "-force-gid", "0"], check=True, stdout=subprocess.DEVNULL)
    run("edit", before, *ops, "--resize", "-o", after)
    images[after.stem] = after.read_bytes()
root = work / "xz2.squashfs"

init = """
for i in %s; do
  mount -t squashfs -o ro,loop /i/$i /mnt || echo "@@ $i cannot be mounted"
  cd /mnt
  %s
  cd /; umount /mnt
done
echo "@@ end"; dmesg | grep -i squashfs | sed 's/^/@@ dmesg /'
while [ ! -e /dev/vda ]; do sleep 0.1; done
mount -t squashfs -o ro /dev/vda /mnt && exec switch_root /mnt /sbin/init
""" % (" ".join(images), LIST)
said = machine.run(work, init, {"i/" + name: b for name, b in images.items()}, "-drive", f"file={root},format=raw,if=virtio,readonly=on")
ok("the system came to its end", "end" in said, "\n".join(machine.last))
ok("it booted from the edited image", f"booted from {hashlib.sha256(new.read_bytes()).hexdigest()}  -" in said, "\n".join(machine.last))
found, links = seen(said, images), links_of(want)
for name in images:
    ok(f"{name}: mounted", f"{name} cannot be mounted" not in said)
    for p, n in want.items():
        w = (n.type, n.mode, n.uid, n.gid, n.mtime, hashlib.sha256(n.data).hexdigest() if n.type == "file" else "", n.target, n.rdev if n.type in ("char", "block") else None,
             len(links.get(p, "1")) if n.type == "file" else 0)
        ok(f"{name}: {p or 'the root'} as Linux sees it", found[name].get(p) == w, found[name].get(p), w)
    ok(f"{name}: nothing else", set(found[name]) == set(want), sorted(set(found[name]) - set(want))[:5])
for l in said:
    if l.startswith("dmesg") and any(word in l.lower() for word in ("error", "fail", "unable", "corrupt")):
        ok("the kernel has nothing to complain about", False, l)
end()

#!/usr/bin/env python3
"""Makes camera.img, the sample that demo.sh and the README walk over: make.py OUT. Free software only; no byte of it comes from a device.
Needs u-boot-tools, xz-utils, squashfs-tools, mtd-utils and root or fakeroot (mkfs.jffs2 reads owners). Laid out as cameras are:
    0x000000  uImage that says lzma and carries xz (as the vendors of this chip do), 0xFF
    0x080000  squashfs (xz), zeros to 4 KiB, 0xFF
    0x100000  JFFS2, 0xFF to 0x200000
"""
import os, random, struct, subprocess, sys, tempfile
from pathlib import Path

EPOCH = 1528268827
WORDS = "camera init mount network wlan0 isp sensor stream rtsp motor ircut night record sdcard watchdog gpio uart spi flash kernel".split()


def run(*command, **more):
    return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)}, **more).stdout


def text(r, size):
    out = ""
    while len(out) < size:
        out += " ".join(r.choices(WORDS, k=r.randint(4, 9))) + f" {r.randrange(1 << 20)}\n"
    return out[:size].encode()


def tree(top, files):
    for path, data in files.items():
        p = top / path
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_bytes(data)
        p.chmod(0o755 if data.startswith(b"#!") else 0o644)
    for p in sorted(top.rglob("*"), reverse=True):
        os.utime(p, (EPOCH, EPOCH))
    os.utime(top, (EPOCH, EPOCH))


def main(out):
    r = random.Random("fieldstrip")
    banner = b"Linux version 4.9.84 (maker@example) (gcc 8.2.0) #1 PREEMPT Wed Jun 6 07:07:07 UTC 2018\n\0"
    kernel = text(r, 300_000) + banner.ljust(256, b"\0") + r.randbytes(40_000) + text(r, 300_000)
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        payload = run("xz", "--check=crc32", "--arm", "--lzma2=preset=6,dict=32MiB", "-c", input=kernel)
        (work / "payload").write_bytes(payload)
        run("mkimage", "-A", "arm", "-O", "linux", "-T", "kernel", "-C", "lzma", "-a", "0x20008000", "-e", "0x20008000", "-n", "MVX2##sample camera kernel######", "-d", work / "payload", work / "uimage")
        root = work / "root"
        tree(root, {"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n", "etc/init.d/rcS": b"#!/bin/sh\nmount -a\n/usr/bin/recorder &\n", "usr/bin/recorder": b"#!/bin/sh\necho recording\n",
                    "usr/share/words": text(r, 60_000), "lib/firmware/sensor.bin": r.randbytes(20_000)})
        run("mksquashfs", root, work / "squashfs", "-comp", "xz", "-b", "131072", "-all-root", "-noappend", "-no-progress", "-processors", "1")
        data = work / "data"
        tree(data, {"wifi.conf": b"ssid=example\npsk=correct horse battery staple\n", "log/boot.log": text(r, 30_000)})
        run("mkfs.jffs2", "-r", data, "-o", work / "jffs2", "-l", "-n", "-e", "0x10000", "--squash")
        image = bytearray(b"\xff" * 0x200000)
        for at, name, room in ((0, "uimage", 0x80000), (0x80000, "squashfs", 0x80000), (0x100000, "jffs2", 0x100000)):
            part = (work / name).read_bytes()
            assert len(part) <= room, name
            image[at:at + len(part)] = part
    Path(out).write_bytes(image)


if __name__ == "__main__":
    main(sys.argv[1])

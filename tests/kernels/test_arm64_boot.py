#!/usr/bin/env python3
"""Debian's arm64 kernel with another version banner boots on an emulated machine and prints it: edited as it is, and inside of a gzip stream. Needs qemu-system-aarch64 and the kernel:
FIELDSTRIP_DEBIAN_KERNELS names a folder that scripts/debian-kernels.sh filled. Without them it is SKIPPED."""
import gzip, os, re, shutil, subprocess, sys, tempfile, threading
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
kernels = sorted(Path(os.environ.get("FIELDSTRIP_DEBIAN_KERNELS") or "/nowhere").rglob("vmlinuz-*-arm64"))
if not shutil.which("qemu-system-aarch64") or not kernels:
    print("SKIPPED: no qemu-system-aarch64" if kernels else "SKIPPED: no kernel of arm64: scripts/debian-kernels.sh DIR fetches it, FIELDSTRIP_DEBIAN_KERNELS=DIR names it")
    sys.exit(77)


def boots(image, wanted):
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "512", "-accel", "tcg", "-kernel", image, "-append", "console=ttyAMA0 earlycon panic=-1", "-nographic",
               "-no-reboot", "-net", "none"]
    said = b""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        timer = threading.Timer(300, machine.kill)
        timer.start()
        while wanted not in said and (more := machine.stdout.read1(65536)):
            said += more
        machine.kill()
        timer.cancel()
    if wanted not in said:
        print(said[-2000:].decode(errors="replace"))
    return wanted in said


bad = 0
with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    packed = work / "Image.gz"
    packed.write_bytes(gzip.compress(kernels[-1].read_bytes(), 1, mtime=0))
    for image, place in ((kernels[-1], "/00000000.linux-image/image"), (packed, "/00000000.gzip/content/image")):
        part, new, edited = subprocess.run([TOOL, "cat", f"{image}:{place}"], stdout=subprocess.PIPE, check=True).stdout, work / "new", work / "edited"
        text = re.search(rb"Linux version (\d[^ ]*) ", part)[1]
        letters = b"A" * len(text)
        new.write_bytes(part.replace(b"Linux version " + text, b"Linux version " + letters))
        done = subprocess.run([TOOL, "edit", image, "--replace", place, new, "-o", edited], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # Debian signs its kernels: that this can't be made again is said, and the rest is done.
        said = done.returncode in (0, 1) and b"signature" in done.stdout
        booted = said and boots(edited, b"Linux version " + letters)
        print(f"{image.name}: {'booted, and printed it' if booted else f'did not boot: {done.stdout.decode()}'}")
        bad += not booted
sys.exit(bool(bad))

#!/usr/bin/env python3
"""What was edited here boots, on an emulated ARM machine with Debian's kernel: a zImage whose embedded version banner was changed in place, for each codec that it may be packed with by
hand, and a cpio.gz inside of a uImage whose /init was replaced. Needs qemu-system-arm, mkimage, and the kernel: FIELDSTRIP_DEBIAN_KERNELS names a folder that scripts/debian-kernels.sh
filled. Without them it is SKIPPED."""
import gzip, os, re, shutil, struct, subprocess, sys, tempfile, threading, time
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
from linux import newc, skip

tool, work = os.environ["FIELDSTRIP"], Path(tempfile.mkdtemp())
kernels = sorted(Path(os.environ.get("FIELDSTRIP_DEBIAN_KERNELS", "/nowhere")).rglob("vmlinuz-*-armmp"))
for program in ("qemu-system-arm", "mkimage"):
    if not shutil.which(program):
        skip(f"no {program}")
if not kernels:
    skip("no kernel of armhf: scripts/debian-kernels.sh DIR fetches it, FIELDSTRIP_DEBIAN_KERNELS=DIR names it")
kernel = kernels[-1]


def run(*words, code=0):
    done = subprocess.run([tool, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == code, (words, done.returncode, done.stderr.decode())
    return done.stdout


def boots(image, wanted, *words):
    """Whether the machine prints `wanted` within five minutes."""
    command = ["qemu-system-arm", "-M", "virt", "-m", "512", "-accel", "tcg", "-kernel", image, "-append", "console=ttyAMA0 earlycon panic=-1", "-nographic", "-no-reboot", "-net", "none", *words]
    begin, said = time.time(), b""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        threading.Timer(300, machine.kill).start()
        while wanted not in said:
            more = machine.stdout.read1(65536)
            if not more:
                break
            said += more
        machine.kill()
    print(f"{'printed' if wanted in said else 'NOT printed'} after {time.time() - begin:.0f} s: {wanted[:60].decode()}")
    if wanted not in said:
        print(said[-2000:].decode(errors="replace"))
    return wanted in said


bad = 0
content = run("cat", f"{kernel}:/00000000.zimage/payload/content")
# It is there twice: what the kernel prints when it starts, and what it is found by in a dump.
changed, banners = re.subn(rb"(Linux version )(\d[^\n\0]*)", lambda m: m[1] + b"A" * len(m[2]), content)
assert banners
assert len(changed) == len(content)
(work / "content").write_bytes(changed)
run("edit", kernel, "--replace", "/00000000.zimage/payload/content", work / "content", "-o", work / "zImage")
assert (work / "zImage").stat().st_size == kernel.stat().st_size
assert run("cat", f"{work / 'zImage'}:/00000000.zimage/payload/content") == changed
run("verify", work / "zImage")
bad += not boots(work / "zImage", b"Linux version AAAAAAAA")

# The same kernel packed with gzip: its stub decodes xz only, so it is looked at and not booted. The stream fills its place to the last byte.
packed = subprocess.run(["gzip", "-n", "-9", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout
stub = bytearray(0x1000)
stub[0:0x20] = struct.pack("<I", 0xE1A00000) * 8
struct.pack_into("<6I", stub, 0x24, 0x016F2818, 0, 0x1000 + len(packed) + 64, 0x04030201, 0x45454545, 0x100)
struct.pack_into("<6I", stub, 0x100, 6, 0x5A534C4B, 0x1000 + len(packed) - 4, 0, 0, 0)
(work / "gz").write_bytes(bytes(stub) + packed + bytes(range(64)))
run("edit", work / "gz", "--replace", "/00000000.zimage/payload/content", work / "content", "-o", work / "gz.new")
new = (work / "gz.new").read_bytes()
assert len(new) == 0x1000 + len(packed) + 64 and new[:0x1000] == bytes(stub) and new[-64:] == bytes(range(64))
assert gzip.decompress(new[0x1000:-64]) == changed, "gzip reads another content"

# A machine whose first program prints a line.
def program(text):
    code = [0xE3A00001, 0xE28F1010, 0xE3A02000 | len(text), 0xE3A07004, 0xEF000000, 0xEAFFFFFE, 0xE1A00000]  # write(1, text, length); for ever
    body = struct.pack("<7I", *code)
    # adr r1 reads pc + 8: the text begins 16 bytes behind that.
    at, size = 0x10000, 84 + len(body) + len(text)
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 40, 1, at + 84, 52, 0, 0x5000400, 52, 32, 1, 0, 0, 0)
    return head + struct.pack("<8I", 1, 0, at, at, size, size, 5, 0x1000) + body + text


(work / "initrd.cpio.gz").write_bytes(gzip.compress(newc([("dev", 0o40755, b""), ("init", 0o100755, program(b"as it was made\n")), ("TRAILER!!!", 0, b"")]), 9, mtime=0))
subprocess.run(["mkimage", "-A", "arm", "-O", "linux", "-T", "ramdisk", "-C", "gzip", "-n", "initrd", "-d", work / "initrd.cpio.gz", work / "uinitrd"], check=True, stdout=subprocess.DEVNULL)
(work / "init").write_bytes(program(b"edited init was here\n"))
run("edit", work / "uinitrd", "--replace", "/00000000.uimage/payload/content/init", work / "init", "-o", work / "uinitrd.new")
run("verify", work / "uinitrd.new")
bad += not boots(kernel, b"as it was made", "-initrd", work / "uinitrd")
bad += not boots(kernel, b"edited init was here", "-initrd", work / "uinitrd.new")
shutil.rmtree(work)
print(f"{3 - bad} of 3 boot")
sys.exit(bool(bad))

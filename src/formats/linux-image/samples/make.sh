#!/bin/sh
# Makes the samples into the current folder: python3, gzip. Headers are written from Linux' booting.rst (arm64), boot-image-header.rst (RISC-V) and
# Microsoft's PE Format, what is behind them is text and a gzip file, as a kernel holds its configuration. NAME.covered is empty: there is no checksum.
set -e
seq 1 300 | gzip -9 -n > numbers.gz
python3 - <<'END'
import struct

numbers = open("numbers.gz", "rb").read()
NOP = {"arm64": b"\x1f\x20\x03\xd5", "riscv": b"\x13\x00\x00\x00"}

def body(machine, at, end):
    """Bytes from `at` to `end` with the gzip file at 0xc00."""
    out = bytearray(NOP[machine] * ((end - at) // 4 + 1))[:end - at]
    text = b"A boot image for tests, with a text\0"
    out[0x800 - at:0x800 - at + len(text)] = text
    out[0xc00 - at:0xc00 - at + len(numbers)] = numbers
    return bytes(out)

def pe(machine, size, memory, certificates=(0, 0)):
    """Headers at 64: two sections, .text from 0x200 and .data from 0x1000 to the end."""
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", {"arm64": 0xAA64, "riscv": 0x5064}[machine], 2, 0, 0, 0, 160, 0x206)
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 2, 20, 0xE00, size - 0x1000, 0, 0x200, 0x200, 0, 0x200, 0x200,
                           0, 0, 3, 0, 0, 0, 0, memory, 0x200, 0, 10, 0, 0, 0, 0, 0, 0, 6)
    optional += struct.pack("<12I", *[0] * 8, *certificates, 0, 0)
    assert len(optional) == 160
    section = lambda name, at, raw, virtual, flags: struct.pack("<8sIIIIIIHHI", name, virtual, at, raw, at, 0, 0, 0, 0, flags)
    return coff + optional + section(b".text", 0x200, 0xE00, 0xE00, 0x60000020) + section(b".data", 0x1000, size - 0x1000, memory - 0x1000, 0xC0000040)

def arm64(name, size, memory, efi=False, certificate=b"", flags=0xA):
    code = (b"MZ\x40\xfa" if efi else NOP["arm64"]) + struct.pack("<I", 0x14000000 | 0x100)
    out = code + struct.pack("<QQQ24x4sI", 0, memory, flags, b"ARMd", 64 if efi else 0)
    if efi: out += pe("arm64", size, memory, (size, len(certificate)) if certificate else (0, 0))
    out += body("arm64", len(out), size) + certificate
    write(name, out)

def riscv(name, size, memory):
    out = b"MZ\x6f\x00\x00\x40\x01\x00" + struct.pack("<QQQII8x8s4sI", 0x200000, memory, 0, 2, 0, b"RISCV\0\0\0", b"RSC\x05", 64)
    out += pe("riscv", size, memory)
    write(name, out + body("riscv", len(out), size))

def write(name, data):
    open(name + ".bin", "wb").write(data)
    open(name + ".covered", "w").close()

arm64("efi", 0x1800, 0x3000, efi=True)
certificate = struct.pack("<IHH", 0x40, 0x200, 2) + bytes(range(0x38))
arm64("signed", 0x1800, 0x3000, efi=True, certificate=certificate, flags=0x9)
riscv("riscv", 0x1400, 0x2000)
END
rm -f numbers.gz

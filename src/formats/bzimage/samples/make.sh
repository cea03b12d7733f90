#!/bin/sh
# Makes the samples of this folder into the current one. Needs python3, xz, gzip, zstd.
# They are laid out as Linux's Documentation/arch/x86/boot.rst and arch/x86/boot/tools/build.c say, around text instead of code.
# NAME.covered: the crc32 at the end covers all before it; changed header fields (up to 0x270) make it another image, or none, so they are left
# out. Where there is no crc32: the size of what is decoded.
set -e
python3 - <<'END'
import struct, subprocess, zlib
text = b"Linux version 6.1.0-sample (maker@host) (gcc 12.2.0, GNU ld 2.40) #1 SMP Debian\n\0" + b"".join(b"kernel line %d of the sample\n" % i for i in range(90))
def run(*command): return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout
def image(name, payload, gzip=False, version=0x20F, crc=True, pe=False, signature=b""):
    slot = payload + (b"" if gzip else struct.pack("<I", len(text)))
    setup_sects, stub = 3, 0x2CC
    setup = bytearray(((setup_sects + 1) * 512))
    code = bytes([0xE8]) * stub + slot + bytes([0xC3]) * 100
    code = code.ljust((len(code) + 4 + 15) // 16 * 16 - 4, b"\0")
    end = len(setup) + len(code) + 4
    setup[0x1F1] = setup_sects
    struct.pack_into("<I", setup, 0x1F4, (len(code) + 4) // 16)
    setup[0x1FE:0x202] = b"\x55\xAA\xEB\x6A"
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, version)
    banner = b"6.1.0-sample (maker@host) #1 SMP Debian\0"
    setup[0x400:0x400 + len(banner)] = banner
    struct.pack_into("<H", setup, 0x20E, 0x200)
    setup[0x211] = 0x01
    struct.pack_into("<I", setup, 0x214, 0x100000)
    struct.pack_into("<I", setup, 0x22C, 0x7FFFFFFF)
    struct.pack_into("<IBBH", setup, 0x230, 0x200000, 1, 21, 0x3F)
    struct.pack_into("<I", setup, 0x238, 2047)
    struct.pack_into("<II", setup, 0x248, stub, len(slot))
    struct.pack_into("<QI", setup, 0x258, 0x1000000, 0x100000)
    if pe:
        setup[0:2] = b"MZ"
        struct.pack_into("<I", setup, 0x3C, 0x40)
        setup[0x40:0x44] = b"PE\0\0"
        struct.pack_into("<HHIIIHH", setup, 0x44, 0x8664, 1, 0, 0, 1, 160, 0x206)
        struct.pack_into("<HBBIII", setup, 0x58, 0x20B, 2, 20, len(code) + 4, 0, 0)
        struct.pack_into("<I", setup, 0x58 + 108, 6)
        if signature:
            struct.pack_into("<I", setup, 0x58 + 64, 0x1234)
            struct.pack_into("<II", setup, 0x58 + 112 + 32, end, len(signature))
    body = bytes(setup) + code
    body += struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF) if crc else bytes(4)
    open(name + ".bin", "wb").write(body + signature)
    covered = [f"{0x270} {end - 0x270}"] if crc and not signature else []
    if not gzip and not covered:
        covered.append(f"{len(setup) + stub + len(payload)} 4")
    open(name + ".covered", "w").write("".join(line + "\n" for line in covered))
image("xz", run("xz", "--check=crc32", "--x86", "--lzma2=preset=6,dict=1MiB", "-c"), pe=True)
image("gzip", run("gzip", "-n", "-9", "-c"), gzip=True, version=0x208)
image("zstd", run("zstd", "-19", "-c"), crc=False)
image("signed", run("xz", "--check=crc32", "--x86", "--lzma2=preset=6,dict=1MiB", "-c"), pe=True,
      signature=struct.pack("<IHH", 64, 0x0200, 2) + bytes(range(56)))
END

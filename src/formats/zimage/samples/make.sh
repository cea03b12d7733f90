#!/bin/sh
# Makes the samples of this folder into the current one. Needs python3, xz, gzip, lzop, lz4.
# They are laid out as Linux's arch/arm/boot/compressed/head.S and piggy.S do it, around text instead of code; the stub's code is filler.
# NAME.covered: the size of what is decoded, where it stands by itself; the streams in them are other formats' matter.
set -e
python3 - <<'END'
import struct, subprocess
text = b"Linux version 6.1.0-sample (maker@host) (gcc 12.2.0, GNU ld 2.40) #1 SMP Debian\n\0" + b"".join(b"kernel line %d of the sample\n" % i for i in range(90))
def run(*command): return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout
def image(name, payload, kind, endian="<", base=0, table=True, old=False):
    stub_size, got = 0x1000, 48
    size_word = b"" if kind == "gzip" else struct.pack("<I", len(text))
    slot = payload + size_word
    total = (stub_size + len(slot) + 3) // 4 * 4 + got
    at = 0x200
    e = lambda *words: struct.pack(endian + "%dI" % len(words), *words)
    nop = e(0xE1A00000)
    stub = nop * 8 + e(0xEA000003) + e(0x016F2818, base, base + total)
    stub += b"" if old else e(0x04030201, 0x45454545, at if table else 0xFFFF)
    stub = bytearray(stub.ljust(stub_size, b"\xE7"))
    if table:
        stub[at:at + 24] = e(6, 0x5A534C4B, stub_size + len(slot) - 4, 0x20000, 0x8000, 0x10000)
    body = bytes(stub) + slot
    body = body.ljust(total - got, b"\0") + e(*range(0x100, 0x100 + 4 * (got // 4), 4))
    open(name + ".bin", "wb").write(body)
    open(name + ".covered", "w").write(f"{stub_size + len(payload)} 4\n" if size_word else "")
image("xz", run("xz", "--check=crc32", "--arm", "--lzma2=preset=6,dict=1MiB", "-c"), "xz")
image("gzip", run("gzip", "-n", "-9", "-c"), "gzip")
image("old_gzip", run("gzip", "-n", "-9", "-c"), "gzip", table=False, old=True, base=0x60008000)
image("lzma", run("xz", "--format=lzma", "-9", "-c"), "lzma", table=False)
image("lzop", run("lzop", "-9", "-c"), "lzop")
image("lz4_be", run("lz4", "-l", "-9", "-c"), "lz4", endian=">")
END

"""Lays an EFI zboot image around a kernel, as Linux' zboot-header.S, zboot.lds and Makefile.zboot do; its program is text. For samples and tests."""
import struct, subprocess

# Makefile.zboot's name, the command of scripts/Makefile.lib, whether the size is put behind.
CODECS = {
    "gzip": (["gzip", "-n", "-9"], False),
    "lz4": (["lz4", "-l", "-9", "-c"], True),
    "lzma": (["xz", "--format=lzma", "-9", "-c"], True),
    "lzo": (["lzop", "-9", "-c"], True),
    "xzkern": (["xz", "--check=crc32", "--lzma2=dict=32MiB", "-c"], True),
    "zstd22": (["zstd", "-q", "-22", "--ultra", "-c"], True),
}
MACHINES = {"arm64": 0xAA64, "riscv64": 0x5064, "loongarch64": 0x6264}


def compress(kernel, codec, command=None):
    return subprocess.run(command or CODECS[codec][0], input=kernel, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def zboot(kernel, codec, machine="arm64", certificate=b"", command=None, stub=0x300):
    packed = compress(kernel, codec, command)
    size = struct.pack("<I", len(kernel)) if CODECS[codec][1] else b""
    at = 0x1000 + stub
    code = (b"The program that decodes the kernel. " * (stub // 37 + 1))[:stub]
    behind = b"What the program has to say behind it.\0" * 9
    text_end = at + len(packed) + len(size) + len(behind)
    pad = -text_end % 4096
    data = b"data of the program " * 20
    data += bytes(-len(data) % 512)
    text_end += pad
    header = struct.pack("<4s4sII8x32s4sI", b"MZ\0\0", b"zimg", at, len(packed), codec.encode(), b"\xcd\x23\x82\x81", 64)
    assert len(header) == 64
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", MACHINES[machine], 2, 0, 0, 0, 160, 0x206)
    end = text_end + len(data)
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 0, 0, text_end - 0x1000, len(data), 0, 0x1010, 0x1000, 0, 4096, 512,
                           0, 0, 3, 0, 0, 0, 0, end + 4096, 0x1000, 0, 10, 0x100, 0, 0, 0, 0, 0, 6)
    optional += struct.pack("<12I", *[0] * 8, *((end, len(certificate)) if certificate else (0, 0)), 0, 0)
    section = lambda name, begin, size, flags: struct.pack("<8sIIIIIIHHI", name, size, begin, size, begin, 0, 0, 0, 0, flags)
    headers = header + coff + optional + section(b".text", 0x1000, text_end - 0x1000, 0x60000020) + section(b".data", text_end, len(data), 0xC0000040)
    return headers + bytes(0x1000 - len(headers)) + code + packed + size + behind + bytes(pad) + data + certificate

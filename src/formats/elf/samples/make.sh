#!/bin/sh
# Makes the samples of this folder into the current one. Needs clang-19, lld-19 (which have every machine), python3, gzip.
# NAME.covered is empty for all: ELF has no checksum (System V ABI).
set -e
export SOURCE_DATE_EPOCH=0
printf 'A payload as a boot loader carries one: %s\n' one two three four five six seven eight nine ten > payload
gzip -9nc payload > payload.gz

# A loader with a compressed payload in a section of its own: MIPS, big-endian, with symbols.
cat > loader.s <<'END'
    .text
    .globl __start
__start: b __start
    nop
    .section .image, "a"
    .globl image
image: .incbin "payload.gz"
    .balign 4
    .data
    .ascii "a command line as long as a kernel has: console=ttyS0,115200 root=/dev/mtdblock2"
    .bss
    .space 4096
END
clang-19 --target=mips-linux-gnu -c -o loader.o loader.s
ld.lld-19 -N -e __start -Ttext 0x80001000 -o loader.bin loader.o

# The same for PowerPC, without its section table, as sstrip leaves it: what is left is what is loaded.
sed 's/^__start: .*/__start: b __start/' loader.s > power.s
clang-19 --target=powerpc-linux-gnu -c -o power.o power.s
ld.lld-19 -N -e __start -Ttext 0x1000 -o power power.o
python3 - <<'END'
import struct
data = bytearray(open("power", "rb").read())
at, count = struct.unpack_from(">I", data, 28)[0], struct.unpack_from(">H", data, 44)[0]
segments = [struct.unpack_from(">8I", data, at + 32 * i) for i in range(count)]
struct.pack_into(">I", data, 32, 0)
struct.pack_into(">HH", data, 48, 0, 0)
open("bare.bin", "wb").write(data[:max(s[1] + s[4] for s in segments)])
END

# A program with an interpreter and libraries: AArch64, and a library of 32 bits: ARM.
printf '.globl answer\nanswer: ret\n' > answer.s
clang-19 --target=aarch64-linux-gnu -c -o answer.o answer.s
ld.lld-19 -shared -soname libanswer.so.1 -o libanswer.so answer.o
printf '.globl _start\n_start: bl answer\n.rept 32\nnop\n.endr\n' > program.s
clang-19 --target=aarch64-linux-gnu -c -o program.o program.s
ld.lld-19 -pie -z max-page-size=4096 -z noseparate-code --build-id=sha1 -dynamic-linker /lib/ld-musl-aarch64.so.1 -s -o program.bin program.o libanswer.so
printf '.arm\n.globl answer\nanswer: bx lr\n.rept 32\nnop\n.endr\n' > answer.s
clang-19 --target=armv7-linux-gnueabi -c -o answer.o answer.s
ld.lld-19 -shared -z max-page-size=4096 -soname libanswer.so.1 -o library.bin answer.o

# A module: RISC-V, relocatable.
cat > module.s <<'END'
    .text
    .rept 20
    nop
    .endr
    .section .modinfo, "a"
    .asciz "license=GPL"
    .asciz "vermagic=6.1.0-sample SMP mod_unload riscv"
    .asciz "description=made for a test of a program that takes firmware apart"
END
clang-19 --target=riscv64-linux-gnu -c -o module.bin module.s
for name in loader bare program library module; do : > $name.covered; done
rm -f payload payload.gz power libanswer.so ./*.s ./*.o

#!/bin/sh
# Makes the samples of this folder into the current one. Needs clang-19, lld-19, python3.
# NAME.covered: the checksum in the optional header is over the whole file (Microsoft, PE Format: CheckSum); from the first section on, since
# with a flipped bit in its headers a file may not be one any more. Those without a checksum have none.
set -e
printf '.text\n.globl efi_main\nefi_main: ret\n.rept 32\nnop\n.endr\n.data\n.ascii "console=ttyS0 root=/dev/vda2 and more that a loader would pass on"\n' > app.s
clang-19 --target=x86_64-unknown-windows -c -o app.obj app.s
lld-link-19 /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /timestamp:0 /out:plain.bin app.obj
lld-link-19 /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /timestamp:0 /release /out:summed.bin app.obj
clang-19 --target=aarch64-unknown-windows -c -o driver.obj app.s
lld-link-19 /nologo /subsystem:efi_runtime_driver /entry:efi_main /nodefaultlib /timestamp:0 /machine:arm64 /out:driver.bin driver.obj
printf '.text\n.globl _start\n_start: ret\n' > small.s
clang-19 --target=i686-unknown-windows -c -o small.obj small.s
lld-link-19 /nologo /subsystem:console /entry:start /nodefaultlib /timestamp:0 /machine:x86 /safeseh:no /out:console.bin small.obj
# Two certificates as sbsign attaches them. What is in them is made up: nothing here reads it.
python3 - <<'END'
import struct
data = bytearray(open("plain.bin", "rb").read())
pe = struct.unpack_from("<I", data, 60)[0]
table = b""
for body in (b"0\x82" + bytes(range(1, 90)), b"0\x82" + b"second" * 20):
    one = struct.pack("<IHH", 8 + len(body), 0x200, 2) + body
    table += one + bytes(-len(one) % 8)
struct.pack_into("<II", data, pe + 24 + 112 + 8 * 4, len(data), len(table))
open("signed.bin", "wb").write(data + table)
END
for name in plain driver console signed; do : > $name.covered; done
first=$(python3 -c "import struct; d = open('summed.bin', 'rb').read(); p = struct.unpack_from('<I', d, 60)[0]; print(struct.unpack_from('<I', d, p + 24 + struct.unpack_from('<H', d, p + 20)[0] + 20)[0])")
echo "$first $(($(wc -c < summed.bin) - first))" > summed.covered
rm -f ./*.s ./*.obj

#!/bin/sh
# Makes the samples of this folder into the current one. Needs u-boot-tools (mkimage), xz-utils, gzip. What mkimage makes has its time from SOURCE_DATE_EPOCH.
# NAME.covered lists "offset size" of the bytes that a checksum vouches for, or is: by include/image.h of U-Boot, not by our output.
set -e
export SOURCE_DATE_EPOCH=1528268827
covered() { printf '4 60\n64 %s\n' "$(($(stat -c %s "$1.bin") - 64))" > "$1.covered"; }

seq 1 2000 > numbers
xz --check=crc32 -k -c numbers > numbers.xz
gzip -n -9 -k -c numbers > numbers.gz
mkimage -A arm -O linux -T kernel -C lzma -a 0x80008000 -e 0x80008000 -n 'says lzma, is xz' -d numbers.xz kernel.bin > /dev/null
mkimage -A mips -O linux -T ramdisk -C gzip -n ramdisk -d numbers.gz ramdisk.bin > /dev/null
head -c 1001 numbers > one; head -c 2003 numbers > two; head -c 7 numbers > three
mkimage -A ppc -O linux -T multi -C none -n 'three files' -d one:two:three multi.bin > /dev/null
echo 'echo hello' > script
mkimage -A arm -T script -n boot.scr -d script script.bin > /dev/null
mkimage -A arm64 -O u-boot -T firmware -C none -n '0123456789012345678901234567890' -d one firmware.bin > /dev/null
for name in kernel ramdisk multi script firmware; do covered $name; done
rm -f numbers numbers.xz numbers.gz one two three script

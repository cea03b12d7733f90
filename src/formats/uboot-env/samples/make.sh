#!/bin/sh
# Makes the samples into the current folder: mkenvimage (u-boot-tools), fw_setenv (libubootenv-tool), python3 (zlib). The .covered files are
# written from U-Boot's tools/env/fw_env.c: crc32 at 0, then (in a redundant copy one byte that it does not cover and) the data, all of it.
set -e
cat > usual.txt <<'END'
baudrate=115200
bootargs=console=ttyS0,115200 root=/dev/mtdblock3 rootfstype=squashfs mtdparts=hi_sfc:256k(boot),64k(env),2M(kernel),-(rootfs)
bootcmd=sf probe 0; sf read 0x82000000 0x50000 0x200000; bootm 0x82000000
bootdelay=1
ethaddr=00:12:34:56:78:9a
ipaddr=192.168.1.10
serverip=192.168.1.2
stderr=serial
stdin=serial
stdout=serial
END
mkenvimage -s 4096 -p 0 -o single.bin usual.txt
mkenvimage -s 8192 -p 255 -b -o big-endian.bin usual.txt
mkenvimage -s 16384 -r -p 255 -o redundant.bin usual.txt

# Old text behind the end, as fw_setenv of U-Boot's own tools and U-Boot before 2010.09 leave it; names that need another spelling.
python3 - <<'END'
import struct, zlib
def save(name, head, text, size, endian="<"):
    data = text.ljust(size - 4 - len(head), b"\0")
    open(name + ".bin", "wb").write(struct.pack(endian + "I", zlib.crc32(data)) + head + data)
usual = open("usual.txt", "rb").read().replace(b"\n", b"\0")
save("stale", b"", usual + b"\0" + b"=serial\0stdout=serial\0verify=n\0", 4096)
odd = b"crc=1\0flags=2\0.flags=ethaddr:ma\0var:x=3\0end=4\0rest=5\0serial#=0815\0a b=c d\0quote'\"\\=it's \"so\"\\\0\xc3\xa4\xff=\xfe\x1b[0m\0twice=1\0twice=2\0empty=\0"
save("names", b"\x62", usual + odd + b"\0", 2048, ">")
exact = usual + b"z="
save("full", b"", exact + b"z" * (1024 - 4 - len(exact) - 2) + b"\0\0", 1024)
for name, size, head in (("single", 4096, 4), ("big-endian", 8192, 4), ("redundant", 16384, 5), ("stale", 4096, 4), ("names", 2048, 5), ("full", 1024, 4)):
    assert len(open(name + ".bin", "rb").read()) == size
    open(name + ".covered", "w").write("0 %d\n" % size if head == 4 else "0 4\n5 %d\n" % (size - 5))
END
rm usual.txt
chmod 644 *.bin

#!/bin/sh
# Makes the samples of this folder into the current one. Needs GNU cpio, python3. No root: what needs it (devices, owners) is written by hand,
# by Linux's buffer-format.rst.
# NAME.covered lists "offset size" of the bytes that a checksum vouches for: of the variant crc the data of regular files, by cpio(5).
# The check word itself is not listed: a digit that is none any more ends the archive.
set -e
export LC_ALL=C TZ=UTC
rm -rf root
mkdir -p root/etc/init.d root/bin root/empty
seq 1 400 > root/bin/busybox
ln root/bin/busybox root/bin/sh
ln root/bin/busybox root/bin/ash
echo 'root:x:0:0:root:/:/bin/sh' > root/etc/passwd
printf '#!/bin/sh\nmount -a\n' > root/etc/init.d/rcS
: > root/etc/fstab
ln -s etc/init.d/rcS root/init
ln -s busybox root/bin/ls
mkfifo root/etc/fifo
chmod -R u=rwX,go=rX root
chmod 4755 root/bin/busybox
chmod 1777 root/empty
chmod 755 root/etc/init.d/rcS
find root -exec touch -h -d @1528268827 {} +

list='. bin bin/busybox bin/ls empty etc etc/fifo etc/fstab etc/init.d etc/init.d/rcS bin/sh etc/passwd bin/ash init'
dot=$(for name in $list; do case $name in .) echo .;; *) echo "./$name";; esac; done)
make() { (cd root && printf '%s\n' $2 | cpio -o --quiet --reproducible -R +0:+0 -H "$1"); }
make newc "$list" > newc.bin
make newc "$dot" > dot.bin
make crc "$list" > crc.bin
make odc "$dot" > odc.bin
make bin "$list" > bin-le.bin
python3 - <<'END'
import re, struct

def read(name):
    return open(name + ".bin", "rb").read()

def write(name, data, covered=()):
    open(name + ".bin", "wb").write(data)
    open(name + ".covered", "w").write("".join(f"{at} {size}\n" for at, size in covered))

# Folders' links and inodes' devices are the file system's own affair, and so is GNU's filler up to 512.
def cut(data, fill):
    end = data.rindex(b"TRAILER!!!\0") + 11
    return data[:end + -end % fill]

def newc_members(data):
    at = 0
    while data[at:at + 6] in (b"070701", b"070702"):
        f = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        begin = at + 110 + f[11]
        begin += -begin % 4
        yield at, f, begin
        at = begin + f[6]
        at += -at % 4

def plain_folders(data):
    out = bytearray(data)
    for at, f, _ in newc_members(data):
        if f[1] & 0o170000 == 0o040000:
            out[at + 38:at + 46] = b"%08X" % 2
    return bytes(out)

for name in ("newc", "dot"):
    write(name, plain_folders(cut(read(name), 4)))
crc = plain_folders(cut(read("crc"), 4))
write("crc", crc, [(begin, f[6]) for _, f, begin in newc_members(crc) if f[1] & 0o170000 == 0o100000 and f[6]])

odc = bytearray(cut(read("odc"), 1))
at = 0
while odc[at:at + 6] == b"070707":
    mode, size, name = int(odc[at + 18:at + 24], 8), int(odc[at + 65:at + 76], 8), int(odc[at + 59:at + 65], 8)
    if mode & 0o170000 == 0o040000:
        odc[at + 36:at + 42] = b"%06o" % 2
    at += 76 + name + size
write("odc", bytes(odc))

little = bytearray(cut(read("bin-le"), 2))
big = bytearray(little)
at = 0
while little[at:at + 2] == b"\xc7\x71":
    words = list(struct.unpack_from("<13H", little, at))
    if words[3] & 0o170000 == 0o040000:
        words[6] = 2
    struct.pack_into("<13H", little, at, *words)
    struct.pack_into(">13H", big, at, *words)
    at += 26 + (words[10] + 1 & ~1) + ((words[11] << 16 | words[12]) + 1 & ~1)
write("bin-le", bytes(little))
write("bin-be", bytes(big))

# By hand: (name, mode, data, and whatever else is not usual).
def archive(members, digits="%08X", magic=b"070701", trailer={}):
    out = bytearray()
    for i, (name, mode, data, more) in enumerate([*members, (b"TRAILER!!!", 0, b"", {"ino": 0, "mtime": 0, **trailer})]):
        f = {"ino": 721 + i, "uid": 0, "gid": 0, "nlink": 1, "mtime": 1528268827, "dev": (8, 1), "rdev": (0, 0), "check": 0, "end": b"\0", "digits": digits, **more}
        full = name + f["end"]
        numbers = f["ino"], mode, f["uid"], f["gid"], f["nlink"], f["mtime"], len(data), *f["dev"], *f["rdev"], len(full), f["check"]
        out += magic + "".join(f["digits"] % n for n in numbers).encode() + full
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)

early = archive([(b"kernel", 0o40755, b"", {"nlink": 2}), (b"kernel/x86", 0o40755, b"", {"nlink": 2}), (b"kernel/x86/microcode.bin", 0o100644, bytes(range(256)) * 3, {})])
links = {"ino": 900, "nlink": 3}  # the data with the first; a name of the inode lies elsewhere
main = archive([(b"dev", 0o40755, b"", {"nlink": 2}), (b"dev/console", 0o20600, b"", {"rdev": (5, 1)}), (b"dev/sda1", 0o60640, b"", {"rdev": (8, 1), "gid": 6}),
                (b"dev/log", 0o140666, b"", {}), (b"dev/initctl", 0o10600, b"", {}), (b"init", 0o104755, b"#!/bin/sh\nexec /sbin/init\n", links), (b"sbin", 0o40755, b"", {"nlink": 2}),
                (b"sbin/init", 0o104755, b"", links), (b"n" * 255, 0o100644, b"long name\n", {"uid": 4294967294, "gid": 4294967295, "mtime": 4294967295}),
                (b"bytes \xff\xfe", 0o120777, b"/target \xff", {})], trailer={"dev": (8, 1)})
write("kernel-two", early + bytes(-len(early) % 512) + main)

# Lower case as bsdcpio and libarchive write; folders with a slash, names with more than one NUL, letters of both cases in one header.
lower = [(b".", 0o40755, b"", {"nlink": 4}), (b"./lib/", 0o40755, b"", {"nlink": 2}), (b"./lib/libc.so", 0o100755, b"\x7fELF" + bytes(60), {"ino": 0xABCDEF}),
         (b"./lib//odd/.", 0o40700, b"", {"end": b"\0\0\0", "digits": "%08X"}), (b"./etc/", 0o40755, b"", {}), (b"./etc/motd", 0o100644, b"hello\n", {"ino": 0xFFFFFFFF})]
write("lower", archive(lower, digits="%08x"))

# One kind behind the other; the last one is empty.
small = archive([(b"a", 0o100600, b"aa\n", {"check": sum(b"aa\n")})], magic=b"070702")
at = 110 + 2  # where its data begins
write("mixed", small + bytes(4) + bytes(odc) + bytes(3) + bytes(little) + archive([]), [(at, 3)])
END
rm -rf root

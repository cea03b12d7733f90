#!/bin/sh
# Makes the images of this folder into the current one. Needs squashfs-tools, mtd-utils, python3. They are kept as files, so that the counts
# of ../counts depend on no tool's version: who makes them anew writes the counts anew.
set -e
export LC_ALL=C TZ=UTC
rm -rf root
mkdir root
python3 - <<'END'
import hashlib, os
stream = lambda name, n: hashlib.shake_256(name.encode()).digest(n)
words = [stream("word%d" % i, 40).hex()[: 3 + i % 7] for i in range(200)]

def text(name, n):
    out = bytearray()
    for b in stream(name, n // 4):
        out += words[b % 200].encode() + (b"\n" if b < 24 else b" ")
    return bytes(out[:n])

for i in range(400):
    folder = "root/d%02d/s%d" % (i % 20, i % 3)
    os.makedirs(folder, exist_ok=True)
    name = "file%03d" % i
    data = stream(name, 300 + i) if i % 16 == 5 else bytes(20000) + b"end" if i % 50 == 7 else text(name, 40 + i * 37 % 1500 + (9000 if i % 25 == 0 else 0))
    with open(folder + "/" + name, "wb") as f:
        f.write(data)
    if i % 10 == 3:
        os.symlink(name, folder + "/link%03d" % i)
    if i % 40 == 4:
        os.link(folder + "/" + name, "root/d%02d/hard%03d" % (i % 20, i))
END
chmod -R u=rwX,go=rX root
chmod 755 root/d03/s*/file*
find root -exec touch -h -d @1528268827 {} +
printf 'null C 1528268827 666 0 0 1 3\nmtd B 1528268827 660 0 6 31 0\n' > pseudo
mksquashfs root files.squashfs -comp gzip -b 8K -noappend -no-progress -quiet -no-xattrs -all-root -mkfs-time 1528268827 -processors 1 -pf pseudo > /dev/null
rm -rf root/d1*
touch -d @1528268827 root
mkfs.jffs2 -U -l -e 16KiB -r root -o files.jffs2
rm -rf root pseudo

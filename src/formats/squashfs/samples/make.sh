#!/bin/sh
# Makes the samples of this folder into the current one. Needs squashfs-tools (mksquashfs), squashfs-tools-ng (gensquashfs), python3, and a
# file system that holds user's attributes. Nothing needs root.
# NAME.covered is empty for all: a squashfs has no checksum that is its own (fs/squashfs/squashfs_fs.h of Linux).
set -e
export LC_ALL=C TZ=UTC
rm -rf root bare kinds
mkdir -p root/etc root/empty bare kinds/sub/deep kinds/void
seq 1 3000 > root/numbers
python3 -c 'import random; random.seed(1); open("root/noise", "wb").write(random.randbytes(4000))'
echo 'root:x:0:0:root:/:/bin/sh' > root/etc/passwd
ln -s etc/passwd root/link
python3 - <<'END'
import os, random
random.seed(2)
words = [bytes(random.choices(b"abcdefgh", k=random.randint(3, 9))) for _ in range(60)]
def text(n): return b" ".join(random.choices(words, k=n // 3))[:n]
def put(name, data): open("kinds/" + name, "wb").write(data)
long = text(9000)
put("first", long)
put("sub/twin", long)                     # the same blocks and the same tail
put("sub/noise", random.randbytes(5000))  # stored
put("hole", bytes(8192) + b"end")
put("void/empty", b"")
for i in range(9): put("sub/deep/small%d" % i, text(100 * i + 7))
put("sub/deep/same", open("kinds/sub/deep/small3", "rb").read())
os.link("kinds/first", "kinds/sub/linked")
os.symlink("../first", "kinds/sub/symlink")
os.mkfifo("kinds/fifo")
os.setxattr("kinds/first", "user.a", b"1")
os.setxattr("kinds/first", "user.long", b"long" * 50)
os.setxattr("kinds/sub", "user.long", b"long" * 50)
os.setxattr("kinds/hole", "user.a", b"1")
END
chmod -R u=rwX,go=rX root bare kinds
chmod 4755 kinds/first
find root bare kinds -exec touch -h -d @1528268827 {} +
make() {
    out=$1 from=$2
    shift 2
    mksquashfs $from $out.bin -noappend -no-progress -quiet -all-root -mkfs-time 1528268827 -processors 1 "$@" > /dev/null
    : > $out.covered
}
make gzip root -nopad
make zstd root -comp zstd -b 8K -no-fragments -no-xattrs -nopad
make stored root -comp lz4 -b 4K -noI -noD -noF -noX -nopad
make bare bare -comp lzo -nopad                                 # nothing but its root
truncate -s 1500 root/noise
touch -d @1528268827 root/noise
make xz root -comp xz -b 256K -Xbcj arm -no-exports             # filled up to 4 KiB, with room for a little more
printf 'tty c 620 0 5 4 1\ndisk b 660 0 6 259 70000\n' > pseudo
many() {
    out=$1
    shift
    mksquashfs kinds $out.bin -noappend -no-progress -quiet -mkfs-time 1528268827 -processors 1 -force-uid 1000 -force-gid 7 -pf pseudo -nopad "$@" > /dev/null
    : > $out.covered
}
many kinds -b 4K
many tails -comp lzo -b 8K -always-use-fragments
many lzma -comp lzma -b 16K -no-duplicates
rm kinds/fifo  # gensquashfs 1.2 waits for who writes into it
SOURCE_DATE_EPOCH=1528268827 gensquashfs -D kinds -k -x -q -j 1 -c xz -b 8192 ng.bin
truncate -s $(python3 -c 'import struct; print(struct.unpack_from("<Q", open("ng.bin", "rb").read(), 40)[0])') ng.bin
: > ng.covered
# Big endian, which no tool of today writes: by the tests' own maker.
PYTHONPATH="$(dirname "$(readlink -f "$0")")/../../../../tests/squashfs" python3 - <<'END'
import random, struct
from maker import Node, make, words
r = random.Random(5)
def node(type, mode, uid=0, **more): return Node(type, mode, uid, 0, 1528268827, **more)
root, etc = node("dir", 0o755), node("dir", 0o755)
root.children = {b"etc": etc, b"big": node("file", 0o755, data=words(r, 9000)), b"noise": node("file", 0o644, data=r.randbytes(600)), b"link": node("symlink", 0o777, target=b"big"),
                 b"tty": node("char", 0o620, rdev=(4, 1)), b"empty": node("dir", 0o700)}
for i in range(6): etc.children[b"c%d" % i] = node("file", 0o600, 1000, data=words(r, 50 + 99 * i))
data = make(root, version=(4, 0), big=True, codec="zlib", block_size=4096, mkfs_time=1528268827).data
open("big.bin", "wb").write(data[:struct.unpack_from(">Q", data, 40)[0]])
END
: > big.covered
rm -rf root bare kinds pseudo

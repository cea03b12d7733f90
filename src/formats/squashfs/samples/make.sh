#!/bin/sh
# Makes the samples of this folder into the current one. Needs squashfs-tools (mksquashfs), python3.
# NAME.covered is empty for all: a squashfs has no checksum that is its own (fs/squashfs/squashfs_fs.h of Linux).
set -e
export LC_ALL=C TZ=UTC
rm -rf root bare
mkdir -p root/etc root/empty bare
seq 1 3000 > root/numbers
python3 -c 'import random; random.seed(1); open("root/noise", "wb").write(random.randbytes(4000))'
echo 'root:x:0:0:root:/:/bin/sh' > root/etc/passwd
ln -s etc/passwd root/link
chmod -R u=rwX,go=rX root bare
find root bare -exec touch -h -d @1528268827 {} +
make() {
    out=$1 from=$2
    shift 2
    mksquashfs $from $out.bin -noappend -no-progress -quiet -all-root -mkfs-time 1528268827 -processors 1 "$@" > /dev/null
    : > $out.covered
}
make gzip root -nopad
make xz root -comp xz -b 256K -Xbcj arm -no-exports             # filled up to 4 KiB
make zstd root -comp zstd -b 8K -no-fragments -no-xattrs -nopad
make stored root -comp lz4 -b 4K -noI -noD -noF -noX -nopad
make bare bare -comp lzo -nopad                                 # nothing but its root
rm -rf root bare

#!/bin/sh
# Makes the samples of this folder into the current one. Needs GNU tar, bsdtar, python3. No root: devices and owners are written by Python's
# tarfile, from what is said here.
# NAME.covered lists "offset size" of the bytes that a checksum vouches for: each header block, by POSIX pax, "ustar interchange format". The
# first header's magic is not listed: without it there is no archive.
set -e
export LC_ALL=C TZ=UTC
rm -rf root
long=usr/share/a-folder-with-a-rather-long-name/and-another-one-within-it-as-long/and-a-third
mkdir -p root/etc/init.d root/bin root/empty "root/$long"
seq 1 400 > root/bin/busybox
ln root/bin/busybox root/bin/sh
echo 'root:x:0:0:root:/:/bin/sh' > root/etc/passwd
printf '#!/bin/sh\nmount -a\n' > root/etc/init.d/rcS
: > root/etc/fstab
echo 'a long name' > "root/$long/file-with-a-name-of-its-own-that-is-long.txt"
ln "root/$long/file-with-a-name-of-its-own-that-is-long.txt" root/etc/hard
ln -s etc/init.d/rcS root/init
ln -s "/$long/../../../file-with-a-name-of-its-own-that-is-long.txt" root/bin/to
mkfifo root/etc/fifo
chmod -R u=rwX,go=rX root
chmod 4755 root/bin/busybox
chmod 1777 root/empty
chmod 755 root/etc/init.d/rcS
find root -exec touch -h -d @1528268827.5 {} +
touch -h -d @1528268827.123456789 root/etc/passwd

list='bin bin/busybox bin/to bin/sh empty etc etc/fifo etc/fstab etc/init.d etc/init.d/rcS etc/passwd init'
dot=$(for name in . $list; do case $name in .) echo ./;; *) echo "./$name";; esac; done)
gnu() { tar -C root -b 1 --no-recursion --owner=root:0 --group=root:0 "$@"; }
few='bin bin/busybox bin/sh etc/passwd init'
short=$(echo "$list" | sed 's, bin/to,,')
gnu --format=ustar -cf ustar.bin $short usr "$long" "$long/file-with-a-name-of-its-own-that-is-long.txt"
gnu --format=gnu -cf gnu.bin $dot ./usr "./$long" "./$long/file-with-a-name-of-its-own-that-is-long.txt" ./etc/hard
gnu --format=posix --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' -cf pax.bin ./ ./etc ./etc/passwd ./bin/to \
    "./$long/file-with-a-name-of-its-own-that-is-long.txt" ./etc/hard
bsdtar -C root -n -b 1 --uid 1000 --gid 100 --uname user --gname users --format paxr -cf bsd.bin $few "$long/file-with-a-name-of-its-own-that-is-long.txt" etc/hard

truncate -s 1M root/sparse
printf 'begin\n' | dd of=root/sparse conv=notrunc status=none
for at in 20 80 100 150 200; do seq 1 300 | dd of=root/sparse bs=4096 seek=$at conv=notrunc status=none; done
truncate -s 300k root/tail
seq 1 900 | dd of=root/tail bs=4096 seek=70 conv=notrunc status=none
truncate -s 64k root/hole
touch -d @1528268827 root/sparse root/tail root/hole
gnu -S --hole-detection=raw --format=gnu -cf sparse.bin sparse tail hole etc/fstab
for v in 0.0 1.0; do
    gnu -S --hole-detection=raw --format=posix --sparse-version=$v --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' -cf sparse-$v.bin tail etc/fstab
done
python3 - <<'END'
import io, glob, re, tarfile

def put(name, data):
    # The two blocks of zeros end it; what fills up the record is not needed.
    while data[-1536:] == bytes(1536):
        data = data[:-512]
    # Numbers of processes are not the same twice.
    def fixed(block):
        new = re.sub(rb"GNUSparseFile\.[0-9]+", b"GNUSparseFile.7", block)
        if new == block:
            return block
        new = bytearray(new[:0] + block[:0] + new.split(b"\0")[0].ljust(100, b"\0") + block[100:])
        new[148:156] = b" " * 8
        new[148:156] = b"%06o\0 " % sum(new)
        return bytes(new)
    blocks = [data[at:at + 512] for at in range(0, len(data), 512)]
    data = b"".join(fixed(b) if b[257:262] == b"ustar" else b for b in blocks)
    open(name + ".bin", "wb").write(data)
    # By the format: each header says how many blocks are behind it.
    covered, at = [], 0
    while data[at:at + 512] != bytes(512):
        block = data[at:at + 512]
        covered.append((at, 148))  # behind it the sum's first digit, a zero: a space is as good
        covered += [(at + 149, 363)] if at else [(149, 108), (263, 249)]
        size = block[124:136]
        size = int.from_bytes(size[1:], "big") if size[0] == 0x80 else int(size.rstrip(b"\0 ") or b"0", 8)
        more = block[156:157] == b"S" and block[482]
        at += 512
        while more:
            more = data[at + 504]
            at += 512
        at += (size + 511) // 512 * 512 if block[156:157] not in b"123456" else 0
    open(name + ".covered", "w").write("".join(f"{a} {b}\n" for a, b in covered))

for name in ("ustar", "gnu", "pax", "bsd", "sparse", "sparse-0.0", "sparse-1.0"):
    put(name, open(name + ".bin", "rb").read())

def archive(members, format, more=None):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, pax_headers=more or {}) as t:
        for name, kind, data, values in members:
            info = tarfile.TarInfo(name)
            info.type, info.mtime, info.size = kind, 1528268827, len(data)
            for k, v in values.items():
                setattr(info, k, v)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()

f, d, l, c, b, h = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.LNKTYPE
members = [("dev", d, b"", {"mode": 0o755}), ("dev/console", c, b"", {"mode": 0o600, "devmajor": 5, "devminor": 1}),
           ("dev/sda1", b, b"", {"mode": 0o660, "gid": 6, "gname": "disk", "devmajor": 8, "devminor": 1}),
           ("sbin/init", f, b"#!/bin/sh\n" * 60, {"mode": 0o4755}), ("init", h, b"", {"mode": 0o4755, "linkname": "sbin/init"}),
           ("to-console", l, b"", {"mode": 0o777, "linkname": "dev/console"}), ("hard-link-of-a-link", h, b"", {"mode": 0o777, "linkname": "to-console"}),
           ("sbin/cont", tarfile.CONTTYPE, b"contiguous\n", {}), ("etc/" + "n" * 150, f, b"long\n", {"uid": 4000000000, "uname": "far"}),
           ("old", tarfile.AREGTYPE, b"old\n", {"mtime": 0}), ("gone", h, b"", {"linkname": "is/not/here"}), ("twice", f, b"1\n", {}), ("twice", f, b"2\n", {})]
put("python", archive(members, tarfile.GNU_FORMAT))
pax = [("etc", d, b"", {"mode": 0o755}),
       ("etc/caps", f, b"capable\n", {"pax_headers": {"SCHILY.xattr.user.note": "a note", "SCHILY.xattr.security.capability": "\1\0\0\2", "comment": "kept as it is"}}),
       ("etc/b\udcff\udcfe", f, b"bytes\n", {}), ("etc/\u00fcber", f, b"utf\n", {"uname": "j\u00f6rg", "uid": 1000}),
       ("etc/before", f, b"1969\n", {"mtime": -1.5}), ("big-uid", f, b"", {"uid": 3000000, "mtime": 1528268827.25})]
put("python-pax", archive(pax, tarfile.PAX_FORMAT, {"comment": "0123456789abcdef0123456789abcdef01234567"}))
END
rm -rf root

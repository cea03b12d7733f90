#!/usr/bin/env python3
"""A real Linux mounts JFFS2 that was edited and made here, lists every entry and hashes every file."""
import hashlib, os, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "cli"))
sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "jffs2"))
from linux import LIST, Linux, seen
from trees import *

machine = Linux("mtdram", "mtdblock", "jffs2")
from edited import images

# ---- a system that mounts each and says what it sees
init = """
for i in %s; do
  set -- $(cat /i/$i.size)
  insmod /m/mtdram.ko total_size=$1 erase_size=$2
  while [ ! -e /dev/mtdblock0 ]; do sleep 0.1; done
  dd if=/i/$i of=/dev/mtd0 bs=65536 2>/dev/null
  mount -t jffs2 -o ro /dev/mtdblock0 /mnt || echo "@@ $i cannot be mounted"
  cd /mnt
  %s
  cd /; umount /mnt; rmmod mtdram
done
echo "@@ end"; dmesg | grep -i jffs2 | sed 's/^/@@ dmesg /'
poweroff -f
""" % (" ".join(images), LIST)
files = {}
for name, (b, block, _) in images.items():
    size = len(b) + -len(b) % (block * 8) + 8 * block
    files |= {"i/" + name: b, f"i/{name}.size": b"%d %d\n" % (size // 1024, block // 1024)}
said = machine.run(work, init, files, later=("mtdram",))
ok("the system came to its end", "end" in said, "\n".join(machine.last))
for l in said:
    if "cannot be mounted" in l:
        ok(l, False)
found = seen(said, images)
for name, (_, _, tree) in images.items():
    links = links_of(tree)
    want = {p: (n.type, n.mode, n.uid, n.gid, n.mtime, hashlib.sha256(n.data).hexdigest() if n.type == "file" else "", n.target, n.rdev if n.type in ("char", "block") else None,
                len(links.get(p, "1")) if n.type == "file" else 0) for p, n in tree.items()}
    for p, w in want.items():
        got = found[name].get(p)
        if w[1] is None:  # a root without an inode: the kernel makes one up
            got, w = got and got[0], w[0]
        ok(f"{name}: {p or 'the root'} as Linux sees it", got == w, got, w)
    ok(f"{name}: nothing else", set(found[name]) == set(want), sorted(set(found[name]) - set(want))[:5])
for l in said:
    if l.startswith("dmesg") and any(word in l.lower() for word in ("crc", "error", "fail", "argh", "eep", "not found")):
        ok("the kernel has nothing to complain about", False, l)
end()

#!/bin/sh
# Makes the samples into the current folder: genromfs writes two of them again, python3 the trees of the others: genromfs takes the order of
# readdir, which differs from machine to machine, so the layout of genromfs.c is followed here by hand, and what genromfs itself makes of a
# folder with one file (one order is possible) is one of the samples. Nothing needs root.
# The .covered files are written from romfs.rst: each header's sum covers header and name, the superblock's sum the first 512 bytes. Left out
# is the magic.
set -e
export LC_ALL=C TZ=UTC
rm -rf one
mkdir one
python3 -c 'open("one/numbers", "w").write("".join("%d\n" % i for i in range(300)))'
chmod 755 one; chmod 644 one/numbers
genromfs -d one -f one.img -V 'made by genromfs'
python3 - <<'END'
import struct
def up(n, to=16): return n + -n % to
def words(b): return sum(struct.unpack(">%dI" % (len(b) // 4), b)) & 0xFFFFFFFF
HARD, DIR, FILE, LINK, BLOCK, CHAR, SOCKET, FIFO, EXEC = 0, 1, 2, 3, 4, 5, 6, 7, 8
class Entry:
    def __init__(self, name, kind, data=b"", spec=0, exec=False, to=None, list=(), align=16):
        self.name, self.kind, self.data, self.spec, self.exec, self.to, self.list, self.align = name, kind, data, spec, exec, to, list, align
def covered(b):
    done, heads = set(), [(8, min(512, len(b)) - 8)]
    todo = [16 + up(b.index(0, 16) - 16 + 1)]
    while todo:
        at = todo.pop()
        if at in done: continue
        done.add(at)
        next, spec = struct.unpack_from(">2I", b, at)
        heads.append((at, 16 + up(b.index(0, at + 16) - at - 16 + 1)))
        if next & ~15: todo.append(next & ~15)
        if next & 7 == DIR: todo.append(spec & ~15)
    return heads
def save(name, b):
    open(name + ".bin", "wb").write(b)
    marks = bytearray(len(b))
    for at, size in covered(b): marks[at:at + size] = b"\1" * size
    at, lines = 0, ""
    while (at := marks.find(1, at)) >= 0:
        end = marks.find(0, at)
        end = len(b) if end < 0 else end
        lines, at = lines + "%d %d\n" % (at, end - at), end
    open(name + ".covered", "w").write(lines)
def build(name, volume, entries, dots=(0, 1)):
    order, end = [], 16 + up(len(volume) + 1)
    root = Entry(b".", DIR, exec=True)
    def place(list, above):
        nonlocal end
        for e in list:
            data = up(len(e.data)) if e.kind in (FILE, LINK) else 0
            head = 16 + up(len(e.name) + 1)
            end += -(end + (head if e.kind == FILE else 0)) % e.align
            e.at, end = end, end + head + data
            order.append(e)
            if e.kind == DIR and e is not root:
                inner = [*e.list]
                for at, dot, to in sorted(((dots[0], b".", e), (dots[1], b"..", above)), key=lambda d: d[0]): inner.insert(at, Entry(dot, HARD, to=to))
                e.inner = inner
                place(inner, e)
        for e, after in zip(list, [*list[1:], None]): e.next = after.at if after else 0
    place([root, Entry(b"..", HARD, to=root), *entries], root)
    b = bytearray(end)
    b[:8] = b"-rom1fs-"
    struct.pack_into(">I", b, 8, end)
    b[16:16 + len(volume)] = volume
    for e in order:
        spec = e.to.at if e.to else e.at if e is root else e.inner[0].at if e.kind == DIR else e.spec
        head = struct.pack(">4I", e.next | e.kind | EXEC * e.exec, spec, len(e.data), 0) + e.name
        head = bytearray(head.ljust(16 + up(len(e.name) + 1), b"\0"))
        struct.pack_into(">I", head, 12, -words(head) & 0xFFFFFFFF)
        b[e.at:e.at + len(head) + len(e.data)] = head + e.data
    struct.pack_into(">I", b, 12, -words(b[:512]) & 0xFFFFFFFF)
    save(name, bytes(b))
text = b"".join(b"line %d of some text\n" % i for i in range(40))
hello = Entry(b"hello", FILE, text, exec=True)
build("tree", b"rom 5b17a0cb", [
    Entry(b"etc", DIR, exec=True, list=[Entry(b"passwd", FILE, b"root:x:0:0:root:/:/bin/sh\n"), Entry(b"nothing", FILE), Entry(b"hello", HARD, to=hello)]),
    hello, Entry(b"link", LINK, b"etc/passwd"), Entry(b"empty", DIR, exec=True), Entry(b"a name of nineteen", FILE, b"x"),
    Entry(b"dev", DIR, list=[Entry(b"tty", CHAR, spec=5 << 16), Entry(b"mtdblock1", BLOCK, spec=31 << 16 | 1), Entry(b"log", SOCKET), Entry(b"initctl", FIFO)]),
])
first = Entry(b"first", FILE, text[:100])
# etc/hello above comes before its file: genromfs never makes that, other makers may. Here as it does.
build("links", b"hard", [first, Entry(b"d", DIR, exec=True, list=[Entry(b"second", HARD, to=first), Entry(b"third", HARD, to=first)]),
                         node := Entry(b"null", CHAR, spec=1 << 16 | 3), Entry(b"zero", HARD, to=node)], dots=(1, 3))
build("aligned", b"", [Entry(b"one", FILE, text[:30], align=64), Entry(b"d", DIR, exec=True, list=[Entry(b"big.bin", FILE, text, align=1024), Entry(b"two", FILE, text[:65], align=64)]),
                       Entry(b"l", LINK, b"one"), Entry(b"three", FILE, b"3", align=64)])
b = open("one.img", "rb").read()
save("one", b[:struct.unpack_from(">I", b, 8)[0]])
END
rm -rf one one.img

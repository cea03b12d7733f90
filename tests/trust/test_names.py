#!/usr/bin/env python3
"""Names that family hostile of the corpus does not have, in cpio and tar archives made here: taken apart (--deep) each lies in a folder among others: nothing
comes to lie beside the output, what is beside stays as it is, each member's bytes and each symlink's target are there (as often as the archive has them), no
file is a link of one outside, no bit but rwx is set, and put together again (also --rebuild-all) it is the archive."""
import collections, gzip, hashlib, io, os, shutil, stat, subprocess, sys, tarfile, tempfile
from pathlib import Path
from trust import ENV, TOOL, Said, look, newc

ok = Said()
F, X, D, L = 0o100644, 0o106755, 0o40755, 0o120777
REG, SYM, HARD, DIR, CHR = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as t:
        for name, kind, data, link in members:
            m = tarfile.TarInfo("x")
            m.name, m.type, m.linkname, m.size, m.mode = name, kind, link, len(data), 0o6755
            t.addfile(m, io.BytesIO(data))
    return out.getvalue()


def cpios():
    """name: members"""
    long = b"n" * 300
    yield "empty", [(b"", F, b"1"), (b"a", F, b"2")]
    yield "slashes", [(b"/", F, b"1"), (b"//", F, b"2"), (b"///a", F, b"3"), (b"a//b", F, b"4"), (b"c/", F, b"5")]
    yield "folders that lead up", [(b"..", D, b""), (b"../up", D, b""), (b"../up/f", F, b"1"), (b".", D, b""), (b"./..", D, b""), (b"./../g", F, b"2")]
    yield "in the middle", [(b"a/../../../../tmp/out", F, b"1"), (b"a/./b", F, b"2"), (b"./././c", F, b"3")]
    yield "a folder over a link", [(b"l", L, b"/tmp"), (b"l", D, b""), (b"l/f", F, b"1")]
    yield "files under a link", [(b"l", L, b".."), (b"l/f", F, b"1"), (b"l/sub", D, b""), (b"l/sub/g", F, b"2")]
    yield "a link that comes late", [(b"l/f", F, b"1"), (b"l", L, b"/tmp"), (b"l/g", F, b"2")]
    yield "links over links", [(b"l", L, b"m"), (b"m", L, b"../outside"), (b"l", L, b"/etc"), (b"m/f", F, b"1"), (b"l/m/f", F, b"2")]
    yield "a hard link of a symlink", [(b"s", L, b"/etc/passwd", 9, 2), (b"h", F, b"1", 9, 2)]
    yield "hard links of a symlink", [(b"s", L, b"../outside", 9, 2), (b"h", L, b"../outside", 9, 2)]
    yield "a hard link of a folder", [(b"d", D, b"", 9, 2), (b"h", F, b"1", 9, 2)]
    yield "our own names", [(b".fieldstrip", D, b""), (b".fieldstrip/manifest.json", F, b"{}"), (b".fieldstrip/original", F, b"2"), (b"00000000.cpio.mtree", F, b"3"), (b"00000000.cpio.in", D, b""), (b"00000000.cpio.in/x", F, b"4"),
                            (b"00000000.cpio.toml", F, b"5"), (b"x.in", F, b"6"), (b"x.in.in", D, b""), (b"x", F, b"7"), (b"x.part1", F, b"8"), (b"x.deep", D, b"")]
    packed = gzip.compress(newc((b"in", F, b"inside of the stream")), mtime=0)
    yield "our own names, and something in a file", [(b"x", F, packed), (b"x.in", D, b""), (b"x.in/content.in", F, b"1"), (b"x.toml", F, b"2"), (b"x.deep", F, b"3")]
    yield "names that are escapes", [(b"%2e%2e", F, b"1"), (b"%2E%2E", F, b"2"), (b"..", F, b"3"), (b"%2e%2e/f", F, b"4"), (b"%2fetc", F, b"5"), (b"/etc", F, b"6"), (b"%252e", F, b"7"), (b"%6c", F, b"8"), (b"l", L, b"x"), (b"l", F, b"9")]
    yield "long", [(long, F, b"1"), (long + b"n", F, b"2"), (long + b"/f", F, b"3"), ("é".encode() * 200, F, b"4"), (long[:200] + b"%~" + hashlib.sha256(long).hexdigest()[:16].encode(), F, b"5")]
    yield "files that are folders", [(b"a", F, b"1"), (b"a/b", F, b"2"), (b"a/b/c", F, b"3")]
    yield "the same name often", [(b"same", F, b"%d" % i) for i in range(40)] + [(b"same", D, b""), (b"same", L, b"x"), (b"same/f", F, b"in")]
    yield "bits", [(b"suid", X, b"1"), (b"d", 0o47777, b""), (b"d/f", X, b"2"), (b"c", 0o20666, b""), (b"p", 0o10666, b"")]
    yield "links that no host has", [(b"nothing", L, b""), (b"long", L, b"t" * 5000), (b"f", F, b"1"), (b"d", D, b""), (b"d/nul", L, b"a\0b"), (b"d/g", F, b"2")]
    yield "of git", [(b".git", D, b""), (b".git/config", F, b"[core]\n"), (b".gitattributes", F, b"* filter=x\n")]


def tars():
    """name: members, what is expected of files (bytes) and links"""
    yield "hard links that lead out", [("h", HARD, b"", "/etc/passwd"), ("f", REG, b"1", ""), ("h2", HARD, b"", "../../../../etc/passwd"), ("h3", HARD, b"", "f")], {b"1": 2}, {}
    yield "a hard link of a symlink, and over it", [("s", SYM, b"", "/etc/passwd"), ("h", HARD, b"", "s"), ("h", REG, b"1", "")], {b"1": 1}, {b"/etc/passwd": 2}
    yield "a hard link through a symlink", [("s", SYM, b"", "/etc"), ("h", HARD, b"", "s/passwd"), ("f", REG, b"1", "")], {b"1": 1}, {b"/etc": 1}
    yield "hard links in a ring", [("h", HARD, b"", "h"), ("a", HARD, b"", "b"), ("b", HARD, b"", "a"), ("f", REG, b"1", "")], {b"1": 1}, {}
    yield "a hard link of a device", [("c", CHR, b"", ""), ("h", HARD, b"", "c"), ("f", REG, b"1", "")], {b"1": 1}, {}
    yield "files under symlinks", [("s", SYM, b"", "/tmp"), ("s/f", REG, b"1", ""), ("t", SYM, b"", "s"), ("t/g", REG, b"2", "")], {b"1": 1, b"2": 1}, {b"/tmp": 1, b"s": 1}


def cases():
    for name, members in cpios():
        files = collections.Counter(data for _, mode, data, *_ in members if mode >> 12 == 8)
        links = collections.Counter(data for _, mode, data, *_ in members if mode >> 12 == 10 and 0 < len(data) < 4096 and b"\0" not in data)
        yield f"cpio: {name}", newc(*members), files, links
    for name, members, files, links in tars():
        yield f"tar: {name}", tar(*members), collections.Counter(files), collections.Counter(links)


def judge(what, data, files, links, work):
    place = work / "place"
    place.mkdir()
    image, out = place / "image", place / "out"
    image.write_bytes(data)
    before = {p: look(p) for p in (work / "outside", image)}
    done = subprocess.run([TOOL, "extract", "--deep", image, "-o", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    if not ok(f"{what}: extract", done.returncode == 0 and out.exists(), (done.returncode, done.stderr[-300:])):
        return shutil.rmtree(place)
    ok(f"{what}: nothing beside", sorted(os.listdir(place)) == ["image", "out"] and sorted(os.listdir(work)) == ["outside", "place"], (os.listdir(place), os.listdir(work)))
    ok(f"{what}: what is outside stays as it is", before == {p: look(p) for p in before})
    got_files, got_links, odd = collections.Counter(), collections.Counter(), []
    inside = next(out / n for n in os.listdir(out) if n.endswith(".in"))
    for folder, folders, names in os.walk(os.fsencode(inside)):
        for name in folders + names:
            at = os.path.join(folder, name)
            st = os.lstat(at)
            if stat.S_ISLNK(st.st_mode):
                got_links[os.readlink(at)] += 1
            elif stat.S_ISREG(st.st_mode):
                got_files[Path(os.fsdecode(at)).read_bytes()] += 1
            elif not stat.S_ISDIR(st.st_mode):
                odd.append((at, "a device"))
            if not stat.S_ISLNK(st.st_mode) and st.st_mode & 0o7777 not in (0o644, 0o755):
                odd.append((at, oct(st.st_mode)))
    links_of_host = [p for p in out.rglob("*") if stat.S_ISREG(os.lstat(p).st_mode) and os.lstat(p).st_nlink > sum(os.path.samestat(os.lstat(p), os.lstat(q)) for q in out.rglob("*"))]
    ok(f"{what}: each file's bytes are there", not files - got_files, files - got_files)
    ok(f"{what}: and no others, but empty ones", not {k: v for k, v in (got_files - files).items() if k}, got_files - files)
    ok(f"{what}: each symlink as it is", got_links == links, (got_links, links))
    ok(f"{what}: no devices, no set-id bits", not odd, odd)
    ok(f"{what}: no file that has a name outside", not links_of_host, links_of_host)
    for more in ([], ["--rebuild-all"]):
        made = place / "made"
        done = subprocess.run([TOOL, "repack", *more, out, "-o", made], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        ok(f"{what}: repack {' '.join(more)}", made.exists() and made.read_bytes() == data, (done.returncode, done.stderr[-300:]))
        if made.exists():
            made.unlink()
    shutil.rmtree(place)


with tempfile.TemporaryDirectory() as tmp:
    work = Path(tmp)
    (work / "outside").mkdir()
    (work / "outside" / "file").write_bytes(b"outside")
    every = list(cases())
    for case in every:
        judge(*case, work)
    many = newc(*((b"same", F, b"%d" % i) for i in range(100)))  # more than a host has spellings for is no reason to refuse all of it
    (work / "many").write_bytes(many)
    done = subprocess.run([TOOL, "extract", work / "many", "-o", work / "many.fs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    ok("100 members of one name: what the host can't name is a line, and said", done.returncode in (0, 1) and (work / "many.fs").exists(), (done.returncode, done.stderr))
    if (work / "many.fs").exists():
        subprocess.run([TOOL, "repack", work / "many.fs", "-o", work / "made"], env=ENV)
        ok("100 members of one name: there and back", (work / "made").exists() and (work / "made").read_bytes() == many)
ok.end(f"{len(every) + 1} archives")

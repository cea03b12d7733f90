#!/usr/bin/env python3
"""`fieldstrip diff` says what was done and nothing else. Truth is what the edits were (three in a camera image; any number in archives that Python's tarfile makes), what GNU diff and
Python's difflib say of texts, what readelf says of sections, what tarfile says of two kernel packages (FIELDSTRIP_KERNEL_TARS="OLD.tar NEW.tar": `dpkg-deb --fsys-tarfile` of two versions of
linux-image-*). Equal images are one line and exit code 0; hostile ones end in 10 seconds; no byte of an image reaches the terminal as it is."""
import io, json, os, random, re, resource, shutil, subprocess, sys, tarfile, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "trust"))
from trust import ENV, TOOL, TOP, Said, newc, sanitized

sys.path.insert(0, str(TOP / "tests" / "corpus"))
ok, r = Said(), random.Random(18)
PATIENCE = 60 if sanitized() else 10  # seconds of a processor's work: the machine may be busy
count = {"pairs": 0, "edits": 0}


def diff(*words, codes=(0, 1), timeout=300):
    done = subprocess.run([TOOL, "diff", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV, timeout=timeout)
    ok(f"diff {' '.join(map(str, words))[-150:]}: exit code", done.returncode in codes, (done.returncode, done.stderr[-300:]))
    count["pairs"] += 1
    return done


def tell(a, b, *more):
    return json.loads(diff("--json", a, b, *more, codes=(1,)).stdout)


def walk(change):
    yield change
    for c in change.get("inside", ()):
        yield from walk(c)


def real(root):
    """What a person would call a change, as a set of tuples."""
    out = set()

    def go(c, inside_of_file):
        where = c.get("after", c.get("before"))["path"]
        if c["follows"]:
            return
        if not inside_of_file:
            if c["thing"] == "node":
                out.update(("field", where, f["name"], f["before"], f["after"]) for f in c.get("fields", ()) if not f["follows"])
            else:
                if c["how"] == "same":
                    out.update(("attribute", where, f["name"], f["before"], f["after"]) for f in c.get("attributes", ()) if not f["follows"])
            if c["how"] != "same":
                out.add((c["how"], where))
            if c["moved"]:
                out.add(("moved", c["before"]["path"], where))
        for i in c.get("inside", ()):
            go(i, inside_of_file or c["thing"] == "entry")
    go(root, False)
    return out


def fits(text: bytes) -> str:
    """Why it is not fit for a terminal, or nothing."""
    try:
        text = text.decode()
    except UnicodeDecodeError as e:
        return str(e)
    found = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", text)
    return ascii(text[max(0, found.start() - 40):found.start() + 20]) if found else "forged" if re.search("^FORGED", text, re.M) else ""


def equal_images(work):
    for image in (TOP / "samples/camera/camera.img", TOP / "src/formats/tar/samples"):
        image = image if image.is_file() else sorted(image.glob("*.bin"))[0]
        copy = work / "copy"
        shutil.copyfile(image, copy)
        done = diff(image, copy, codes=(0,))
        ok("equal: one line", done.stdout.count(b"\n") == 1 and b"the same" in done.stdout, done.stdout)
        said = json.loads(diff("--json", image, copy, codes=(0,)).stdout)
        ok("equal: JSON", said["equal"] and said["counts"]["all"] == 0 and "root" not in said)
    ok("no such file", diff(image, work / "none", codes=(3,)).returncode == 3)
    empty = work / "empty"
    empty.touch()
    diff(empty, image, codes=(1,))
    diff(image, empty, codes=(1,))
    diff(empty, empty, codes=(0,))
    done = diff("--limit", "decoded=1000", f"{TOP}/samples/camera/camera.img", edited_kernel(work), codes=(4,))
    ok("a limit is said", b"limit" in done.stderr, done.stderr)


def edited_kernel(work):
    image, out = TOP / "samples/camera/camera.img", work / "kernel.img"
    if not out.exists():
        kernel = bytearray(subprocess.run([TOOL, "cat", f"{image}:/00000000.uimage/payload/content"], stdout=subprocess.PIPE, check=True).stdout)
        kernel[5000:5004] = b"EDIT"
        (work / "kernel").write_bytes(kernel)
        subprocess.run([TOOL, "edit", image, "--replace", "/00000000.uimage/payload/content", work / "kernel", "-o", out], check=True, stdout=subprocess.DEVNULL)
    return out


def three_edits(work, image, uimage, squashfs, file, jffs2, folder, what):
    """A name in the header, a file replaced in the squashfs, one added to the JFFS2: these three, and nothing else."""
    new, added, out = work / "new", work / "added", work / "edited.img"
    new.write_bytes(b"a new file, %d\n" % r.randrange(1 << 30))
    added.write_bytes(b"ssid=none\n")
    to = f"/{jffs2}/{folder + '/' if folder else ''}added by a test"
    words = ["--replace", f"/{squashfs}/{file}", new, "--add", to, added]
    expected = {("changed", f"/{squashfs}/{file}"), ("added", to)}
    if uimage:
        words += ["--set", f"/{uimage}.name=diff"]
        was = next(f["value"] for f in json.loads(subprocess.run([TOOL, "info", "--json", f"{image}:/{uimage}"], stdout=subprocess.PIPE).stdout)["fields"] if f["name"] == "name")
        expected.add(("field", f"/{uimage}", "name", was, "diff"))
    done = subprocess.run([TOOL, "edit", image, *map(str, words), "-o", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        return done.stderr.decode(errors="replace")
    said = tell(image, out)
    found = real(said["root"])
    ok(f"{what}: exactly the edits", found == expected, (found ^ expected))
    ok(f"{what}: counted", said["counts"]["all"] == len(expected) and said["complete"], said["counts"])
    follow = {f["name"] for c in walk(said["root"]) for f in c.get("fields", ()) if f["follows"]}
    ok(f"{what}: the header's checksum follows", not uimage or "header_crc" in follow, follow)
    done = diff(image, out)
    ok(f"{what}: a screen at most", done.stdout.count(b"\n") <= 60 and not fits(done.stdout), done.stdout)
    back = real(tell(out, image)["root"])
    ok(f"{what}: backwards", {(k[0] if k[0] != "added" else "removed", *k[1:]) for k in expected if k[0] != "field"} == {k for k in back if k[0] != "field"}, back)
    count["edits"] += 1


def cameras(work):
    three_edits(work, TOP / "samples/camera/camera.img", "00000000.uimage", "00080000.squashfs", "etc/passwd", "00100000.jffs2", "", "sample")
    import corpus
    if not (corpus.CORPUS / "gen" / "gen.py").exists():
        return print("no corpus: its cameras, its hostile images are left out")
    images = 0
    seeds = corpus.SEEDS if len(corpus.SEEDS) > 1 else [0, 1]
    for seed in seeds:
        for image in sorted((corpus.seed(seed) / f"camera_{seed}").glob("*.img")):
            truth = json.loads(Path(f"{image}.truth.json").read_text())
            at = {g["format"]: f"{g['offset']:08x}.{g['format']}" for g in reversed(truth["regions"])}
            if not {"squashfs", "jffs2"} <= set(at):
                continue
            plain = lambda e, t: e["type"] == t and e.get("links", 1) == 1 and e["path"].isascii()
            trees = {tuple(f["chain"][-1])[0]: f["entries"] for f in truth["files"] if len(f["chain"]) == 1}
            file = next((e["path"] for e in trees["squashfs"] if plain(e, "file") and 0 < e["size"] < 60000), None)
            folder = next((e["path"] for e in trees["jffs2"] if plain(e, "dir")), "")
            if file:
                refused = three_edits(work, image, at.get("uimage"), at["squashfs"], file, at["jffs2"], folder, f"{seed}/{image.name}")
                ok(f"{seed}/{image.name}: can be edited", not refused or "signature" in refused, refused)
                images += 1
    ok("cameras of two seeds", images >= 6, images)
    real_parts = corpus.CORPUS / "real" / "assemble_camera.py"
    if real_parts.exists():
        image = work / "real.img"
        subprocess.run([sys.executable, real_parts, "-o", image], check=True, stdout=subprocess.DEVNULL)
        ok("real camera", not three_edits(work, image, "00000000.uimage", "00210000.squashfs", "etc/passwd", "00960000.jffs2", "data", "real camera"))


def other_edits(work):
    """One kind at a time: link targets, modes, owners, times, xattrs, devices, regions that go."""
    image, out = TOP / "samples/camera/camera.img", work / "other.img"
    fs = "/00080000.squashfs"
    cases = [(["--chmod", f"{fs}/etc/passwd", "0600"], "attribute", "mode"), (["--chown", f"{fs}/etc/passwd", "5:6"], "attribute", "owner"), (["--touch", f"{fs}/etc/passwd", "1600000000"], "attribute", "mtime"),
             (["--xattr", f"{fs}/etc/passwd", "user.a=YWJj"], "attribute", "xattr user.a"), (["--rename", f"{fs}/etc/passwd", f"{fs}/etc/master"], "moved", f"{fs}/etc/passwd"), (["--remove", f"{fs}/etc/passwd"], "removed", f"{fs}/etc/passwd"),
             (["--set", "/00000000.uimage.load=0x21008000"], "field", "load"), (["--mkdir", f"{fs}/new"], "added", f"{fs}/new"), (["--symlink", f"{fs}/l", "etc/passwd"], "added", f"{fs}/l")]
    for words, kind, name in cases:
        subprocess.run([TOOL, "edit", image, *words, "-o", out], check=True, stdout=subprocess.DEVNULL)
        found = real(tell(image, out)["root"])
        ok(f"{words[0]}: one change", len(found) == 1 and next(iter(found))[0] == kind and name in next(iter(found)), found)
    data = bytearray(image.read_bytes())
    data[0x100000:] = b"\xff" * (len(data) - 0x100000)
    out.write_bytes(data)
    ok("a region that is gone", real(tell(image, out)["root"]) == {("removed", "/00100000.jffs2")}, real(tell(image, out)["root"]))
    data = bytearray(image.read_bytes())
    data[0x180000:0x180000] = bytes(0x10000)  # nothing but more room
    out.write_bytes(data)
    found = real(tell(image, out)["root"])
    ok("more room alone is a change", found and all("padding" in str(f) for f in found), found)
    subprocess.run([TOOL, "edit", image, "--chmod", f"{fs}/etc/passwd", "0600", "--remove", f"{fs}/usr/share/words", "-o", out], check=True, stdout=subprocess.DEVNULL)
    found = real(tell(f"{image}:{fs}/etc", f"{out}:{fs}/etc/")["root"])
    ok("a folder alone", found == {("attribute", f"{fs}/etc/passwd", "mode", "0644", "0600")}, found)
    ok("a folder in which nothing changed", diff(f"{image}:{fs}/lib", f"{out}:{fs}/lib", codes=(0,)).stdout.count(b"\n") == 1)
    ok("a file alone", diff(f"{image}:{fs}/usr/share/words", f"{out}:{fs}/etc/passwd", codes=(1,)).stdout.count(b"\n") > 3)
    diff(f"{image}:{fs}/etc", f"{out}:{fs}/none", codes=(3,))
    for move in (0x140000, 0x100000 + 4096):
        data = bytearray(b"\xff" * 0x200000)
        original = image.read_bytes()
        data[:0x100000] = original[:0x100000]
        data[move:] = original[0x100000:0x200000 - (move - 0x100000)]
        data[0x600:0x603] = b"abc"  # of the kernel: what else changes does not hide it
        out.write_bytes(data)
        found = real(tell(image, out)["root"])
        ok("a region that somebody put elsewhere", ("moved", "/00100000.jffs2", f"/{move:08x}.jffs2") in found, found)
    data = bytearray(image.read_bytes())
    data[0x102a00:0x140000] = bytes(0x140000 - 0x102a00)  # room that is filled with something else
    data[0x600] ^= 1
    out.write_bytes(data)
    ok("another filler", any("padding" in str(f) for f in real(tell(image, out)["root"])), real(tell(image, out)["root"]))
    (work / "large").write_bytes(r.randbytes(1300000))
    subprocess.run([TOOL, "edit", image, "--add", "/00100000.jffs2/large", work / "large", "--resize", "-o", out], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = real(tell(image, out)["root"])
    ok("a file for which the image grew", out.stat().st_size > image.stat().st_size and found == {("added", "/00100000.jffs2/large")}, found)
    data = bytearray(image.read_bytes())
    data[4] ^= 1  # the header's checksum, and nothing else
    out.write_bytes(data)
    diff(image, out, codes=(1,))
    insides = real(tell(image, edited_kernel(work))["root"])
    ok("bytes in a kernel", {f[0] for f in insides} == {"changed"}, insides)
    where = [c["binary"]["ranges"] for c in walk(tell(image, edited_kernel(work))["root"]) if c.get("binary") and c["binary"]["ranges"]]
    ok("bytes in a kernel: where", len(where) == 1 and sum(n for _, n in where[0]) <= 4, where)


def texts(work):
    """Hunks put to the first text give the second, and are about as few lines as GNU diff's."""
    pool = [line + "\n" for line in (TOP / "README.md").read_text().splitlines()[:200]]
    for i in range(6):
        a = [r.choice(pool) if r.random() < .2 else l for l in pool]
        b = [l for l in a if r.random() > .1]
        for _ in range(10):
            b.insert(r.randrange(len(b)), r.choice(pool) if r.random() < .5 else f"new {r.random()}\n")
        if i == 1:
            b[-1] = b[-1].rstrip("\n")
        one, two = work / "a.txt", work / "b.txt"
        one.write_text("".join(a)), two.write_text("".join(b))
        change = next(c["text"] for c in walk(tell(one, two)["root"]) if "text" in c)
        patch = "--- a.txt\n+++ a.txt\n" + "".join("@@ -%d,%d +%d,%d @@\n" % (*h["before"], *h["after"]) + "".join(l + "\n" for l in h["lines"]) for h in change["hunks"])
        done = subprocess.run(["patch", "-s", "-o", work / "c.txt", one], input=patch.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) if shutil.which("patch") else None
        if done:
            ok("patch(1) makes the second text of the first", done.returncode == 0 and (work / "c.txt").read_bytes() == two.read_bytes(), done.stdout)
        theirs = subprocess.run(["diff", "--minimal", one, two], stdout=subprocess.PIPE).stdout.decode().splitlines()
        fewest = sum(l[:1] in "<>" for l in theirs)
        ok("as few lines as diff --minimal", change["added"] + change["removed"] == fewest, (change["added"] + change["removed"], fewest))


def archives(work):
    """Any edits of a tree, packed by tarfile: what was done is what is said."""
    def pack(path, tree):
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as t:
            for name, (kind, mode, data) in sorted(tree.items()):
                m = tarfile.TarInfo(name)
                m.mode, m.mtime = mode, 1528268827
                m.type = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE}[kind]
                if kind == "l":
                    m.linkname = data.decode()
                m.size = len(data) if kind == "f" else 0
                t.addfile(m, io.BytesIO(data) if kind == "f" else None)
    for round in range(12):
        tree = {f"d{i}": ("d", 0o755, b"") for i in range(5)}
        for i in range(60):
            tree[f"d{r.randrange(5)}/file-{i}"] = ("f", 0o644, r.randbytes(r.randrange(1, 3000)) if i % 2 else b"text %d\n" % i * r.randrange(1, 40))
        for i in range(5):
            tree[f"d{i}/link"] = ("l", 0o777, b"target%d" % i)
        now, expected = dict(tree), set()
        for name in r.sample([n for n in tree if tree[n][0] == "f"], 16):
            what, (kind, mode, data) = r.choice(("remove", "change", "mode", "move")), tree[name]
            if what == "remove":
                del now[name]
                expected.add(("removed", name))
            if what == "change":
                now[name] = (kind, mode, data + b"more\n")
                expected.add(("changed", name))
            if what == "mode":
                now[name] = (kind, 0o4755, data)
                expected.add(("attribute", name, "mode", "0644", "4755"))
            if what == "move":
                to = f"d{r.randrange(5)}/moved{len(expected)}"
                now[to] = now.pop(name)
                expected.add(("moved", name, to))
        now["d1/link"] = ("l", 0o777, b"other")
        expected.add(("attribute", "d1/link", "target", "target1", "other"))
        now["d2/fresh"] = ("f", 0o644, b"%d" % round)
        expected.add(("added", "d2/fresh"))
        pack(work / "a.tar", tree), pack(work / "b.tar", now)
        said = tell(work / "a.tar", work / "b.tar")
        cut = lambda p: p.split(".tar/", 1)[-1] if isinstance(p, str) else p
        found = {tuple(map(cut, f)) for f in real(said["root"]) if "padding" not in f[1]}
        ok("edits of a tree", found == expected, (found - expected, expected - found))
        count["edits"] += len(expected)


def other_formats(work):
    """The same files in a tar and in a cpio, the same bytes as gzip and as xz: of another format, and what is inside is the same but for what was done."""
    import gzip, lzma
    files = [(b"a", 0o100644, b"one\n"), (b"b", 0o100755, r.randbytes(3000))]
    (work / "x.cpio").write_bytes(newc(*files))
    with tarfile.open(work / "y.tar", "w", format=tarfile.GNU_FORMAT) as t:
        for name, mode, data in [(b"a", 0o644, b"two\n"), (b"b", 0o755, files[1][2]), (b"c", 0o600, b"new")]:
            m = tarfile.TarInfo(name.decode())
            m.mode, m.size, m.mtime = mode, len(data), 1528268827
            t.addfile(m, io.BytesIO(data))
    found = {(f[0], f[1].split("/")[-1]) for f in real(tell(work / "x.cpio", work / "y.tar")["root"]) if "padding" not in str(f)}
    ok("cpio and tar", found == {("changed", "00000000.tar"), ("changed", "a"), ("added", "c")}, found)
    text = b"".join(b"line %d\n" % i for i in range(3000))
    (work / "x.gz").write_bytes(gzip.compress(text, mtime=0)), (work / "y.xz").write_bytes(lzma.compress(text)), (work / "z.xz").write_bytes(lzma.compress(text.replace(b"line 7\n", b"")))
    said = list(walk(tell(work / "x.gz", work / "y.xz")["root"]))
    ok("gzip and xz", [c.get("note") for c in said if c["how"] == "changed"] == ["the same content, encoded otherwise"], said)
    said = [c["text"] for c in walk(tell(work / "x.gz", work / "z.xz")["root"]) if "text" in c]
    ok("gzip and xz of another text", len(said) == 1 and said[0]["removed"] == 1 and said[0]["added"] == 0, said)
    (work / "x6.xz").write_bytes(lzma.compress(text, preset=0))
    said = tell(work / "y.xz", work / "x6.xz")
    ok("xz of other parameters", said["counts"]["all"] == 1 and any(c.get("note") == "the same content, encoded otherwise" for c in walk(said["root"])), said)


def programs(work):
    """A section that objcopy adds, bytes that are changed in .text: as readelf sees them."""
    if not (shutil.which("objcopy") and shutil.which("readelf")):
        return print("no objcopy: sections are left out")
    one, two = work / "one", work / "two"
    shutil.copyfile("/bin/true", one)
    (work / "s").write_bytes(b"something\n" * 9)
    subprocess.run(["objcopy", f"--add-section=.added={work}/s", one, two], check=True)
    pack = lambda p: newc((b"bin", 0o40755, b""), (b"bin/true", 0o100755, p.read_bytes()))
    (work / "a.cpio").write_bytes(pack(one)), (work / "b.cpio").write_bytes(pack(two))
    said = [c for c in walk(tell(work / "a.cpio", work / "b.cpio")["root"]) if c.get("binary")]
    sections = {s["name"]: (s["before"], s["after"]) for s in said[0]["binary"]["sections"]}

    def theirs(p):
        rows = re.findall(r"\[ *\d+\] (\S+) +\S+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)", subprocess.run(["readelf", "-SW", p], stdout=subprocess.PIPE).stdout.decode())
        return {n: int(s, 16) for n, s in rows}
    a, b = theirs(one), theirs(two)
    ok("sections that have another size", {n: (a.get(n), b.get(n)) for n in {*a, *b} if a.get(n) != b.get(n)} == {n: v for n, v in sections.items() if v[0] != v[1]}, sections)
    ok("no code among them", not said[0]["binary"]["code"])
    text = re.search(r"\.text +\S+ +[0-9a-f]+ ([0-9a-f]+) ", subprocess.run(["readelf", "-SW", one], stdout=subprocess.PIPE).stdout.decode())
    data = bytearray(one.read_bytes())
    data[int(text[1], 16) + 20] ^= 1
    two.write_bytes(data)
    (work / "b.cpio").write_bytes(pack(two))
    said = [c for c in walk(tell(work / "a.cpio", work / "b.cpio")["root"]) if c.get("binary")]
    ok("a bit in .text", [s["name"] for s in said[0]["binary"]["sections"]] == [".text"] and said[0]["binary"]["code"], said[0]["binary"])
    ok("a bit in .text: where", said[0]["binary"]["ranges"] == [[int(text[1], 16) + 20, 1]], said[0]["binary"]["ranges"])


def terminal(work):
    from hostile_text import FILES, images
    (work / "a.cpio").write_bytes(newc(*((n, 0o100644, d) for n, d in FILES)))
    (work / "b.cpio").write_bytes(newc(*((n, 0o100644, n + b"\n" + d) for n, d in FILES), *((n + b"2", 0o120777, n) for n, d in FILES)))
    (work / "c.cpio").write_bytes(newc(*((n + b"2", 0o120777, n[::-1]) for n, d in FILES)))
    pairs = [(work / f"{x}.cpio", work / f"{y}.cpio") for x, y in ("ab", "ba", "bc", "cb", "ac")]
    hostile = [p for _, p in images(work)]
    pairs += list(zip(hostile, hostile[1:])) + list(zip(hostile[1:], hostile))
    for a, b in pairs:
        for more in ([], ["-v"]):
            done = diff(*more, a, b, codes=(0, 1, 4))
            ok(f"{a.name} {b.name}: safe on a terminal", not (why := fits(done.stdout) or fits(done.stderr)), why)
        done = diff("--json", a, b, codes=(0, 1, 4))
        json.loads(done.stdout.decode())
        colored = diff("--color", "always", a, b, codes=(0, 1, 4)).stdout
        ok("colours are ours", not (why := fits(re.sub(rb"\x1b\[[0-9;]*m", b"", colored))), why)


def hostile(work):
    import corpus
    if not (corpus.CORPUS / "gen" / "gen.py").exists():
        return
    images = sorted(p for p in (corpus.seed(0) / "hostile_0").iterdir() if p.suffix not in (".json", ".txt"))
    camera = TOP / "samples/camera/camera.img"
    slowest = (0.0, "")

    def timed(a, b):
        nonlocal slowest
        spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        begin = spent()
        try:
            diff(a, b, codes=(0, 1, 3, 4), timeout=30 * PATIENCE)
        except subprocess.TimeoutExpired:
            ok(f"{a.name} {b.name}: ends", False)
        seconds = spent() - begin
        ok(f"{a.name} {b.name}: {PATIENCE} seconds at most", seconds <= PATIENCE, seconds)
        slowest = max(slowest, (seconds, f"{a.name} {b.name}"))
    pairs = [*zip(images, images[1:]), *((camera, i) for i in images[::3])]
    for a, b in pairs[::3] if sanitized() else pairs:
        timed(a, b)
    for image in images[::4]:  # itself with a few bytes changed
        data = bytearray(image.read_bytes())
        for _ in range(5):
            if data:
                data[r.randrange(len(data))] ^= 1 << r.randrange(8)
        (work / "flipped").write_bytes(data)
        timed(image, work / "flipped")
    print(f"hostile images: the slowest pair took {slowest[0]:.1f} s ({slowest[1]})")


def kernels():
    """Two versions of a kernel's package: version, configuration, modules, on one screen."""
    pair = os.environ.get("FIELDSTRIP_KERNEL_TARS", "").split()
    if not pair:
        return print("SKIPPED in part: FIELDSTRIP_KERNEL_TARS names no two kernel packages")
    read, options = [], []
    for p in pair:
        with tarfile.open(p) as t:
            files = {m.name.removeprefix("./"): t.extractfile(m).read() for m in t if m.isreg()}
        release = next(n.split("/")[2] for n in files if n.startswith("lib/modules/"))
        read.append({n.replace(release, "RELEASE"): d for n, d in files.items()})
        config = next(d for n, d in read[-1].items() if n.startswith("boot/config")).decode()
        options.append({**dict(re.findall(r"^(CONFIG_\w+)=(.*)$", config, re.M)), **{n: "n" for n in re.findall(r"^# (CONFIG_\w+) is not set$", config, re.M)}})
    a, b = read
    modules = lambda t: {n for n in t if n.endswith(".ko")}
    added, removed = modules(b) - modules(a), modules(a) - modules(b)
    changed = {n for n in modules(a) & modules(b) if a[n] != b[n]}
    begin = time.monotonic()
    done = diff(*pair, codes=(1,))
    seconds = time.monotonic() - begin
    lines = done.stdout.decode().splitlines()
    print(done.stdout.decode())
    ok("kernels: one screen", len(lines) <= 40 and max(map(len, lines)) <= 100, (len(lines), max(map(len, lines))))
    ok("kernels: seconds", seconds < 60, seconds)
    said = json.loads(diff("--json", *pair, codes=(1,)).stdout)
    found = {"added": set(), "removed": set(), "changed": set()}
    for c in walk(said["root"]):
        if c["thing"] == "entry" and c["how"] in found and (c.get("after") or c["before"])["path"].endswith(".ko"):
            found[c["how"]].add((c.get("after") or c["before"])["path"].split("/")[-1])
    last = lambda names: {n.split("/")[-1] for n in names}
    ok("kernels: modules", found == {"added": last(added), "removed": last(removed), "changed": last(changed)}, {k: len(v) for k, v in found.items()})
    mine = {f["name"]: (f["before"], f["after"]) for c in walk(said["root"]) for f in c.get("options", ())}
    theirs = {n: (options[0].get(n), options[1].get(n)) for n in {*options[0], *options[1]} if options[0].get(n) != options[1].get(n)}
    ok("kernels: options", mine == theirs, (len(mine), len(theirs)))
    versions = {v["after"] for c in walk(said["root"]) for v in c.get("values", ()) if v["name"] == "version"}
    ok("kernels: version", any(v.startswith("Linux version ") for v in versions), versions)
    print(f"kernels: {len(lines)} lines, {seconds:.1f} s; modules {len(added)} added, {len(removed)} removed, {len(changed)} changed; {len(theirs)} options")


with tempfile.TemporaryDirectory() as folder:
    work = Path(folder)
    wanted = os.environ.get("FIELDSTRIP_DIFF_PARTS", "").split()
    for part in (equal_images, cameras, other_edits, texts, archives, other_formats, programs, terminal, hostile):
        if wanted and part.__name__ not in wanted:
            continue
        begin = time.monotonic()
        part(work)
        print(f"{part.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    kernels()
ok.end(f"{count['pairs']} pairs of images, {count['edits']} edits")

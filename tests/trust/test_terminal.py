#!/usr/bin/env python3
"""What is printed is safe, whatever an image says: names, link targets, labels, values, section names and comments that hold escape sequences, CR, BEL, C1
controls, line ends, invalid UTF-8 and 4 KiB go through scan, scan --tree, info, verify --all, ls -R -l, extract, edit --plan, repack --plan (and its refusals
of folders made to hurt): standard output and error are UTF-8, hold no control but the line end (no tab either), and no line end that an image brought; colours
are the program's own. JSON parses and is UTF-8; the .toml and .mtree files beside are as safe. On a terminal (a pty) the same, and its progress line.
Bidirectional overrides (U+202E …) and U+2028 are no controls by Unicode; each that is printed as it is is counted and told in the last line.
FIELDSTRIP_TERMINAL=all: info of every node and an edit of every name (default: a sample)."""
import base64, collections, json, os, pty, random, re, select, subprocess, sys, tempfile, time
from pathlib import Path
from hostile_text import FORGED, NASTY, images
from trust import ENV, TOOL, Said

ALL = os.environ.get("FIELDSTRIP_TERMINAL") == "all"
DULL = ("tar-ustar", "tar-gnu", "dtb-names")  # whose folders and edits are looked at at full size only
ok, r, count = Said(), random.Random(1717), collections.Counter()
OURS = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[K|\r")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def some(things, n):
    things = list(things)
    return things if ALL or len(things) <= n else r.sample(things, n)


def problem(out: bytes, terminal=False) -> str:
    """Why these bytes are not fit for a terminal, or nothing."""
    if terminal:
        out = OURS.sub(b"", out.replace(b"\r\n", b"\n"))
    try:
        text = out.decode("utf-8")
    except UnicodeDecodeError as e:
        return f"no UTF-8: {out[max(0, e.start - 30):e.start + 30]!r}"
    count["bidirectional"] += len(BIDI.findall(text))
    count["line separators"] += text.count("\u2028")
    for m in re.finditer("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", text):
        return f"a control: {text[max(0, m.start() - 40):m.start() + 20]!r}"
    for line in text.split("\n"):
        if line.startswith(FORGED.decode()):
            return f"a line that the image forged: {line[:80]!r}"
    return ""


def run(*words, codes=(0, 1, 3), **more) -> subprocess.CompletedProcess:
    done = subprocess.run([TOOL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENV, "LC_ALL": "C.UTF-8"}, **more)
    ok(f"{words[0]}: exit code", done.returncode in codes, (words, done.returncode, done.stderr[-300:]))
    return done


def said(what, *words, **more):
    done = run(*words, **more)
    count["runs"] += 1
    for name, out in (("output", done.stdout), ("error", done.stderr)):
        ok(f"{what}: {' '.join(map(ascii, words))[:150]}: standard {name}", not (why := problem(out)), why)
    return done


def parsed(what, *words, lines=False):
    """JSON: UTF-8, parses, and its strings may hold anything, as \\u escapes."""
    out = run(*words).stdout
    count["runs"] += 1
    try:
        text = out.decode("utf-8")
        result = json.loads(text) if text else None
    except ValueError as e:
        ok(f"{what}: {words[0]} --json", False, (words, e))
        return None
    ok(f"{what}: {words[0]} --json holds no raw control", not (why := problem(out)), why)
    return result


def nodes(n):
    yield n
    for c in n.get("children", ()):
        yield from nodes(c)


def path_of(n) -> bytes:
    return base64.b64decode(n["path_b64"]) if "path_b64" in n else n["path"].encode()


before = []  # the image that was looked at before this one


def looked_at(what, image):
    name = os.fsencode(image)
    if ALL:
        said(what, "scan", image)
    said(what, "scan", "--tree", image)
    colored = run("scan", "--tree", "--color", "always", image).stdout
    ok(f"{what}: colours are ours", not (why := problem(colored, True)) and b"\r" not in colored and b"\x1b[K" not in colored, why)
    said(what, "verify", "--all", image)
    said(what, "ls", "-R", "-l", image)
    said(what, "scan", "--tree", "--all", "--entropy", image)
    said(what, "why", "-v", image, str(min(600, os.path.getsize(image) // 2)))
    said(what, "report", image, "-o", "-")  # the page: what a browser gets
    said(what, "diff", "-v", before[0] if before else image, image)
    before[:] = [image]
    parsed(what, "report", "--json", image)
    tree = parsed(what, "scan", "--tree", "--json", image)
    parsed(what, "verify", "--all", "--json", image)
    parsed(what, "ls", "-R", "--json", image)
    every = [path_of(n) for n in nodes(tree["root"])] if tree else []
    for path in [*every[1:3], *some(every[3:], 1)]:
        said(what, "info", name + b":" + path)
        if ALL or path == every[1]:
            parsed(what, "info", "--json", name + b":" + path)
    for n in some(NASTY, 1):
        said(what, "info", name + b":/" + n)
        said(what, "cat", name + b"://" + n + b"/" + n, codes=(3,))
    return every


def all_in(folder):
    """Path.rglob fails of a link whose target is too long for a name."""
    return [Path(where, name) for where, folders, names in os.walk(folder) for name in folders + names]


def taken_apart(what, image, work):
    folder = work / "apart"
    done = said(what, "extract", "--deep", image, "-o", folder)
    if done.returncode == 3 or not folder.exists():
        return
    for p in sorted(all_in(folder)):
        if p.is_symlink() or not p.is_file() or ".in/" in os.fsdecode(bytes(p))[len(str(folder)):]:
            continue
        if p.suffix in (".toml", ".mtree", ".json"):
            text = p.read_bytes()
            ok(f"{what}: {p.name!a} is fit to be shown", not (why := problem(text)), why)
            count["files"] += 1
    for p in all_in(folder):  # each name on the host
        ok(f"{what}: a name on the host", not re.search(rb"[\x00-\x1f\x7f]", os.fsencode(p.name)), ascii(p.name))
    if ALL:
        said(what, "repack", "--plan", folder)
    for i, p in enumerate(sorted(p for p in all_in(folder) if ".in/" in os.fsdecode(bytes(p)) and not p.is_symlink() and p.is_file())):
        if i % 3 == 0:
            p.write_bytes(p.read_bytes() + b"changed\n")
        elif i % 3 == 1 and ".in" in p.parent.name:
            p.unlink()
    for p in (p for p in all_in(folder) if p.suffix == ".toml"):
        p.write_text(p.read_text().replace("0x8000", "0x9000"))
    said(what, "repack", "--plan", folder)
    parsed(what, "repack", "--plan", "--json", folder)
    if ALL:
        said(what, "repack", "-v", folder, "-o", work / "again")
    refusals(what, folder)
    subprocess.run(["rm", "-rf", folder, work / "again"], check=True)


def refusals(what, folder):
    """A folder from elsewhere is input too: files with names that hurt, lines and keys that nobody wrote."""
    bad = "\x1b[31mred\x07\n" + FORGED.decode()
    for mtree in sorted(folder.glob("*.mtree"))[:1]:
        text = mtree.read_bytes()
        for line in some((b"./x\x1b[31m\x07 type=file mode=\x1b[31m\n", b"\x9b31m\r\n", b"./y type=\x1b]0;t\x07 uid=\xff\n", b"./z type=link link=\\033[31m\x1b[31m mode=0777 \x07=1\n", "./ü type=dir \u009b=1\n".encode()), 1):
            mtree.write_bytes(text + line)
            said(what, "repack", "--plan", folder)
        mtree.write_bytes(text)
    for toml in sorted(folder.glob("*.toml"))[:1]:
        text = toml.read_bytes()
        for line in some((b"\n\"k\\u001b[31m\" = 1\n", b"\nname = '\x1b[31m'\n", b"\n\x1b[31m = 1\n", b"\nz\xff = 1\n", b"\n\"\\u009b31m\" = \"\\u0007\"\n", b"\n[t\x07]\n"), 1):
            toml.write_bytes(text + line)
            said(what, "repack", "--plan", folder, codes=(3,))
        toml.write_bytes(text)
    stray = folder / bad
    stray.write_bytes(b"x")
    said(what, "repack", "--plan", folder, codes=(3,))
    stray.unlink()
    manifest = folder / ".fieldstrip" / "manifest.json"
    text = manifest.read_bytes()
    for evil in some((b'{"schema":"\x1b[31m"}', b'{"\xff\x1b[31m', text.replace(b'"name"', b'"na\\u001b[31mme"', 1), text.replace(b'"format"', b'"format":"\\u001b[31m\\u0007","format"', 1), b"\x1b[31m" + text), 1):
        manifest.write_bytes(evil)
        said(what, "repack", "--plan", folder)
    manifest.write_bytes(text)


def edited(what, image, every, work):
    new = work / "new"
    new.write_bytes(b"new bytes\n")
    entries = [p for p in every if p.count(b"/") > 1 and b"\0" not in p]
    listed = parsed(what, "ls", "-R", "--json", os.fsencode(image) + b":" + every[1] + b"/") if len(every) > 1 else None
    base = every[1] if len(every) > 1 else b"/"
    if isinstance(listed, dict):
        entries += [base + b"/" + path_of(e) for e in listed.get("entries", ())]
    for path in some(entries, 2):
        for op in some((["--remove", path], ["--rename", path, path + b"\x1b[32m\x07"], ["--chmod", path, "0600"], ["--replace", path, new], ["--symlink", path + b"\x1b]x\x07", b"\x1b[31m\n" + FORGED]), 1):
            said(what, "edit", image, *op, "--plan")
        if ALL or path == entries[-1]:
            parsed(what, "edit", image, "--remove", path, "--plan", "--json")
    for value in some((b"\x1b[31m", b"\\x1b[31m\\x07", b"\xff\xfe", b"nl\n" + FORGED), 1):
        said(what, "edit", image, "--set", base + b".name=" + value, "--plan")
        said(what, "edit", image, "--set", base + b".\x1b[31m=" + value, "--plan", codes=(3,))
        said(what, "edit", image, "--mkdir", base + b"/" + value, "--plan")


def on_a_terminal(what, image):
    """With a pty as all three: what a person's terminal gets, colours and progress included."""
    try:
        pid, fd = pty.fork()
    except OSError as none:
        return print(f"SKIPPED: {what} on a terminal: {none}")
    if not pid:
        os.environ.update(ENV, TERM="xterm", LC_ALL="C.UTF-8")
        os.execv(TOOL, [TOOL, "scan", "--tree", os.fsdecode(os.fsencode(image))])
    out, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        out += got
    os.close(fd)
    os.waitpid(pid, 0)
    count["runs"] += 1
    ok(f"{what}: on a terminal", out and not (why := problem(out, True)), why if out else "nothing")


with tempfile.TemporaryDirectory() as tmp:
    work = Path(tmp)
    for what, image in images(work):
        every = looked_at(what, image)
        if ALL or what not in DULL:
            edited(what, image, every, work)
            taken_apart(what, image, work)
        on_a_terminal(what, image)
        count["images"] += 1
ok.end(f"{count['images']} images, {count['runs']} runs, {count['files']} files; printed as they are: {count['bidirectional']} bidirectional overrides, {count['line separators']} U+2028")

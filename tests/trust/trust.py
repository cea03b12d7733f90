"""What the tests of trust share: a camera image, the four commands that write, what they give when nobody disturbs them, and how what lies on the disk is held
against that."""
import hashlib, json, os, random, shutil, stat, subprocess, sys, tempfile
from pathlib import Path

TOP = Path(os.environ["SOURCE_DIR"]).resolve()
TOOL = os.path.abspath(os.environ["FIELDSTRIP"])
sys.path.insert(0, str(TOP / "tests" / "corpus"))
OUTSIDE = {"LC_ALL": "C", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0:symbolize=0",  # a leak is for other tests; under ptrace its search does not work
           "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "") + ":symbolize=0"}  # its program for names waits for ever where the fault was in its own pipe
ENV = {**os.environ, **OUTSIDE}


def skip(why: str) -> None:
    print(f"SKIPPED: {why}")
    sys.exit(77)


def sanitized() -> bool:
    return b"AddressSanitizer" in Path(TOOL).read_bytes()


class Said:
    """What was claimed and whether it holds; the last line is for people."""
    def __init__(self):
        self.good = self.bad = 0

    def __call__(self, what: str, holds, more="") -> bool:
        self.good += bool(holds)
        self.bad += not holds
        if not holds:
            print(f"FAIL  {what}: {more}" if more != "" else f"FAIL  {what}", flush=True)
        return bool(holds)

    def end(self, figures: str) -> None:
        print(f"{figures}; {self.good} of {self.good + self.bad} claims hold")
        sys.exit(self.bad > 0)


def look(path) -> object:
    """What lies at a place: None, a file's bytes, or of a folder all that is in it by name: kind, mode, content. Links are not followed."""
    path = os.fsencode(path)
    if not os.path.lexists(path):
        return None
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        return ("link", os.readlink(path)) if os.path.islink(path) else Path(os.fsdecode(path)).read_bytes()
    out = {}
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            at = os.path.join(folder, name)
            st = os.lstat(at)
            what = os.readlink(at) if stat.S_ISLNK(st.st_mode) else None
            if stat.S_ISREG(st.st_mode):
                with open(at, "rb") as f:
                    what = hashlib.sha256(f.read()).hexdigest()
            out[os.path.relpath(at, path)] = (oct(st.st_mode), what)
    return out


def differs(a, b) -> str:
    """How two looks differ, in a line."""
    if a is None or b is None or not isinstance(a, dict) or not isinstance(b, dict):
        return f"{'nothing' if a is None else len(a)} and {'nothing' if b is None else len(b)}"
    return str([(k, a.get(k), b.get(k)) for k in sorted(set(a) | set(b)) if a.get(k) != b.get(k)][:3])


class Camera:
    """The sample, or by FIELDSTRIP_CAMERA=N image N of the corpus' family camera: a uImage, a squashfs and a file in it that is to be changed (told by the truth file)."""
    def __init__(self):
        number = os.environ.get("FIELDSTRIP_CAMERA")
        if number is None:
            self.image, self.uimage, self.squashfs, self.file = TOP / "samples" / "camera" / "camera.img", "00000000.uimage", "00080000.squashfs", "etc/passwd"
            return
        import corpus
        self.image = corpus.seed(0) / "camera_0" / f"camera_{int(number):02}.img"
        truth = json.loads(Path(f"{self.image}.truth.json").read_text())
        at = {r["format"]: r["offset"] for r in reversed(truth["regions"])}
        self.uimage, self.squashfs = f"{at['uimage']:08x}.uimage", f"{at['squashfs']:08x}.squashfs"
        entries = next(f["entries"] for f in truth["files"] if f["chain"] == [["squashfs", at["squashfs"]]])
        self.file = next(e["path"] for e in entries if e["type"] == "file" and 0 < e["size"] < 5000 and e.get("links", 1) == 1 and e["path"].isascii() and " " not in e["path"])


class Job:
    """A command that writes: `words(target)` does it; `before(target)` makes what must be there, `calm` is what it gives undisturbed."""
    def __init__(self, name, words, before=lambda target: None, stdin=os.devnull):
        self.name, self.words, self.before, self.stdin, self.old = name, words, before, stdin, None
        with tempfile.TemporaryDirectory() as work:
            target = Path(work, "out")
            before(target)
            self.old = look(target)
            with open(stdin) as stdin:
                done = subprocess.run([TOOL, *map(str, words(target))], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
            assert done.returncode == 0, (name, done.returncode, done.stderr)
            self.calm = look(target)
            assert self.calm is not None and self.calm != self.old and os.listdir(work) == ["out"], name
            if not isinstance(self.calm, dict):
                self.size = len(self.calm)

    def command(self, target) -> list[str]:
        return [TOOL, *map(str, self.words(target))]


def newc(*members) -> bytes:
    """A cpio archive of (name, mode, data) or (name, mode, data, inode, links)."""
    out = bytearray()
    for i, (name, mode, data, *of) in enumerate([*members, (b"TRAILER!!!", 0, b"")]):
        ino, links = of or (100 + i, 1)
        name += b"\0"
        head = b"070701" + b"".join(b"%08X" % v for v in (ino, mode, 0, 0, links, 1528268827, len(data), 8, 1, 0, 0, len(name), 0)) + name
        out += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return bytes(out)


def archive() -> bytes:
    """Small, with all that extract makes on a host: folders, files, an executable one, hard links, symlinks."""
    return newc((b"etc", 0o40755, b""), (b"etc/init.d", 0o40750, b""), (b"etc/init.d/rcS", 0o100755, b"#!/bin/sh\n" * 9), (b"etc/passwd", 0o100600, b"root:x:0:0::/:/bin/sh\n"), (b"lib", 0o40755, b""),
                (b"lib/big", 0o100644, random.Random(5).randbytes(70_000)), (b"lib/one", 0o100644, b"", 7, 2), (b"lib/two", 0o100644, b"twice\n", 7, 2), (b"bin", 0o120777, b"lib"), (b"lib/l", 0o120777, b"big"))


def jobs(work: Path) -> dict[str, Job]:
    """extract, repack of a changed folder, edit -o and edit --in-place of the camera."""
    c = Camera()
    new = work / "new.file"
    new.write_bytes(b"changed by a test of trust\n" * 20)
    changes = ["--set", f"/{c.uimage}.load=0x21008000", "--replace", f"/{c.squashfs}/{c.file}", new]
    folder = work / "changed.fs"
    subprocess.run([TOOL, "extract", c.image, "-o", folder], check=True, stdout=subprocess.DEVNULL, env=ENV)
    shutil.copyfile(new, folder / f"{c.squashfs}.in" / c.file)
    return {
        "extract": Job("extract", lambda t: ["extract", "--deep", c.image, "-o", t]),
        "repack": Job("repack", lambda t: ["repack", folder, "-o", t]),
        "edit": Job("edit", lambda t: ["edit", c.image, *changes, "-o", t]),
        "in-place": Job("in-place", lambda t: ["edit", t, *changes, "--in-place"], lambda t: shutil.copyfile(c.image, t)),
    }

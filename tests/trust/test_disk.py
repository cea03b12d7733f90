#!/usr/bin/env python3
"""A disk that is full (a small tmpfs in a mount namespace of its own, in sizes that make it run full at the first file, in the middle, at the copy of the
original, at the manifest, and out of inodes), a folder that can't be written to, outputs that are there or have no parent, a full or missing TMPDIR, a full
standard output, limits of the host on the size and number of files: exit 3 with one line that says so, nothing under the final name, what is not ours as it
was, nothing temporary left; with more room a second run works.
FIELDSTRIP_DISKS: how many sizes a command (default 5; full size 40)."""
import gzip, os, random, resource, shutil, subprocess, sys, tempfile, time
from pathlib import Path
from trust import ENV, TOOL, Camera, Said, differs, jobs, look, newc, sanitized, skip

SIZES = int(os.environ.get("FIELDSTRIP_DISKS", "5"))
PAGE = 4096
ok, r = Said(), random.Random(170)
count = {"full": 0, "refused": 0}


def own_namespace() -> None:
    """Mounts are to be seen by this process alone; root has them so, others as root of a user namespace."""
    if os.environ.get("FIELDSTRIP_UNSHARED"):
        return
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    with tempfile.TemporaryDirectory() as place:
        if not shutil.which("unshare") or subprocess.run([*unshare, "sh", "-c", 'mount -t tmpfs none "$0" && mount --bind "$0" "$0"', place], stderr=subprocess.DEVNULL).returncode:
            skip("no private mounts (unshare, mount)")
    os.execvpe("unshare", [*unshare, sys.executable, __file__], {**os.environ, "FIELDSTRIP_UNSHARED": "1"})


def mount(place, options: str, kind="tmpfs") -> None:
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, "none", place], check=True)


def remount(place, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"remount,{options}", "none", place], check=True)  # with a source mount(8) does not add options of its own


def umount(place) -> None:
    subprocess.run(["umount", "-l", place], check=True)


def run(words, **more):
    return subprocess.run([str(w) for w in words], stdout=more.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, env={**ENV, **more.pop("env", {})}, **more)


def refused(name, done, why: str, folder=None, before=()) -> bool:
    """Exit 3, one line with the reason, the folder as it was."""
    text = done.stderr.decode(errors="replace")
    good = ok(f"{name}: exit 3", done.returncode == 3, (done.returncode, text[-300:]))
    good &= ok(f"{name}: one line that says {why!r}", text.startswith("fieldstrip: ") and text.count("\n") == 1 and why in text, text[-300:])
    if folder:
        good &= ok(f"{name}: nothing new", sorted(os.listdir(folder)) == sorted(before), os.listdir(folder))
    count["refused"] += 1
    return good


def needs(job, work) -> tuple[int, int]:
    """How many pages and inodes of a tmpfs it fills."""
    disk = work / "big"
    mount(disk, "size=200m")
    job.before(disk / "out")
    assert run(job.command(disk / "out")).returncode == 0
    time.sleep(0.3)  # a sandbox gives back what it held a little later
    s = os.statvfs(disk)
    umount(disk)
    return (s.f_blocks - s.f_bfree) * s.f_frsize // PAGE, s.f_files - s.f_ffree


def full(job, work) -> None:
    pages, inodes = needs(job, work)
    old = job.size // PAGE if job.old is not None else 0  # in place both must fit
    at = sorted({1, 2, pages - 1, pages - 2, *(r.randrange(1, pages) for _ in range(max(1, SIZES - 4)))})
    sizes = [(f"{old + n} of {old + pages} pages", f"size={(old + n) * PAGE}") for n in at]
    if job.name == "extract":
        sizes += [(f"{n} of {inodes} inodes", f"size=200m,nr_inodes={n}") for n in sorted({2, 4, inodes // 2, inodes - 1})]
    disk = work / "disk"
    for what, options in sizes:
        mount(disk, options)
        target = disk / "out"
        job.before(target)
        before = os.listdir(disk)
        name = f"{job.name}, {what}"
        refused(name, run(job.command(target)), "No space left on device", disk, before)
        ok(f"{name}: nothing under the final name", look(target) == job.old, differs(look(target), job.old))
        count["full"] += 1
        if options.startswith("size=200m") or n_th(what):
            remount(disk, "size=200m,nr_inodes=10000")
            done = run(job.command(target))
            ok(f"{name}: with more room a second run works", done.returncode == 0 and look(target) == job.calm, (done.returncode, done.stderr[-300:]))
        umount(disk)


def n_th(what) -> bool:
    """Which sizes get a second run: all at full size, else the last one, which is the one that failed latest."""
    n, _, of, _ = what.split()
    return SIZES >= 40 or int(n) == int(of) - 1


def without_rights(words):
    """Root may write anywhere: not without these."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words] if os.geteuid() == 0 else words


def unwritable(job, work) -> None:
    folder = work / f"closed.{job.name}"
    folder.mkdir()
    job.before(folder / "out")
    before = os.listdir(folder)
    folder.chmod(0o555)
    refused(f"{job.name} in a folder of mode 0555", run(without_rights(job.command(folder / "out"))), "Permission denied", folder, before)
    folder.chmod(0o755)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    refused(f"{job.name} on a disk that is mounted to be read", run(job.command(folder / "out")), "Read-only file system", folder, before)
    ok(f"{job.name}: the file is as it was", look(folder / "out") == job.old)
    umount(folder)
    if job.old is None:
        refused(f"{job.name}: no parent", run(job.command(folder / "missing" / "out")), "No such file or directory", folder, before)
        (folder / "file").write_bytes(b"x")
        refused(f"{job.name}: a parent that is a file", run(job.command(folder / "file" / "out")), "Not a directory", folder, ["file"])


def there(job, work) -> None:
    """What is there already and is not ours stays as it is: only `edit -o` may replace a file or a link (and not what it names); a pipe or a device never."""
    folder = work / f"there.{job.name}"
    folder.mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "mine").write_bytes(b"mine")
    (folder / "file").write_bytes(b"mine")
    os.mkfifo(folder / "fifo")
    os.symlink("nowhere", folder / "dangling")
    os.symlink("file", folder / "link")
    names = sorted(os.listdir(folder))
    kinds = lambda: [(n, oct(os.lstat(folder / n).st_mode), look(folder / n) if n != "fifo" else "") for n in names]
    before = kinds()
    for name in names:
        if name in ("file", "link", "dangling") and job.name == "edit":
            continue
        done = run(job.command(folder / name))
        text = done.stderr.decode()
        ok(f"{job.name} onto {name}: refused in one line", done.returncode == 3 and text.startswith("fieldstrip: ") and text.count("\n") == 1, (done.returncode, text))
        ok(f"{job.name} onto {name}: all is as it was", kinds() == before and sorted(os.listdir(folder)) == names, [x[:2] for x, y in zip(kinds(), before) if x != y] or os.listdir(folder))
        if kinds() != before and name == "fifo":
            (folder / name).unlink()
            os.mkfifo(folder / name)
        count["refused"] += 1
    if job.name == "edit":
        done = run(job.command(folder / "link"))
        ok("edit onto link: the file that it names is as it was", look(folder / "file") == b"mine", done.stderr)
    if job.name == "extract":
        (folder / "empty").mkdir()
        ok("extract into an empty folder", run(job.command(folder / "empty")).returncode == 0 and look(folder / "empty") == job.calm)
        refused("extract a second time", run(job.command(folder / "empty")), "not empty", folder, [*names, "empty"])
        ok("extract a second time: the first is untouched", look(folder / "empty") == job.calm)


def in_place_keeps(work) -> None:
    """The image is the same file for its owner: permissions, and what a link names."""
    c, folder = Camera(), work / "owned"
    folder.mkdir()
    image, edit = folder / "image", ["--set", f"/{c.uimage}.load=0x21008000", "--in-place"]
    shutil.copyfile(c.image, image)
    image.chmod(0o600)
    ok("in place: works", run([TOOL, "edit", image, *edit]).returncode == 0)
    ok("in place: mode 0600 stays", image.stat().st_mode & 0o7777 == 0o600, oct(image.stat().st_mode))
    shutil.copyfile(c.image, image)
    os.symlink("image", folder / "link")
    done = run([TOOL, "edit", folder / "link", *edit])
    changed = image.read_bytes() != c.image.read_bytes()
    ok("in place through a link: the image that it names is changed, or it is refused", os.path.islink(folder / "link") and (changed if done.returncode == 0 else done.returncode == 3 and not changed), done.returncode)


def temporary(work) -> None:
    """Decoded content over the memory budget goes to TMPDIR. When that can't be, nobody may take the rest for all there is."""
    big = random.Random(3).randbytes(300_000) * 4
    image = work / "big.gz"
    image.write_bytes(gzip.compress(newc((b"big", 0o100644, big)), mtime=0))
    disk, target = work / "tmpdir", work / "from.tmpdir"
    mount(disk, "size=64k")
    commands = {"extract": ["extract", image, "-o", target], "verify": ["verify", image], "cat": ["cat", f"{image}:/00000000.gzip/content"], "scan": ["scan", "--tree", image],
                "scan --json": ["scan", "--tree", "--json", image], "ls": ["ls", "-R", image]}
    for place, why in ((disk, "No space left on device"), (work / "missing", "No such file or directory")):
        for name, words in commands.items():
            refused(f"{name} with TMPDIR {place.name}", run([TOOL, *words, "--limit", "memory=1m"], env={"TMPDIR": str(place)}), why)
            ok(f"{name} with TMPDIR {place.name}: nothing written", look(target) is None and os.listdir(disk) == [])
    ok("with room in TMPDIR it works", run([TOOL, *commands["extract"], "--limit", "memory=1m"], env={"TMPDIR": str(work)}).returncode == 0)
    ok("with memory it needs none", run([TOOL, *commands["cat"]], env={"TMPDIR": str(work / "missing")}).returncode == 0)
    umount(disk)


def limited(job, work) -> None:
    """ulimit -f: the system would end the process, if it let it. ulimit -n: done, or refused; never half."""
    folder = work / f"limited.{job.name}"
    folder.mkdir()
    job.before(folder / "out")
    before = os.listdir(folder)
    largest = 4096 * r.randint(1, 40)
    refused(f"{job.name} with files of at most {largest} bytes", run(job.command(folder / "out"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))), "File too large", folder, before)
    ok(f"{job.name} with files of at most {largest} bytes: the final name", look(folder / "out") == job.old)
    for files in () if sanitized() else range(3, 14, 1 if SIZES >= 40 else 3):  # a sanitizer opens files itself
        before = os.listdir(folder)
        done = run(job.command(folder / "out"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)))
        name, found = f"{job.name} with {files} open files", look(folder / "out")
        if done.returncode == 0:
            ok(f"{name}: done", found == job.calm, differs(found, job.calm))
            break
        refused(name, done, "Too many open files", folder, before)
        ok(f"{name}: the final name", found == job.old, differs(found, job.old))


def standard_output(work) -> None:
    c = Camera()
    for words in (["cat", f"{c.image}:/{c.uimage}/payload/content"], ["scan", c.image], ["scan", "--json", c.image], ["ls", "-R", c.image], ["verify", "--all", c.image], ["info", c.image]):
        with open("/dev/full", "wb") as nowhere:
            refused(f"{' '.join(map(str, words[:-1]))} to a full standard output", run([TOOL, *words], stdout=nowhere), "No space left on device")


own_namespace()
with tempfile.TemporaryDirectory() as tmp:
    work = Path(tmp)
    all_jobs = jobs(work)
    for job in all_jobs.values():
        full(job, work)
        unwritable(job, work)
        limited(job, work)
        if job.old is None:
            there(job, work)
    in_place_keeps(work)
    temporary(work)
    standard_output(work)
ok.end(f"{count['full']} full disks, {count['refused']} refusals")

#!/usr/bin/env python3
"""What the program asks of the system (strace -f) while it scans, verifies, takes apart (--deep), puts together and edits the camera image and hostile ones: no
second exec, no other process, no socket, no ptrace; whatever is made, opened for writing, renamed, linked or removed lies in the output folder or file (or its
temporary twin), is named by one name in a folder that is open or not below the top, and is what was named: no link was followed; no set-id bits, no devices.
Files read are the image, the folder, the file given, and what the C library and the sanitizers read, listed here by name.
FIELDSTRIP_CALLS=all: every image of family hostile of FIELDSTRIP_SEEDS (default: those that deal in names and links, of seed 0)."""
import collections, os, re, shutil, subprocess, sys, tempfile
from pathlib import Path
from trust import ENV, TOOL, Camera, Said, archive, jobs, skip

ok, count = Said(), collections.Counter()
HANDFUL = ("names_cpio", "links_cpio", "names_tar", "links_tar", "names_jffs2", "names_squashfs", "dev_squashfs", "loop_squashfs")
MAKES = set("open openat openat2 creat mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2 unlink unlinkat rmdir truncate chmod fchmodat fchmodat2 chown lchown fchownat utime utimes "
            "futimesat utimensat setxattr lsetxattr removexattr lremovexattr".split())
BY_FD = {"fchmod", "fchown", "ftruncate", "fallocate", "fsetxattr", "fremovexattr"}
NEVER = set("execveat fork vfork ptrace process_vm_readv process_vm_writev socket socketpair connect bind listen accept accept4 sendto sendmsg recvfrom recvmsg mknod mknodat mount umount2 move_mount fsopen open_tree "
            "chroot pivot_root setuid setgid setresuid setresgid setns unshare io_uring_setup bpf perf_event_open userfaultfd open_by_handle_at keyctl add_key init_module finit_module kexec_load reboot "
            "swapon pidfd_open pidfd_getfd setxattr lsetxattr fsetxattr chown lchown fchown fchownat".split())
ALSO = set("execve clone clone3 kill tkill tgkill".split())
# The loader, the C library (time zones, number of cores, malloc), the sanitizers.
LIBRARY = re.compile(rb"/etc/(ld\.so\.(cache|preload)|localtime|ld\.so\.conf)|/usr/share/zoneinfo/.*|(/usr)?/lib(64|32)?/([^/]+/)*[^/]+\.so(\.\d+)*|/proc/(self|\d+)/(cmdline|environ|maps|exe|status|auxv|task)"
                     rb"|/proc/sys/vm/(overcommit_memory|max_map_count)|/proc/(meminfo|stat|cpuinfo)|/sys/devices/system/(cpu|node)(/.*)?|/sys/kernel/mm/transparent_hugepage/enabled|/sys/fs/cgroup/.*|/dev/null|/usr/lib/debug/.*")
FD_AND_NAME = re.compile(r'(?:AT_FDCWD|\d+)<((?:\\x..)*)>, "((?:\\x..)*)"')
WORD = re.compile(r'"((?:\\x..)*)"')


def plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def traced(words, log) -> tuple[int, bytes]:
    trace = ",".join("?" + c for c in sorted(MAKES | BY_FD | NEVER | ALSO))
    done = subprocess.run(["strace", "-f", "-y", "-xx", "-s", "70000", "-o", log, "--trace=" + trace, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", env=ENV, timeout=1000)
    return done.returncode, done.stderr


def calls(log):
    """(call, arguments, result); what was interrupted by another thread is put together."""
    begun = {}
    with open(log, errors="replace") as f:
        for line in f:
            pid, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.lstrip()
            if rest.endswith("<unfinished ...>"):
                begun[pid] = rest.removesuffix("<unfinished ...>")
                continue
            if m := re.match(r"<\.\.\. \w+ resumed>(.*)", rest):
                rest = begun.pop(pid, "?(") + m[1]
            if m := re.match(r"(\w+)\((.*?)\)? += (.*)$", rest):
                yield m[1], m[2], m[3]


def named(call, args) -> list[tuple[bytes, bytes]]:
    """(folder, name) of each path of a call; no folder: an absolute path or one from the current folder, which is /."""
    if call == "symlink":
        return [(b"/", plain(WORD.findall(args)[1]))]
    found = [(plain(d), plain(n)) for d, n in FD_AND_NAME.findall(args)]
    return found or [(b"/", plain(w)) for w in WORD.findall(args)]


class Judge:
    def __init__(self, what, out: Path, reads):
        self.what, self.out, self.parent = what, os.fsencode(out), os.fsencode(out.parent)
        self.reads, self.shown = [os.fsencode(p) for p in reads], 0

    def __call__(self, holds, why, line):
        count["calls"] += 1
        if self.shown < 5 or holds:
            self.shown += not ok(f"{self.what}: {why}", holds, line)

    def inside(self, path: bytes) -> bool:
        return path == self.out or path.startswith((self.out + b"/", self.out + b".part"))

    def made(self, call, args, result, line):
        for folder, name in named(call, args):
            path = os.path.join(folder, name)
            self(self.inside(path), "made or changed outside of the output", line)
            self(b".." not in name.split(b"/") and b"." not in name.split(b"/"), "a name that leads elsewhere", line)
            # A path with more than one name below the top could go through a link of the image's.
            top = folder if self.inside(folder) else self.parent
            below = os.path.relpath(path, top)
            ours = call in ("unlink", "rmdir") and below.count(b"/") == 1  # a name that extract made, in the folder that it made
            self(b"/" not in below or ours or "RESOLVE_NO_SYMLINKS" in args, "a path where a name would do", line)
            if m := re.match(r"\d+<((?:\\x..)*)>", result):
                self(plain(m[1]).removesuffix(b" (deleted)") == path, "opened is what was named", line)
        if call in ("open", "openat", "openat2", "creat"):
            self("O_NOFOLLOW" in args or "O_EXCL" in args or "RESOLVE_NO_SYMLINKS" in args, "opened for writing and would follow a link", line)
        if call in ("utimensat", "fchmodat", "linkat"):
            self("AT_SYMLINK_FOLLOW" not in args and (call == "linkat" or "AT_SYMLINK_NOFOLLOW" in args), "would follow a link", line)
        self(not re.search(r"(?:, |mode=)0[1-7]\d{3}\b", args) or call not in ("open", "openat", "openat2", "mkdir", "mkdirat", "chmod", "fchmodat"), "set-id bits", line)

    def read(self, args, result, line):
        for folder, name in named("openat", args):
            path = os.path.normpath(os.path.join(folder, name))
            real = plain(m[1]) if (m := re.match(r"\d+<((?:\\x..)*)>", result)) else path
            mine = [p for p in self.reads if path == p or path.startswith(p + b"/")]
            if mine:
                self(any(real == p or real.startswith(p + b"/") for p in self.reads), "read through a link that leads out", line)
            else:
                folder_of_output = path in (self.parent, os.fsencode(tempfile.gettempdir())) and ("O_DIRECTORY" in args or "O_PATH" in args)
                place = "O_PATH" in args and re.fullmatch(rb"/(proc|sys|etc|usr|dev|lib(64|32)?)", path)  # what a sandbox lets the sanitizers read: nothing is read by it
                self(self.inside(path) and self.inside(real) or folder_of_output or place or LIBRARY.fullmatch(path) or LIBRARY.fullmatch(real), "read what is not its own", (path, real, line))

    def all(self, log):
        execs = 0
        for call, args, result in calls(log):
            line = re.sub(r"(?:\\x..)+", lambda m: repr(plain(m[0]))[2:-1], f"{call}({args}) = {result}")[:400]
            count["lines"] += 1
            if call == "execve":
                execs += 1
                self(execs == 1, "another program", line)
            elif call in ("clone", "clone3"):
                self("CLONE_THREAD" in args, "another process", line)
            elif call in ("kill", "tkill", "tgkill") or call in NEVER:
                self(False, "never needed", line)
            elif call in BY_FD:
                m = re.match(r"\d+<((?:\\x..)*)>", args)
                self(bool(m) and self.inside(plain(m[1])), "changed outside of the output", line)
                self(call != "fchmod" or not re.search(r", 0[1-7]\d{3}\b", args), "set-id bits", line)
            elif call in ("open", "openat", "openat2") and not re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", args):
                self.read(args, result, line)
            elif "O_TMPFILE" in args:
                self([os.path.join(*n) for n in named(call, args)] == [os.fsencode(tempfile.gettempdir())], "a file without a name elsewhere than in TMPDIR", line)
            elif call in MAKES:
                self.made(call, args, result, line)


def runs(words, what, out, reads, codes):
    with tempfile.TemporaryDirectory() as place:
        log = Path(place, "log")
        code, said = traced(words, log)
        ok(f"{what}: exit {codes}", code in codes, (code, said[-300:]))
        Judge(what, out, reads).all(log)
        count["runs"] += 1


def image_and_folder(image, name, top):
    """scan, verify, extract, and repack of what came of it."""
    place, image = top / name, image.resolve()
    place.mkdir()
    out, again = place / "out.fs", place / "again"
    runs([TOOL, "scan", "--tree", image], f"{name} scan", place / "none", [image], (0, 1, 4))
    runs([TOOL, "verify", image], f"{name} verify", place / "none", [image], (0, 1, 3, 4))
    runs([TOOL, "extract", "--deep", image, "-o", out], f"{name} extract", out, [image], (0, 1, 4) if any(n in name for n in HANDFUL) else (0, 1, 3, 4))
    if out.exists():
        runs([TOOL, "repack", out, "-o", again], f"{name} repack", again, [out], (0, 1, 3, 4))
        runs([TOOL, "repack", "--rebuild-all", out, "-o", again, "--force"], f"{name} rebuild", again, [out], (0, 1, 3, 4))
    shutil.rmtree(place)


def hostile():
    if os.environ.get("FIELDSTRIP_CALLS") == "all":
        import corpus
        return [image for n in corpus.SEEDS for image, _ in corpus.truths(corpus.families(n, "hostile")[0])]
    try:
        import corpus
        return [image for image, _ in corpus.truths(corpus.families(0, "hostile")[0]) if image.name.removesuffix(".img").split("_", 2)[2] in HANDFUL]
    except SystemExit:
        print("SKIPPED in part: no corpus, so no hostile images")
        return []


if not shutil.which("strace") or subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], stderr=subprocess.DEVNULL).returncode:
    skip("no strace, or no right to trace")
with tempfile.TemporaryDirectory() as tmp:
    top = Path(os.path.realpath(tmp))
    for job in jobs(top).values():
        place = top / job.name
        place.mkdir()
        target = place / "out"
        job.before(target)
        runs(job.command(target), f"camera {job.name}", target, [Camera().image, top / "changed.fs", top / "new.file"], (0,))
    image_and_folder(Camera().image, "camera", top)
    (top / "small").write_bytes(archive())
    image_and_folder(top / "small", "archive", top)
    for image in hostile():
        image_and_folder(image, f"{image.parent.name} {image.name}", top)
ok.end(f"{count['runs']} runs, {count['lines']} calls looked at")

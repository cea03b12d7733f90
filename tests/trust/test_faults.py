#!/usr/bin/env python3
"""System calls that fail (strace --inject: EIO, ENOSPC, EINTR, ENOMEM …; each call on the image, the folder or the output in turn) while extract, repack,
`repack --rebuild-all`, `edit -o` and `edit --in-place` work: exit 3 with one line that names the error, nothing under the final name and nothing temporary; or,
where it can be done without (EINTR; a hard link; a sandbox), exit 0 and the right bytes. Never exit 0 with others, never a signal. A failing close of what was
written must be told.
FIELDSTRIP_FAULTS: how many (default 80; full size 1500). FIELDSTRIP_SEED: of chance (default 1700)."""
import collections, errno, os, random, re, shutil, signal, subprocess, sys, tempfile
from pathlib import Path
from trust import ENV, TOOL, Camera, Job, Said, archive, differs, jobs, look, sanitized, skip

FAULTS = int(os.environ.get("FIELDSTRIP_FAULTS", "80"))
ok, r = Said(), random.Random(int(os.environ.get("FIELDSTRIP_SEED", "1700")))
CALLS = ("open openat openat2 creat mkdir mkdirat read pread64 write writev pwrite64 close fsync fdatasync syncfs rename renameat renameat2 link linkat symlink symlinkat fchmod fchmodat fchown utimensat mmap "
         "ftruncate fallocate getdents64 newfstatat statx fstat stat lstat readlink readlinkat ioctl copy_file_range sendfile lseek dup").split()
ERRORS = {  # besides EIO
    "open": ("ENOMEM",), "openat": ("EMFILE", "EINTR", "ENOSPC"), "openat2": ("EMFILE", "ENOSYS", "EPERM", "ENOSPC"), "mkdir": ("ENOSPC",), "mkdirat": ("ENOSPC",), "read": ("EINTR",), "pread64": ("EINTR",),
    "write": ("ENOSPC", "EINTR", "EDQUOT"), "pwrite64": ("ENOSPC", "EINTR"), "fsync": ("ENOSPC",), "rename": ("ENOSPC",), "renameat": ("ENOSPC",), "renameat2": ("ENOSPC",), "linkat": ("EPERM", "EMLINK"),
    "symlinkat": ("ENOSPC",), "mmap": ("ENOMEM",), "getdents64": ("ENOMEM",), "ioctl": ("EOPNOTSUPP",), "dup": ("EMFILE",), "close": ("ENOSPC", "EDQUOT")}
SANDBOX = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "prctl")
DISPENSABLE = {("linkat", "EPERM"), ("linkat", "EMLINK"), ("ioctl", "EOPNOTSUPP"), ("openat2", "ENOSYS"), ("openat2", "EPERM"), ("read", "EINTR"), ("pread64", "EINTR"), ("write", "EINTR"), ("pwrite64", "EINTR")}
SLOW = sanitized()
LONG, STEP = 300, 10  # seconds: what takes longer waits for ever; how often is looked why it still runs
count = collections.Counter()


def strace(log, more=()):
    return ["strace", "-f", "-y", "-s", "4096", "-o", log, "--trace=" + ",".join("?" + c for c in (*CALLS, *SANDBOX)), *more]


def run(job, work, more=()):
    """(exit code, None where it waits for ever; stderr; what has the final name; what lies beside it; the traced lines)"""
    target, log = work / "out", work.parent / f"{work.name}.log"
    job.before(target)
    with open(job.stdin) as stdin:
        p = subprocess.Popen([*strace(log, more), *job.command(target)], stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV, cwd="/", start_new_session=True)
        code, said = ended(p, job, log)
    return code, said.decode(errors="replace"), look(target), [f for f in os.listdir(work) if f != "out"], lines_of(log)


def lines_of(log):
    return log.read_text(errors="replace").splitlines()


def ended(p, job, log):
    """(its exit code or None, stderr) A sanitizer whose own call failed can wait for ever for itself: that is not waited for."""
    for _ in range(0, LONG, STEP):
        try:
            said = p.communicate(timeout=STEP)[1]
            return p.returncode, said
        except subprocess.TimeoutExpired:
            if is_sanitizers(job, injected(lines_of(log))):
                break
    os.killpg(p.pid, signal.SIGKILL)  # strace's death alone would leave the program running
    return None, p.communicate()[1]


def injected(lines):
    """The calls that were made to fail; of one that another thread interrupted in the log also its beginning, which names the file."""
    out, begun = [], {}
    for line in lines:
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[pid] = line
        elif "(INJECTED)" in line:
            out.append(begun.pop(pid, "") + line if " resumed>" in line else line)
    return out


def is_sanitizers(job, hits) -> bool:
    """Whether a call failed that is not ours: how the threads share their work shifts which call of its name is the n-th, and each thread has one."""
    return SLOW and not all(is_ours(h, job) or any(f" {c}(" in h for c in SANDBOX) for h in hits)


LINE = re.compile(r"^(\d+) +(?:(\w+)\(|<\.\.\. (\w+) resumed>)(.*)$")


def calls(lines):
    """(pid, call, which of its calls of this name in this thread it is, the line)"""
    nth = collections.Counter()
    for line in lines:
        m = LINE.match(line)
        if m and m[2]:
            nth[m[1], m[2]] += 1
            yield m[1], m[2], nth[m[1], m[2]], line


def places(job, work):
    """What can fail of it: {call: {n}}, by an undisturbed run; only calls on files that are ours, since a sanitizer and the C library do their own."""
    out, (code, _, _, _, lines) = collections.defaultdict(set), run(job, work)
    ok(f"{job.name}: ends", code is not None, lines[-5:])
    for _, call, n, line in calls(lines):
        if call in CALLS and is_ours(line, job) or call in SANDBOX and "PR_SET_DUMPABLE" not in line and (call != "prctl" or "PR_SET_NO_NEW_PRIVS" in line or "PR_SET_SECCOMP" in line):
            out[call].add(n)
    return out


def is_ours(line, job) -> bool:
    if "AT_FDCWD</>, \"/" in line or "</" in line:
        return str(job.top) in line or str(Camera().image) in line
    return str(job.top) in line


def was_written(job, lines) -> bool:
    """Whether a failing close was one of a file of the output into which was written, with no fsync behind that: then only close can tell."""
    dirty = set()
    for _, call, _, line in calls(lines):
        file = (re.search(r"\((\d+<.*?>)", line) or [None, ""])[1]
        if call in ("write", "pwrite64", "writev", "copy_file_range") and f"<{job.top}" in file and "/out" in file:
            dirty.add(file)
        elif call in ("fsync", "fdatasync") and "INJECTED" not in line:
            dirty.discard(file)
        elif call == "close" and "INJECTED" in line and file in dirty:
            return True
    return False


def summary_lost(name, job, call, error, code, text, found, hits):
    """All is done but its line on standard output: that is told too."""
    count["summary lost"] += 1
    if error != "EINTR":
        ok(f"{name}: exit 1 or 3, since standard output is not whole", code in (1, 3) and found in (job.old, job.calm), (code, differs(found, job.calm)))
        ok(f"{name}: and it is said", any("write(2<" in h for h in hits) or os.strerror(getattr(errno, error)) in text, text[-300:])
    else:
        ok(f"{name}: done again", code == 0 and found == job.calm, (code, text[-300:]))


def judge(job, top, call, error, n, on):
    name = f"{job.name}: {call} {n}{'+' if on else ''} fails with {error}"
    with tempfile.TemporaryDirectory(dir=top) as work:
        code, text, found, beside, lines = run(job, Path(work), [f"--inject={call}:error={error}:when={n}{'+' if on else ''}"])
    hits = injected(lines)
    if not hits or is_sanitizers(job, hits):
        count["elsewhere"] += 1
        return
    if not ok(f"{name}: ends", code is not None, lines[-5:]):
        return
    if any("write(1<" in h for h in hits) and not any("/out.part" in h.split(">")[0] for h in hits):
        return summary_lost(name, job, call, error, code, text, found, hits)
    count["hit"] += 1
    count[f"exit {code}"] += 1
    hit = hits[0][:200]
    good = ok(f"{name}: exit 0 or 3", code in (0, 3), (code, text[-300:], hit))
    if code == 0:
        ok(f"{name}: done, so it is right", found == job.calm, (differs(found, job.calm), hit))
        ok(f"{name}: a close of what was written is told", call != "close" or not was_written(job, lines), hit)
    else:
        ok(f"{name}: nothing under the final name", found == job.old, (differs(found, job.old), hit))
        if good:
            said = os.strerror(getattr(errno, error)) in text
            mute = any("write(2<" in h for h in hits)
            ok(f"{name}: one line that names the error", mute or said and text.startswith("fieldstrip: ") and text.count("\n") == 1, (text[-300:], hit))
    ok(f"{name}: can be done without", (call, error) not in DISPENSABLE and call not in SANDBOX or code == 0, (code, text[-300:], hit))
    if len(hits) == 1:  # else the removal may have met it too
        ok(f"{name}: nothing is left", not beside, (beside, hit))


def all_of(top: Path):
    out = list(jobs(top).values())
    small, folder = top / "small.cpio", top / "small.fs"
    small.write_bytes(archive())
    subprocess.run([TOOL, "extract", small, "-o", folder], check=True, stdout=subprocess.DEVNULL, env=ENV)
    (folder / "00000000.cpio.in" / "etc" / "passwd").write_bytes(b"changed\n")
    out += [Job("extract of an archive", lambda t: ["extract", small, "-o", t]), Job("extract of standard input", lambda t: ["extract", "-", "-o", t], stdin=small),
            Job("repack of an archive", lambda t: ["repack", folder, "-o", t]), Job("rebuild of an archive", lambda t: ["repack", "--rebuild-all", folder, "-o", t])]
    for job in out:
        job.top = top
    return out


def looks(found, work):
    """Every look at a file by the shortest repack: a name that can't be looked at must not pass for one that is free, or missing."""
    job = next(j for j in found if j.name == "repack of an archive")
    return [(job, "newfstatat", "EIO", n, False) for n in sorted(places(job, Path(tempfile.mkdtemp(dir=work)))["newfstatat"])]


def faults(found, work):
    """Of each call of each job the first, the last and random ones, in an order by chance; the two slow ones of the camera last."""
    out = []
    for job in found:
        for call, ns in places(job, Path(tempfile.mkdtemp(dir=work))).items():
            ns = sorted(ns)
            for error in ("EIO", *ERRORS.get(call, ())) if call not in SANDBOX else ("ENOSYS", "EPERM", "EOPNOTSUPP"):
                chosen = {ns[0], ns[-1], *r.sample(ns, min(len(ns), 1 + FAULTS // 60))}
                out += [(job, call, error, n, False) for n in chosen]
                if error == "ENOSPC" and not SLOW:  # a full disk stays full; but a sanitizer writes to pipes of its own
                    out.append((job, call, error, r.choice(ns), True))
    r.shuffle(out)
    out.sort(key=lambda f: f[0].name == "extract")
    seen = collections.Counter()

    def turn(f):  # each (job, call) in its turn, so that a few faults meet all of them
        seen[f[0].name, f[1]] += 1
        return seen[f[0].name, f[1]]
    return [f for _, f in sorted(((turn(f), f) for f in out), key=lambda x: x[0])]


if not shutil.which("strace") or subprocess.run(["strace", "-qq", "-o", os.devnull, "--inject=mkdir:error=EIO:when=9", "true"], stderr=subprocess.DEVNULL).returncode:
    skip("no strace, or no right to trace")
with tempfile.TemporaryDirectory() as tmp:
    top = Path(tmp)
    work = top / "work"
    work.mkdir()
    found = all_of(top)
    planned = faults(found, work)
    for job, call, error, n, on in looks(found, work) + planned[:FAULTS]:
        judge(job, top, call, error, n, on)
ok.end(f"{count['hit']} faults of {len(planned)} ({', '.join(f'{k} {v}' for k, v in sorted(count.items()) if k.startswith('exit'))}; {count['elsewhere']} met nothing of ours)")

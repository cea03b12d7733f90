#!/usr/bin/env python3
"""extract, repack, `edit -o` and `edit --in-place` of the camera image, killed at moments spread over the time that they take: what has the final name is
absent (in place: the old bytes) or complete, never half; beside it lie only names with `.part`; a second run beside these works. After SIGTERM and SIGINT (a
third of the moments) nothing is left at all, and the process ended by that signal or had done its work. Where strace is, also at the calls that no clock hits:
at each that makes or gives a name, and `extract --force` while it replaces a folder.
FIELDSTRIP_KILLS: how many moments (default 12; full size 100). FIELDSTRIP_CAMERA=N: image N of the corpus' family camera in place of the sample."""
import os, random, shutil, signal, subprocess, sys, tempfile, time
from pathlib import Path
from trust import ENV, Said, differs, jobs, look

KILLS = int(os.environ.get("FIELDSTRIP_KILLS", "12"))
FULL = KILLS >= 100
ok, r = Said(), random.Random(17)
count = {"absent": 0, "old": 0, "complete": 0, "leftovers": 0, "killed": 0, "finished": 0, "second runs": 0}


def judge(name, job, work, target, code, sent, again):
    """What a stopped run left behind, and (`again`) whether the next one gets by it."""
    found, beside = look(target), [f for f in os.listdir(work) if f != "out"]
    if ok(f"{name}: the final name is absent, old or complete", found in (job.old, job.calm), differs(found, job.calm)):
        count["complete" if found == job.calm else "absent" if found is None else "old"] += 1
    ok(f"{name}: nothing but names with .part beside it", all(f.startswith("out.part") for f in beside), beside)
    ok(f"{name}: ended by the signal, or had done its work", code == -sent or (code == 0 and found == job.calm), code)
    if sent != signal.SIGKILL:
        ok(f"{name}: nothing is left", not beside, beside)
    count["leftovers"] += bool(beside)
    count["killed" if code == -sent else "finished"] += 1
    if not again and not FULL:
        return
    count["second runs"] += 1
    if found == job.calm and job.old is None:
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    elif found == job.calm:
        job.before(target)
    done = subprocess.run(job.command(target), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    ok(f"{name}: a second run works", done.returncode == 0 and look(target) == job.calm, (done.returncode, done.stderr[-300:]))
    ok(f"{name}: a second run leaves the leftovers alone", sorted(os.listdir(work)) == sorted([*beside, "out"]), os.listdir(work))


def stopped(name, job, words, sent, after=None, again=True):
    """Runs words; a signal comes after so many seconds (None: the command itself sees to it)."""
    with tempfile.TemporaryDirectory() as work:
        target = Path(work, "out")
        job.before(target)
        running = subprocess.Popen(words(target), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV)
        if after is not None:
            time.sleep(after)
            running.send_signal(sent)
        running.communicate()
        judge(name, job, Path(work), target, running.returncode, sent, again)


def duration(job) -> float:
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as work:
            job.before(Path(work, "out"))
            begin = time.monotonic()
            subprocess.run(job.command(Path(work, "out")), stdout=subprocess.DEVNULL, check=True, env=ENV)
            times.append(time.monotonic() - begin)
    return sorted(times)[1]


def by_the_clock(job):
    takes = duration(job)
    moments = [(i + r.random()) / KILLS * takes for i in range(KILLS)]
    for i, moment in enumerate(moments):
        stopped(f"{job.name} killed after {moment:.3f} of {takes:.3f} s", job, job.command, signal.SIGKILL, moment, i % 3 == 2)
        if i % 3 == 1:
            gentle = signal.SIGTERM if i % 2 else signal.SIGINT
            stopped(f"{job.name}, {gentle.name} after {moment:.3f} of {takes:.3f} s", job, job.command, gentle, moment, i == 1)


def traced(call, n, sent):
    """A prefix: the process gets the signal as it begins its n-th such call. With -D the program is the child, so that its end is seen as it is."""
    return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", f"--trace={call}", f"--inject={call}:signal={sent.name}:when={n}"]


def by_the_call(job):
    """Between two names there is no time that a clock would hit."""
    for call in ("mkdir", "fsync", "rename") if job.name == "extract" else ("openat", "fsync", "rename"):
        call = {"mkdir": "/^mkdir(at)?$", "rename": "/^rename(at2?)?$", "openat": "/^openat2?$"}.get(call, call)
        opened = [1, 2] if "mkdir" in call else list(range(8, 40, 32 // max(2, KILLS // 6))) if "openat" in call else [1]
        for n in opened:
            for sent in (signal.SIGKILL, signal.SIGTERM):
                # Of two calls that a pattern names each would send one, and a second signal ends at once.
                at = "mkdir" if "mkdir" in call and sent == signal.SIGTERM else call
                stopped(f"{job.name}, {sent.name} at {at} {n}", job, lambda t: traced(at, n, sent) + job.command(t), sent, again=n == 1 and sent == signal.SIGKILL)


def while_replaced(job):
    """extract --force: what is there is the old folder or the new one, both whole, or nothing; by the call since it takes no time."""
    force = lambda t: job.command(t) + ["--force"]
    with tempfile.TemporaryDirectory() as kept:
        subprocess.run(job.command(Path(kept, "out")), stdout=subprocess.DEVNULL, check=True, env=ENV)
        for call, n in [(c, n) for c in ("/^unlink(at)?$", "/^rename(at2?)?$") for n in ((1, 2, 3, 5, 9, 17, 30) if FULL else (9,) if "unlink" in c else (1, 2))]:
            with tempfile.TemporaryDirectory() as work:
                target = Path(work, "out")
                subprocess.run(["cp", "-a", Path(kept, "out"), target], check=True)
                subprocess.run(traced(call, n, signal.SIGKILL) + force(target), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV)
                found = look(target)
                name = f"extract --force killed at {call} {n}"
                ok(f"{name}: old, new or nothing", found in (None, job.calm), differs(found, job.calm))
                ok(f"{name}: nothing but names with .part beside it", all(f == "out" or f.startswith("out.part") for f in os.listdir(work)), os.listdir(work))
                if not FULL and "unlink" not in call:
                    continue
                done = subprocess.run(force(target), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV)
                ok(f"{name}: a second run works", done.returncode == 0 and look(target) == job.calm, (done.returncode, done.stderr[-300:]))


def strace_works() -> bool:
    return bool(shutil.which("strace")) and subprocess.run([*traced("mkdir", 99, signal.SIGKILL), "true"], stderr=subprocess.DEVNULL).returncode == 0


with tempfile.TemporaryDirectory() as tmp:
    all_jobs = jobs(Path(tmp))
    for job in all_jobs.values():
        by_the_clock(job)
    if strace_works():
        for job in all_jobs.values():
            by_the_call(job)
        while_replaced(all_jobs["extract"])
    else:
        print("SKIPPED in part: no strace, so no kills by the call")
ok.end(f"{count['killed']} runs killed, {count['finished']} were done before: {count['absent']} absent, {count['old']} old, {count['complete']} complete, {count['leftovers']} leftovers, {count['second runs']} second runs")

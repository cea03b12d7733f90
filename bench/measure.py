"""Runs commands alternately and measures them: wall and CPU time (hyperfine, or ours where it is not installed), peak memory, exit codes."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from peers import TOP, environment, find, log


# Where results are written: memory, where there is room for them, so that no disk is measured.
WORK = next((f"{top}/fieldstrip-bench" for top in ("/dev/shm",) if os.path.isdir(top) and shutil.disk_usage(top).free > 8 << 30), str(TOP / "build" / "bench" / "work"))


@dataclass
class Command:
    """One of those that are compared. Before each run `clear` is removed. Codes are the exit codes that mean success."""
    name: str
    argv: list
    clear: str = ""
    codes: tuple = (0,)
    runs: int = 0  # in all, where it differs from the case's


@dataclass
class Figures:
    name: str
    wall: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    rss: int = 0      # the largest process's, mapped files included
    own: int = 0      # the largest sum of memory of its own (anonymous and shared), of all its processes
    wrong: str = ""

    @property
    def median(self):
        return statistics.median(self.wall)

    @property
    def least(self):
        return min(self.wall)


def environ():
    return environment()


def clear(path):
    if path:
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            os.unlink(path)


def begun(command):
    """Its process, which is waited for by whoever began it."""
    devnull = os.open(os.devnull, os.O_RDWR)
    try:
        return os.posix_spawn(command.argv[0], [str(a) for a in command.argv], environ(), file_actions=[(os.POSIX_SPAWN_DUP2, devnull, fd) for fd in (0, 1, 2)])
    finally:
        os.close(devnull)


def spawn(command, sample=False, seconds=0):
    """One run: (seconds, cpu seconds, exit code, and if sampled the most resident of its largest process and the most memory of its own)."""
    clear(command.clear)
    os.makedirs(WORK, exist_ok=True)
    start = time.perf_counter()
    pid = begun(command)
    own, most = _sample(pid) if sample else (0, 0)
    ender = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL)) if seconds else None  # it is our child until wait4, so the id is its
    if ender:
        ender.start()
    _, status, usage = os.wait4(pid, 0)
    if ender:
        ender.cancel()
    took = time.perf_counter() - start
    return took, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status), most, own


def _own(pid):
    """(anonymous and shared memory now, the most that was ever resident). The kernel's ru_maxrss would do for the second, were not our own size in it, from before the exec."""
    try:
        with open(f"/proc/{pid}/status") as status:
            fields = {line.split(":")[0]: line.split()[1] for line in status if line.startswith(("RssAnon:", "RssShmem:", "VmHWM:"))}
    except (OSError, IndexError):
        return 0, 0
    return (int(fields.get("RssAnon", 0)) + int(fields.get("RssShmem", 0))) * 1024, int(fields.get("VmHWM", 0)) * 1024


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            found = children.read().split()
    except OSError:
        return []
    return [c for child in found for c in (child, *_children(child))]


def _sample(pid):
    """(own, resident) at most, looked at each millisecond until it ends. What is there for less than that can be missed."""
    own = resident = 0
    while True:
        looks = [_own(p) for p in (pid, *_children(pid))]
        own, resident = max(own, sum(o for o, _ in looks)), max(resident, *(r for _, r in looks))
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return own, resident
        time.sleep(0.001)


def _hyperfine(program, command, runs):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [program, "-N", "-i", "--style", "none", "--runs", str(runs), "--export-json", out.name]
        if command.clear:
            words += ["--prepare", f"rm -rf {command.clear}"]
        done = subprocess.run([*words, " ".join(_quoted(a) for a in command.argv)], env=environ(), cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            raise RuntimeError(f"hyperfine: {done.stdout[-300:]}")
        result = json.loads(Path(out.name).read_text())["results"][0]
    return result["times"], [result["user"] + result["system"]], result["exit_codes"]


def _quoted(word):
    word = str(word)
    return "'" + word.replace("'", "'\\''") + "'" if set(word) & set(" '\"\\$") else word


def warm(path):
    """Reads it once: what is measured finds it in memory."""
    with open(path, "rb", buffering=0) as data:
        buffer = bytearray(1 << 20)
        while data.readinto(buffer):
            pass


def compare(commands, rounds=10, budget=20.0, per_round=2):
    """Each command in each round, or those of few runs in each second, third …, so that what disturbs the machine disturbs all. A command gets as many runs as fit the
    budget of seconds, at least two and at most rounds * per_round. Returns Figures by name."""
    program = find("hyperfine")
    found, wanted = {}, {}
    for c in commands:  # memory and success first: it is not timed
        took, used, code, rss, own = spawn(c, sample=True)
        figures = found[c.name] = Figures(c.name, rss=rss, own=own)
        wanted[c.name] = c.runs or max(2, min(rounds * per_round, int(budget / max(took, 1e-4))))
        check(figures, c, [code])
        if took > budget:  # so long that this one run must do
            figures.wall, figures.cpu, wanted[c.name] = [took], [used], 0
    for i in range(rounds):
        for c in commands:
            figures, all_runs = found[c.name], wanted[c.name]
            runs = (i + 1) * all_runs // rounds - i * all_runs // rounds
            if not runs:
                continue
            if program:
                wall, cpu, codes = _hyperfine(program, c, runs)
            else:
                wall, cpu, codes = zip(*(spawn(c)[:3] for _ in range(runs)))
            figures.wall += wall
            figures.cpu += cpu
            check(figures, c, codes)
    for c in commands:
        clear(c.clear)
    return found


def together(commands):
    """The seconds from the start of the first to the end of the last of processes that run at once."""
    os.makedirs(WORK, exist_ok=True)
    for c in commands:
        clear(c.clear)
    start = time.perf_counter()
    pids = [begun(c) for c in commands]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    took = time.perf_counter() - start
    bad = next((x for x, c in zip(codes, commands) if x not in c.codes), None)
    if bad is not None:
        raise RuntimeError(f"exit {bad}: {' '.join(map(str, commands[0].argv))}")
    return took


def neighbours(groups, budget, least=5, most=60):
    """{name: commands that run at once} → {name: the seconds of each round}. In each round every group runs once, each time another one first, so that the i-th runs of all
    met the same machine; as many rounds as fit the budget of seconds."""
    names, walls, start = list(groups), {n: [] for n in groups}, time.perf_counter()
    for i in range(most):
        if i >= least and time.perf_counter() - start > budget:
            break
        for n in names[i % len(names):] + names[:i % len(names)]:
            walls[n].append(together(groups[n]))
    for c in {c.clear for commands in groups.values() for c in commands}:
        clear(c)
    return walls


def check(figures, command, codes):
    bad = sorted({x for x in codes if x not in command.codes}, key=str)
    if bad and not figures.wrong:
        figures.wrong = f"exit {bad[0]}"
        log(f"{command.name}: exit {bad[0]}: {' '.join(map(str, command.argv))}")


def spread(figures):
    """How far the middle half of the runs lies apart, as a part of the median: the noise."""
    if len(figures.wall) < 4:
        return (max(figures.wall) - min(figures.wall)) / figures.median
    q = statistics.quantiles(figures.wall, n=4)
    return (q[2] - q[0]) / figures.median

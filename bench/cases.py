"""What is measured: a function a case. Each compares, checks that the work was really done, and leaves rows and facts in `ctx.results`."""
import os
import re
import subprocess
from pathlib import Path

import inputs as I
import measure
from measure import WORK, Command
from peers import TOP, environment, find, log

KiB, MiB, GiB = I.KiB, I.MiB, I.GiB
OUT = f"{WORK}/out"
FINE = (0, 1)  # ours: 1 is "done, and something to know"


class Context:
    def __init__(self, tool, peers, quick, budget=20.0):
        self.tool, self.peers, self.quick, self.results = tool, peers, quick, {}
        self.rounds, self.budget = (2, 2.0) if quick else (10, budget)

    def ours(self, *words, name="fieldstrip", **more):
        return Command(name, [self.tool, *words], codes=more.pop("codes", FINE), **more)

    def theirs(self, peer, *words, name="", **more):
        """None where it is not installed."""
        return Command(name or peer, [self.peers[peer].path, *words], **more) if self.peers.get(peer) else None

    def table(self, case, title, commands, size=0, note=""):
        """Compares those that there are; the first is the one that ratios are to."""
        commands = [c for c in commands if c]
        found = measure.compare(commands, self.rounds, self.budget)
        rows = [{"name": f.name, "median": f.median, "min": f.least, "cpu": min(f.cpu), "rss": f.rss, "own": f.own, "runs": len(f.wall), "spread": measure.spread(f), "wrong": f.wrong,
                 "argv": " ".join(short(a) for a in c.argv)} for c, f in zip(commands, found.values())]
        entry = self.results.setdefault(case, {"tables": [], "facts": {}})
        entry["tables"].append({"title": title, "rows": rows, "size": size, "note": note})
        for r in rows:
            log(f"{title}: {r['name']}: median {r['median'] * 1e3:.1f} ms, min {r['min'] * 1e3:.1f}, cpu {r['cpu'] * 1e3:.0f}, own {r['own'] >> 10} KiB {r['wrong']}")
        return {r["name"]: r for r in rows}

    def fact(self, case, key, value, said=""):
        self.results.setdefault(case, {"tables": [], "facts": {}})["facts"][key] = value
        log(f"{case}: {key}: {said or value}")


def short(word):
    word = str(word)
    return word.replace(str(I.HOME) + "/", "").replace(WORK + "/", "").rsplit("/bin/", 1)[-1].replace(str(TOP) + "/", "").replace("build/release/", "")


def said(*argv):
    """(exit code, output) of one run that is not timed."""
    os.makedirs(WORK, exist_ok=True)
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=WORK, env=environment())
    return done.returncode, done.stdout


def cameras(ctx):
    """(name, image): ours, the corpus's, and a real one where FIELDSTRIP_CAMERA names it."""
    found = [("camera", I.camera())]
    for top in (os.environ.get("FIELDSTRIP_CORPUS"), TOP / "build/corpus/seed0/camera_0"):
        path = Path(top or "/nowhere") / "camera_00.img"
        if path.exists() and len(found) == 1:
            found.append(("corpus camera", path))
    if os.environ.get("FIELDSTRIP_CAMERA"):
        found.append(("real camera", Path(os.environ["FIELDSTRIP_CAMERA"])))
    return found


# ---- scan

def start(ctx):
    empty, small = I.once("empty.bin", lambda p: p.write_bytes(b"")), I.once("small.bin", lambda p: I.write(p, I.noise_pieces(4 * KiB)))
    true = find("true")
    ctx.table("start", "a process that does nothing, beside one that looks at 4 KiB",
              [ctx.ours(small, name="fieldstrip, 4 KiB"), ctx.ours(empty, name="fieldstrip, empty file"), ctx.ours("--version", name="fieldstrip --version"), Command("true", [true]),
               ctx.theirs("binwalk", small), ctx.theirs("binwalk-ng", small)], 4 * KiB)


def scan_table(ctx, case, title, image, unblob=0, note=""):
    measure.warm(image)
    reader = plain_reader()
    rows = [ctx.ours(image), ctx.ours("-j1", image, name="fieldstrip -j1")]
    if reader:
        rows += [Command("plain read, 2 threads", [reader, image, "2"]), Command("plain read, 1 thread", [reader, image, "1"])]
    rows += [ctx.theirs("binwalk", image), ctx.theirs("binwalk-ng", image)]
    if unblob:
        rows += [ctx.theirs("unblob", "--log", f"{WORK}/unblob.log", "-s", image, name="unblob -s", runs=unblob)]
    ctx.table(case, title, rows, image.stat().st_size, note)


def plain_reader():
    """The limit's program, made for this machine; None where there is no compiler."""
    to = TOP / "build/bench/plain_read"
    source = TOP / "bench/plain_read.cc"
    if not to.exists() or to.stat().st_mtime < source.stat().st_mtime:
        compiler = find("c++")
        if not compiler or subprocess.run([compiler, "-std=c++20", "-O3", "-march=native", "-pthread", source, "-o", to]).returncode:
            log("SKIPPED: no compiler for bench/plain_read.cc: the machine's own limit is not measured")
            return None
    return str(to)


def scan_camera(ctx):
    for name, image in cameras(ctx):
        scan_table(ctx, "scan-camera", f"scan of the {name}", image, unblob=1 if ctx.quick else 2)


def scan_noise(ctx):
    size = 16 * MiB if ctx.quick else 256 * MiB
    scan_table(ctx, "scan-noise", f"scan of {size // MiB} MiB of noise", I.noise(size), unblob=0 if ctx.quick else 1)


def scan_libraries(ctx):
    size = 32 * MiB if ctx.quick else GiB
    image, repeated = I.libraries(size)
    scan_table(ctx, "scan-libraries", f"scan of {size // MiB} MiB of this machine's shared libraries", image,
               note=f"The machine has less: they are repeated {repeated:.2f} times." if repeated > 1 else "")


def scan_zeros(ctx):
    size = 32 * MiB if ctx.quick else GiB
    scan_table(ctx, "scan-zeros", f"scan of {size // MiB} MiB of zeros", I.zeros(size))


def scan_repeated(ctx):
    times = 2 if ctx.quick else 64
    scan_table(ctx, "scan-repeated", f"scan of the camera {times} times in one image", I.repeated(f"camera-{times}.bin", I.camera(), times))


def decodes_nothing(ctx):
    """A scan that may decode next to nothing must be the same map: nothing whose end the structure tells is decoded. Next to nothing and not nothing, since the headers of xz chunks
    that are walked over are paid for like decoded bytes, eight each."""
    for name, image in [*cameras(ctx), ("xz squashfs", squashfs_image(ctx, "xz")), ("xz of many blocks", I.xz_blocks(32 * MiB if ctx.quick else 256 * MiB))]:
        most = 1024 + image.stat().st_size // 1024
        free, tight = said(ctx.tool, "--json", image), said(ctx.tool, "--json", "--limit", f"decoded={most}", image)
        ctx.fact("decodes-nothing", name, f"the same map with decoded={most}" if free == tight and free[0] in FINE else f"exit {free[0]} and {tight[0]}, maps {'equal' if free[1] == tight[1] else 'differ'}")


# ---- hostile and large

def magics(ctx):
    """(format, offset, bytes) of all that is registered, from the library beside the program."""
    build = Path(ctx.tool).parent
    to = TOP / "build/bench/magics"
    try:
        libraries = re.search(r"^build fieldstrip:.*?LINK_LIBRARIES = ([^\n]*)", (build / "build.ninja").read_text(), re.S | re.M)[1].split()
        subprocess.run([find("c++"), "-std=c++23", "-O1", "-I", TOP / "src", TOP / "bench/magics.cc", "-o", to, *libraries], cwd=build, check=True)
        lines = subprocess.run([to], stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    except (OSError, TypeError, subprocess.CalledProcessError) as why:
        log(f"SKIPPED: hostile: the library's magics can't be listed ({why})")
        return []
    return [(w[0], int(w[1]), bytes.fromhex(w[2])) for line in lines if (w := line.split())]


def hostile(ctx):
    size = 4 * MiB if ctx.quick else 64 * MiB
    units = [(fmt, f"magic {magic.hex()}", magic) for fmt, _, magic in magics(ctx)]
    # harder than what is asked for: the first bytes of a real one, again and again
    for folder in [] if ctx.quick else sorted((TOP / "src/formats").iterdir()):
        sample = next(iter(sorted(folder.glob("samples/*.bin"))), None)
        if sample:
            units += [(folder.name, f"the first {n} bytes of {sample.name}", sample.read_bytes()[:n]) for n in (16, 64, 512) if sample.stat().st_size >= n]
    rows = []
    path = Path(WORK) / "hostile.bin"
    Path(WORK).mkdir(parents=True, exist_ok=True)
    for fmt, what, unit in units:
        I.repeats(path, unit, size)
        cpu = []
        for _ in range(2):
            took, used, code, _, _ = measure.spawn(ctx.ours("-j1", path), seconds=60)
            cpu.append(used)
            if took > 2:
                break
        rows.append({"format": fmt, "what": what, "speed": size / max(min(cpu), 1e-4) / 1e6, "wrong": "" if code in FINE else "stopped after 60 s" if code == -9 else f"exit {code}"})
        if rows[-1]["speed"] < 200 or rows[-1]["wrong"]:
            log(f"hostile: {fmt}, {what}: {rows[-1]['speed']:.0f} MB/s {rows[-1]['wrong']}")
    path.unlink(missing_ok=True)
    ctx.fact("hostile", "rows", rows)


def quadratic(ctx):
    path = Path(WORK) / "quadratic.bin"
    Path(WORK).mkdir(parents=True, exist_ok=True)
    for kind, make in I.QUADRATIC.items():
        points = []
        for size in [n * MiB for n in ((1, 2, 4) if ctx.quick else (1, 2, 4, 8, 16, 32, 64))]:
            make(path, size)
            runs = [measure.spawn(ctx.ours("-j1", path)) for _ in range(3)]
            points.append((size, min(r[1] for r in runs), runs[0][2]))
        ctx.fact("quadratic", kind, points)
    path.unlink(missing_ok=True)


def growth(ctx):
    sizes = [n * MiB for n in ((4, 16, 64) if ctx.quick else (16, 64, 256, 1024, 4096))]
    path = I.HOME / "growth.bin"
    kinds = {"noise": lambda size: I.noise_pieces(size, "growth"), "camera repeated": lambda size: (I.camera().read_bytes() for _ in range(size // (16 * MiB)))}
    if ctx.quick:
        kinds = {"noise": kinds["noise"]}
    for kind, pieces in kinds.items():
        I.write(path, pieces(sizes[-1]))
        points = []
        for size in reversed(sizes):  # the largest first: the next is the same file, cut
            os.truncate(path, size)
            os.sync()
            measure.warm(path)
            first = measure.spawn(ctx.ours(path), sample=True)
            runs = [measure.spawn(ctx.ours(path)) for _ in range(2 if size > 256 * MiB else 5)]
            points.insert(0, {"size": size, "wall": min(r[0] for r in runs), "cpu": min(r[1] for r in runs), "own": first[4], "beyond": max(0, first[3] - size), "exit": first[2]})
        ctx.fact("growth", kind, points)
    path.unlink(missing_ok=True)


def beyond(ctx):
    """A camera behind 4 GiB: it is found there, and its squashfs's bytes come out."""
    size = 64 * MiB if ctx.quick else 4 * GiB
    path = I.HOME / "beyond.bin"

    def pieces():
        yield from I.noise_pieces(size, "beyond")
        yield bytes(64 * KiB)
        yield I.camera().read_bytes()
    I.write(path, pieces())
    os.sync()
    measure.warm(path)
    at = size + 64 * KiB + 0x210000
    code, map_ = said(ctx.tool, "scan", path)
    ctx.fact("beyond", "found", f"squashfs at 0x{at:x}" if code in FINE and re.search(rf"^\s*0x{at:x}\s.*squashfs", map_.decode(errors="replace"), re.M) else "")
    measure.clear(OUT)
    inner = f"{at:08x}.squashfs"
    code, why = said(ctx.tool, "extract", "-q", "--no-original", f"{path}:/{inner}", "-o", OUT)
    got = next((str(p) for p in Path(OUT).rglob("usr") if p.is_dir()), "/nowhere") if os.path.isdir(OUT) else "/nowhere"
    same = subprocess.run(["diff", "-rq", "--no-dereference", I.HOME / "camera-root/root/usr", got], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode == 0
    ctx.fact("beyond", "extracted", "the same tree" if same else f"exit {code}: {why[-200:].decode(errors='replace')}")
    measure.clear(OUT)
    ctx.table("beyond", f"scan of {(size + 16 * MiB) // MiB} MiB: noise, then a camera", [ctx.ours(path)], path.stat().st_size)
    path.unlink()


def squashfs_image(ctx, comp):
    root = I.rootfs((16 if ctx.quick else 224) * MiB)
    return I.squashfs(f"{root.parent.name}-{comp}.squashfs", root, comp)

"""The corpus for tests: where it is, its images made once for each seed, the program. Without it tests say SKIPPED."""
import fcntl, json, os, subprocess, sys
from pathlib import Path

TOP = Path(os.environ["SOURCE_DIR"])
TOOL = os.environ["FIELDSTRIP"]
CORPUS = Path(os.environ.get("FIELDSTRIP_CORPUS") or TOP.parent / "shared" / "corpus").resolve()
WORK = Path(os.environ.get("FIELDSTRIP_CORPUS_WORK") or TOP / "build" / "corpus")
SEEDS = [int(s) for s in os.environ.get("FIELDSTRIP_SEEDS", "0").split()]
ALL = "uimage,xz,gzip,bzip2,lzma,zlib,lzip,lzop,lz4,lz4-legacy,zstd,compress,squashfs,jffs2,cpio,tar,cramfs,romfs,uboot-env,dtb,linux-image,ikconfig,elf,pe,zimage,bzimage,efi-zboot"  # what this version knows
READ = ALL  # of which it reads what is inside


def skip(why: str) -> None:
    print(f"SKIPPED: {why}")
    sys.exit(77)


def need() -> None:
    if not (CORPUS / "gen" / "gen.py").exists():
        skip(f"no corpus at {CORPUS} (FIELDSTRIP_CORPUS)")


def seed(n: int) -> Path:
    """The folder of a seed's images, made when it is not there."""
    need()
    out = WORK / f"seed{n}"
    WORK.mkdir(parents=True, exist_ok=True)
    with open(WORK / f"seed{n}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / ".complete").exists():
            # Trees with owners and devices are made on disk: that needs root, which an ordinary user may have by sudo.
            root = [] if os.geteuid() == 0 else ["sudo", "-n"]
            done = subprocess.run([*root, sys.executable, CORPUS / "gen" / "gen.py", "--out", out, "--seed", str(n)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if root and out.exists():
                subprocess.run([*root, "chown", "-R", f"{os.getuid()}:{os.getgid()}", out])
            if done.returncode:
                skip(f"gen.py fails (are its makers installed? gen/install.sh): {done.stdout.decode(errors='replace')[-300:]}")
            (out / ".complete").touch()
    return out


def families(n: int, *names: str) -> list[Path]:
    return [seed(n) / f"{name}_{n}" for name in names]


def truths(folder: Path):
    """(image, truth) of a folder, in order."""
    for t in sorted(folder.rglob("*.truth.json")):
        yield t.with_name(t.name.removesuffix(".truth.json")), json.loads(t.read_text())


def run(*words, codes=(0,), **more) -> subprocess.CompletedProcess:
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    assert codes is None or done.returncode in codes, f"{words}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
    return done


def tool(*words, codes=(0,), **more) -> subprocess.CompletedProcess:
    return run(TOOL, *words, codes=codes, **more)


def camera_real() -> Path:
    need()
    out = WORK / "camera_real.img"
    WORK.mkdir(parents=True, exist_ok=True)
    with open(WORK / "camera_real.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            run(sys.executable, CORPUS / "real" / "assemble_camera.py", "-o", out)
    return out

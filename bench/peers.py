"""Who is measured beside us: found on PATH or in build/bench/peers, installed there where a registry has it, or skipped and said so."""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
HOME = TOP / "build" / "bench" / "peers"

# Debian packages: programs that are measured, that make inputs, or that a peer calls.
DEBIAN = {"hyperfine": "hyperfine", "mksquashfs": "squashfs-tools", "unsquashfs": "squashfs-tools", "7z": "p7zip-full", "mkfs.jffs2": "mtd-utils",
          "mkimage": "u-boot-tools", "xz": "xz-utils", "gzip": "gzip", "lzop": "lzop", "lz4": "lz4", "zstd": "zstd", "c++": "g++", "cmp": "diffutils"}

# What cargo and pip bring: program, how it is installed, its package.
REGISTRIES = {"binwalk": ("cargo", "binwalk", "3.1.0"), "binwalk-ng": ("cargo", "binwalk-ng", "4.0.0"), "unblob": ("pip", "unblob", "26.6.4"),
              "jefferson": ("pip", "jefferson", "0.4.8")}

# No registry has sasquatch, by whose name binwalk, binwalk-ng and unblob read a squashfs. Without it they extract none. This gives them Debian's unsquashfs, which reads
# all that these images hold; it drops the options that unsquashfs lacks. The peers are helped by it: no vendor's variant is tried.
SASQUATCH = """#!/usr/bin/env python3
import os, sys
args, i = [], 1
while i < len(sys.argv):
    a = sys.argv[i]
    if a in ("-trace", "-le", "-be"):
        pass
    elif a in ("-c", "-lzma-opt"):
        i += 1
    else:
        args.append(a)
    i += 1
os.execvp("unsquashfs", ["unsquashfs", *args])
"""


@dataclass
class Peer:
    name: str
    path: str = ""
    version: str = ""
    missing: str = ""

    def __bool__(self):
        return bool(self.path)


def log(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


def run(argv, **more):
    """Runs quietly; what it said goes to a log, whose end is shown where it fails."""
    log(" ".join(map(str, argv)))
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **more)
    if done.returncode:
        log(f"exit {done.returncode}:", *done.stdout.splitlines()[-3:])
    return done.returncode == 0


def search_path():
    """PATH with our folders first: the peers call each other by name."""
    own = [HOME / "bin", *(HOME / name / "bin" for name in REGISTRIES)]
    return os.pathsep.join([*map(str, own), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def environment():
    """What every measured process gets: the same for all, and little of the caller's."""
    return {"PATH": search_path(), "HOME": str(HOME / "home"), "LC_ALL": "C", "TERM": "dumb", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}


def find(name):
    return shutil.which(str(HOME / name / "bin" / name) if name in REGISTRIES else name, path=search_path()) or (
        shutil.which(name, path=search_path()) if name in REGISTRIES and name != "binwalk-ng" else None)


def install_debian():
    wanted = sorted({package for program, package in DEBIAN.items() if not find(program)})
    if not wanted:
        return
    root = [] if os.getuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
    if root is None or not shutil.which("apt-get"):
        log("SKIPPED: neither root nor sudo (or no apt-get), not installed:", *wanted)
        return
    run([*root, "apt-get", "update", "-qq"])
    for package in wanted:
        run([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends", package])


def install_cargo(package, version):
    cargo = shutil.which("cargo", path=os.environ.get("PATH", "") + os.pathsep + str(Path.home() / ".cargo/bin"))
    if not cargo:
        log(f"SKIPPED: {package}: no cargo")
        return
    root = HOME / package
    if run([cargo, "install", package, "--version", version, "--locked", "--root", root, "--jobs", "2"], env={**os.environ, "CARGO_TARGET_DIR": str(HOME / "target")}):
        for made in (root / "bin").iterdir():  # binwalk-ng's program may bear its elder's name
            if made.name != package and not (root / "bin" / package).exists():
                made.rename(root / "bin" / package)
        (root / "bin" / "version").write_text(version)


def install_pip(package, version):
    root = HOME / package
    if run([sys.executable, "-m", "venv", root]):
        run([root / "bin" / "pip", "install", "-q", f"{package}=={version}"])


def install():
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "home").mkdir(exist_ok=True)
    (HOME / "bin").mkdir(exist_ok=True)
    shim = HOME / "bin" / "sasquatch"
    shim.write_text(SASQUATCH)
    shim.chmod(0o755)
    install_debian()
    for name, (how, package, version) in REGISTRIES.items():
        if not find(name):
            install_cargo(package, version) if how == "cargo" else install_pip(package, version)


def version_of(name, path):
    flag = {"unsquashfs": "-version", "mksquashfs": "-version", "7z": "i"}.get(name, "--version")
    if name == "jefferson":
        return REGISTRIES[name][2]
    try:
        text = subprocess.run([path, flag], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=60, env=environment()).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    words = next((line for line in text.splitlines() if line.strip()), "?").split()
    if name == "7z":  # "7-Zip [64] 16.02 : Copyright…"
        words = words[1:]
    return next((w.strip("v,") for w in words if w[:1].isdigit() or w[:1] == "v" and w[1:2].isdigit()), " ".join(words)[:40])


def all_peers():
    """name → Peer; a missing one is said once, loudly, and its rows are left out."""
    peers = {}
    for name in ("binwalk", "binwalk-ng", "unblob", "jefferson", "unsquashfs", "mksquashfs", "7z", "hyperfine"):
        path = find(name)
        peers[name] = Peer(name, path or "", version_of(name, path) if path else "", "" if path else "not installed")
        if not path:
            log(f"SKIPPED: {name} is not there: its rows are left out")
    return peers


if __name__ == "__main__":
    install()
    for peer in all_peers().values():
        print(peer.name, peer.version or peer.missing, peer.path)

#!/usr/bin/env python3
"""The guard of speed: how many instructions of our own six cases take, by valgrind's callgrind, held against the file `counts`.

    tests/guard/guard.py [CASE…]           measures; 3 % more than `counts` fails, unless CHANGELOG.md says why
    tests/guard/guard.py --write [CASE…]   takes what was measured as the new counts
    tests/guard/guard.py --top CASE        whose instructions they are

What is counted: the release build, made by Debian 12's g++; one thread; what our object files define (libfieldstrip.a: templates that they instantiate among it) and
nothing of libc, libstdc++ and the libraries of codecs. Why it is the same everywhere: valgrind shows every machine that has AVX2 the same CPU (a Haswell), which pins
what chooses by CPU; inputs are files of the repository or made here; environment, folder and umask are fixed."""
import argparse, hashlib, math, os, re, shutil, subprocess, sys, tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
COUNTS, CHANGELOG = Path(__file__).with_name("counts"), TOP / "CHANGELOG.md"
BUILD = TOP / "build" / "release"
COMPILER = "12.2.0"
ALLOWED = 3.0  # per cent
SAMPLES = """bzimage/gzip bzip2/streams compress/bits16 cpio/mixed cpio/newc cramfs/le dtb/board efi-zboot/xz elf/library gzip/fields gzip/gnu-blocks ikconfig/config
    jffs2/lived linux-image/efi lz4/frames lz4-legacy/blocks lzip/members lzma/size lzop/blocks pe/signed romfs/tree squashfs/kinds squashfs/zstd tar/pax uboot-env/redundant
    uimage/multi xz/blocks zimage/gzip zlib/level6 zstd/frames""".split()


def stream(name, size):
    """Bytes that look random, and are the same for the same name."""
    return hashlib.shake_256(name.encode()).digest(size)


def bytes_of_all_kinds():
    """What a scan goes over: noise, text, words as of code, tables of small numbers, runs, and a magic that leads nowhere, again and again."""
    words = [stream(f"word{i}", 8).hex()[:2 + i % 9] for i in range(256)]
    text = " ".join(words[b] for b in stream("text", 200_000)).encode()
    code = b"".join(bytes((b & 0xFC, b >> 3 & 0x1F, b & 7, 0x24 + b % 7)) for b in stream("code", 250_000))
    table = b"".join(i.to_bytes(4, "little") for i in range(60_000))
    runs = b"".join(bytes([b & 1 and 0xFF]) * (b * 64) + stream(f"run{i}", b) for i, b in enumerate(stream("runs", 120)))
    magics = b"".join(magic + stream(magic.hex() + str(i), 60) for i in range(500) for magic in (b"hsqs", b"\x27\x05\x19\x56", b"\x1f\x8b\x08", b"\x85\x19", b"070701"))
    return stream("noise", 2 << 20) + text + code + table + runs + magics


def board():
    """An image as of a device, of samples of many formats with erased flash between them."""
    out = bytearray((TOP / "samples/camera/camera.img").read_bytes())
    for name in SAMPLES:
        folder, sample = name.split("/")
        out += (TOP / "src/formats" / folder / "samples" / f"{sample}.bin").read_bytes()
        out += b"\xff" * (-len(out) % 8192 + 8192)
    return bytes(out)


def kept(name):
    return (Path(__file__).with_name("inputs") / name).read_bytes()


def camera_with_files():
    return (TOP / "samples/camera/camera.img").read_bytes() + kept("files.squashfs")


# Case → (makes the input, commands before, commands that are counted). One that ends with "?" may exit with 1: it has something to say.
CASES = {
    "scan": (bytes_of_all_kinds, [], ["scan --json in ?"]),
    "map": (board, [], ["scan --tree in ?", "scan --all --json in ?"]),
    "verify": (board, [], ["verify --all in ?"]),
    "extract": (lambda: kept("files.squashfs"), [], ["extract in -o out"]),
    "jffs2": (lambda: kept("files.jffs2"), [], ["ls -R -l in", "ls -R --sha256 --json in"]),
    "repack": (camera_with_files, ["extract in -o dir"],
               ["repack dir -o same", "edit in --set /00000000.uimage.load=0x21008000 -o set", "edit in --chmod /00080000.squashfs/etc/passwd 0600 -o mode"]),
}


class Unable(Exception):
    """It can't be measured here."""


def check_machine():
    for tool in ("valgrind", "g++", "cmake"):
        if not shutil.which(tool):
            raise Unable(f"{tool} is not installed")
    version = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    if version != COMPILER:
        raise Unable(f"the counts are of what g++ {COMPILER} makes; this is {version}")
    if " avx2 " not in Path("/proc/cpuinfo").read_text():
        raise Unable("the counts are of a CPU with AVX2")


def build():
    """The program that is counted; nothing to do where test.sh has made it."""
    for words in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release", "--target", "fieldstrip"]):
        done = subprocess.run(words, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stdout[-3000:]}")


def our_functions():
    """The names that our own object files define."""
    out = subprocess.run(["nm", "--defined-only", BUILD / "libfieldstrip.a"], capture_output=True, text=True, check=True).stdout
    names = {words[2] for words in map(str.split, out.splitlines()) if len(words) == 3 and words[1] in "tTwWu"}
    if len(names) < 1000:
        sys.exit(f"libfieldstrip.a has {len(names)} functions: what is ours is not known any more")
    return names


def costs(profile):
    """Function → instructions of its own, of a file of callgrind."""
    names, out, skip, now = {}, {}, False, None
    for line in profile.splitlines():
        if line.startswith("fn="):
            number, _, name = line[3:].partition(" ")
            now = names.setdefault(number, name)
        elif line.startswith("cfn="):
            number, _, name = line[4:].partition(" ")
            names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True  # the next line is the cost of what is called
        elif line[:1].isdigit():
            if not skip:
                out[now] = out.get(now, 0) + int(line.split()[1])
            skip = False
        elif line.startswith("totals: "):
            assert sum(out.values()) == int(line[8:]), "callgrind's file is read wrongly"
    return out


def in_temporary_folder(work, case, ours, tool):
    make, before, counted = CASES[case]
    data = make()
    (work / "in").write_bytes(data)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}

    def run(command, *ahead):
        words = command.split()
        may = words[-1] == "?"
        done = subprocess.run([*ahead, tool, *words[:len(words) - may], "-j1", "--no-sandbox"], cwd=work, env=environment, capture_output=True, text=True)
        if done.returncode not in (0, 1 if may else 0):
            sys.exit(f"{case}: {command}: exit {done.returncode}: {done.stderr[-2000:]}")

    total = {}
    for command in before:
        run(command)
    for command in counted:
        profile = work / "profile"
        run(command, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", "--demangle=no", "--compress-pos=no")
        for name, n in costs(profile.read_text()).items():
            if name in ours:
                total[name] = total.get(name, 0) + n
        profile.unlink()
    return total, hashlib.sha256(data).hexdigest()[:12]


def measure(case, ours, tool=None):
    """(function → instructions, the input's digest)"""
    mask = os.umask(0o022)
    work = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        return in_temporary_folder(work, case, ours, tool or BUILD / "fieldstrip")
    finally:
        os.umask(mask)
        shutil.rmtree(work)


def read_counts(text):
    """Case → (instructions, the input's digest); and the lines of the changelog that made them what they are."""
    counts, taken = {}, set()
    for line in text.splitlines():
        if line.startswith("# guard: "):
            taken.add(line[2:])
        elif line and not line.startswith("#"):
            case, n, digest = line.split()
            counts[case] = int(n), digest
    return counts, taken


def excuses(changelog, taken):
    """Case → [(by how much it may grow, the line)], of the unreleased section; a line that `counts` has taken was used."""
    section = re.search(r"^## [^\n]*unreleased[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    out = {}
    for line in re.findall(r"guard: .*", section[1] if section else ""):
        line = line.rstrip()
        if (m := re.fullmatch(r"guard: (\w+) \+(\d+(?:\.\d+)?) % because \S.*", line)) and line not in taken:
            out.setdefault(m[1], []).append((float(m[2]), line))
    return out


def judge(measured, counts_text, changelog):
    """(what to say, the cases that fail → whether they may be written all the same, case → the line of the changelog that lets it be slower)"""
    counts, taken = read_counts(counts_text)
    allowed = excuses(changelog, taken)
    said, failed, used = [], {}, {}
    for case, (n, digest) in measured.items():
        write = f"tests/guard/guard.py --write {case}"
        was, input_was = counts.get(case, (0, ""))
        if not was or digest != input_was:
            said.append(f"{case}: {n} instructions: FAILED: `counts` does not have it{' for this input' if was else ''}: {write}")
            failed[case] = True
            continue
        more = (n - was) * 100 / was
        line = f"{case}: {n} instructions, {more:+.2f} % of {was}"
        covered = [text for most, text in allowed.get(case, []) if more <= most]
        if more > 0 and covered:
            line += f": accepted, as CHANGELOG.md says: {covered[0]}. Then: {write}"
            used[case] = covered[0]
        elif more > ALLOWED:
            failed[case] = False
            line += (f": FAILED: more than {ALLOWED:.0f} % slower. Make it faster; or say in CHANGELOG.md's unreleased section "
                     f"`guard: {case} +{math.ceil(more * 10) / 10} % because …`, and then {write}")
        elif more < -ALLOWED:
            line += f": FASTER: write it down, or it may be lost again unseen: {write}"
        said.append(line)
    return said, failed, used


def written(measured, counts_text, used):
    """The new text of `counts`: a count rises by a line of the changelog only, or many changes of 2 % would add up unseen."""
    counts, _ = read_counts(counts_text)
    kept = [line for line in counts_text.splitlines() if line.startswith("# guard: ")] + ["# " + line for line in used.values()]
    for case, (n, digest) in measured.items():
        was, input_was = counts.get(case, (n, digest))
        counts[case] = (n if case in used or digest != input_was else min(n, was)), digest
    head = "# Instructions of our own that a case takes, and the digest of its input: see guard.py. Written by guard.py --write, with the lines of the changelog that it took."
    return "\n".join([head, *kept, *(f"{case} {counts[case][0]} {counts[case][1]}" for case in CASES if case in counts)]) + "\n"


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(CASES))
    words.add_argument("--write", action="store_true")
    words.add_argument("--top", metavar="CASE", choices=CASES)
    given = words.parse_args()
    try:
        check_machine()
    except Unable as why:
        print(f"SKIPPED: {why}: no instructions were counted")
        return 77
    build()
    ours = our_functions()
    if given.top:
        cost, _ = measure(given.top, ours)
        all_of_it = sum(cost.values())
        for name, n in sorted(cost.items(), key=lambda x: -x[1])[:40]:
            print(f"{n:12} {n / all_of_it:6.1%}  {subprocess.run(['c++filt', name], capture_output=True, text=True).stdout.strip()[:150]}")
        return 0
    measured = {}
    for case in given.cases or CASES:
        cost, digest = measure(case, ours)
        measured[case] = sum(cost.values()), digest
    counts_text = COUNTS.read_text() if COUNTS.exists() else ""
    said, failed, used = judge(measured, counts_text, CHANGELOG.read_text())
    print(*said, sep="\n")
    if given.write:
        if not all(failed.values()):
            print("not written: what is slower needs its line in CHANGELOG.md first")
            return 1
        COUNTS.write_text(written(measured, counts_text, used))
        return 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Versions 1 to 3 of squashfs in both byte orders, big-endian 4.0, and vendors' LZMA: what the program lists and reads is what the maker put in, with words: only the cases that
have one of them in their names. What unsquashfs reads of the same images, where it is there, holds the maker itself to account (`--makers` does only that)."""
import hashlib, json, os, shutil, subprocess, sys, tempfile
from pathlib import Path
from maker import make, tree

tool = os.environ.get("FIELDSTRIP", "build/release/fieldstrip")
makers_only = "--makers" in sys.argv
LISTED = (1, 2, 3, 4)  # versions that the program lists
only = [a for a in sys.argv[1:] if not a.startswith("--")]
failed = checks = 0


def ok(what, good, *more):
    global failed, checks
    checks += 1
    if not good:
        failed += 1
        print(f"FAIL {what}" + "".join(f": {m}" for m in more), file=sys.stderr)
    return good


def cases():
    """name, the tree's arguments, the maker's, whether unsquashfs reads it"""
    for version in ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (4, 0)):
        for big in (False, True):
            name = f"{version[0]}.{version[1]}-{'big' if big else 'little'}"
            one = dict(version=version, big=big)
            reads = not (big and version[0] == 4)
            owners = 48 if version[0] == 1 else 120
            block = 32768 if version[0] == 1 else 65536
            yield name, dict(block_size=block, links=version[0] >= 3), one, reads
            yield f"{name}-owners", dict(seed=1, block_size=4096, owners=owners, files_in_big=20, links=version[0] >= 3), dict(one, block_size=4096), reads
            if version[0] > 1:
                yield f"{name}-tails", dict(seed=2, block_size=16384, links=version[0] >= 3), dict(one, block_size=16384, always_fragments=True), reads
                yield f"{name}-no-fragments", dict(seed=3, block_size=8192, files_in_big=30, links=version[0] >= 3), dict(one, block_size=8192, no_fragments=True), reads
            if version[0] < 3:
                yield f"{name}-check", dict(seed=4, block_size=block, links=False), dict(one, check=True), reads
            if version[1] == 0 and version[0] < 3:
                yield f"{name}-unsorted", dict(seed=8, block_size=block, links=False), dict(one, unsorted=True), reads
            yield f"{name}-plain", dict(seed=5, block_size=block, files_in_big=200, links=version[0] >= 3), dict(one, packed=()), reads
    for codec in ("lzma", "lzma-bare", "lzma-properties", "lzma-7zip", "lzma-7zip-properties", "lzma-dd-wrt"):
        for version in ((2, 1), (3, 0), (3, 1)):
            for big in (False, True):
                yield (f"{codec}-{version[0]}.{version[1]}-{'big' if big else 'little'}", dict(seed=6, files_in_big=100, links=version[0] >= 3),
                       dict(version=version, big=big, codec=codec), False)
    for codec in ("lzma", "xz"):
        for big in (False, True):
            yield f"4.0-{codec}-{'big' if big else 'little'}", dict(seed=7, block_size=131072, files_in_big=100), dict(version=(4, 0), big=big, codec=codec, block_size=131072), not big
    # Vendors' own magics, as binwalk's and sasquatch's tables have them: only when asked for, `magic`.
    for magic, big, codec in ((b"shsq", False, "lzma-bare"), (b"qshs", True, "lzma-bare"), (b"tqsh", True, "lzma-dd-wrt"), (b"hsqt", False, "lzma-dd-wrt"), (b"sqlz", True, "lzma")):
        if any("magic" in w for w in only):
            yield f"magic-{magic.decode()}", dict(seed=9, files_in_big=50), dict(version=(3, 0), big=big, codec=codec, magic=magic), False


def by_unsquashfs(name, file, image, work):
    out = work / "root"
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run(["unsquashfs", "-n", "-d", out, file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if not ok(f"{name}: unsquashfs reads it", done.returncode == 0, done.stdout.decode(errors="replace")[-500:]):
        return
    kinds = {0o100000: "file", 0o040000: "dir", 0o120000: "symlink", 0o020000: "char", 0o060000: "block", 0o010000: "fifo", 0o140000: "socket"}
    there = sum(len(d) + len(f) for _, d, f in os.walk(out)) + 1
    ok(f"{name}: as many as were put in", there == len(image.entries), there, len(image.entries))
    for row in image.entries:
        path = os.fsencode(out) + b"/" + row["path"].encode("utf-8", "surrogateescape")
        st = os.lstat(path)
        got = {"type": kinds[st.st_mode & 0o170000], "mode": f"{st.st_mode & 0o7777:04o}", "uid": st.st_uid, "gid": st.st_gid, "mtime": int(st.st_mtime), "links": st.st_nlink}
        if got["type"] == "file":
            data = open(path, "rb").read()
            got["size"], got["sha256"] = len(data), hashlib.sha256(data).hexdigest()
        if got["type"] == "symlink":
            got["target"] = os.readlink(path).decode("utf-8", "surrogateescape")
        if got["type"] in ("char", "block"):
            got["rdev"] = [os.major(st.st_rdev), os.minor(st.st_rdev)]
        skip = {"path"} | (set() if os.geteuid() == 0 else {"uid", "gid", "mode"})
        wrong = [f"{k} is {got.get(k)!r}, put in {v!r}" for k, v in row.items() if k not in skip and got.get(k) != v]
        if wrong and not ok(f"{name}: unsquashfs on {row['path']}", False, *wrong):
            return


def by_tool(name, file, image, listed):
    done = subprocess.run([tool, "scan", "--json", file], stdout=subprocess.PIPE)
    if not ok(f"{name}: is mapped", done.returncode in (0, 1), done.returncode):
        return
    found = [r for r in json.loads(done.stdout)["root"]["children"] if r.get("format") == "squashfs"]
    if not listed:
        done = subprocess.run([tool, "ls", "-R", "--json", f"{file}:{found[0]['path'] if found else '/'}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ok(f"{name}: is not listed; if it is, LISTED is too short", b"fieldstrip.entries/1" not in done.stdout)
        return
    if not ok(f"{name}: is one squashfs", len(found) == 1, len(found)):
        return
    inside = f"{file}:{found[0]['path']}"
    done = subprocess.run([tool, "ls", "-R", "--json", "--sha256", inside], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not ok(f"{name}: is listed", done.returncode == 0, done.stderr.decode()):
        return
    got = {r["path"]: r for r in json.loads(done.stdout).get("entries", [])}
    for row in image.entries:
        other = got.pop(row["path"], None)
        if other is None:
            ok(f"{name}: {row['path'] or 'the root'} is there", row["path"] == "")
            continue
        wrong = [f"{k} is {other.get(k)!r}, expected {v!r}" for k, v in row.items() if other.get(k) != v]
        ok(f"{name}: {row['path']}", not wrong and other.get("state", "intact") == "intact", *wrong)
    ok(f"{name}: nothing else is there", not got, list(got)[:3])
    files = [r for r in image.entries if r["type"] == "file"]
    for row in files[:: max(1, len(files) // 8)]:
        data = subprocess.run([tool, "cat", f"{inside}/{row['path']}"], stdout=subprocess.PIPE).stdout
        ok(f"{name}: cat {row['path']}", hashlib.sha256(data).hexdigest() == row["sha256"], len(data))
    done = subprocess.run([tool, "verify", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ok(f"{name}: verify finds nothing wrong", done.returncode == 0, done.stdout.decode(errors="replace")[-300:])


with tempfile.TemporaryDirectory() as temp:
    work = Path(temp)
    if not makers_only:
        (work / "first.img").write_bytes(make(tree(files_in_big=0), version=(4, 0)).data)
        first = subprocess.run([tool, "ls", "-R", "--json", work / "first.img:/00000000.squashfs"], stdout=subprocess.PIPE).stdout
        if b"fieldstrip.entries/1" not in first:
            print("SKIPPED: this program does not list what is in a squashfs")
            sys.exit(77)
    have = shutil.which("unsquashfs") is not None and os.geteuid() == 0  # owners and devices need root
    done = read = 0
    for name, of_tree, of_maker, unsquashfs_reads in cases():
        if only and not any(w in name for w in only):
            continue
        image = make(tree(**of_tree), **of_maker)
        file = work / f"{name}.img"
        file.write_bytes(image.data)
        before = failed
        if have and unsquashfs_reads:
            by_unsquashfs(name, file, image, work)
            read += 1
        if not makers_only:
            by_tool(name, file, image, of_maker["version"][0] in LISTED)
        done += 1
        if failed - before:
            print(f"{name}: {failed - before} wrong", file=sys.stderr)
        file.unlink()
    print(f"{done} images, {read} of them read by unsquashfs too; {checks} checks, {failed} failed")
sys.exit(1 if failed else 0)

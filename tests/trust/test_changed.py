#!/usr/bin/env python3
"""An input that changes while it is read: one that shrinks under its mapping (SIGBUS), is written to, or is taken away, during scan, verify, extract and
edit. The process ends with a message and exit 3, or, where it had read all before, with the right result; never by a signal, and no output is left."""
import hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time
from pathlib import Path

TOOL = os.environ["FIELDSTRIP"]
work = Path(tempfile.mkdtemp())
bad, met, runs = [], 0, 0


def member(name: str, data: bytes) -> bytes:
    head = b"070701" + b"".join(b"%08X" % v for v in (1, 0o100644, 0, 0, 1, 1528268827, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    out = head + name.encode() + b"\0"
    out += bytes(-len(out) % 4) + data
    return out + bytes(-len(out) % 4)


# 48 MiB in files that are written one by one: long enough to be met at any place.
noise = random.Random(1).randbytes(1 << 20)
whole = b"".join(member(f"file{i}", noise[i:] + noise[:i]) for i in range(48)) + member("TRAILER!!!", b"")
image = work / "image.cpio"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def shrink():
    os.truncate(image, len(whole) // 3 + 4096 * random.randrange(100) + 17)


def rewrite():
    with open(image, "r+b") as f:
        f.seek(len(whole) // 2)
        f.write(b"other bytes")


for what, change in (("shrinks", shrink), ("is written to", rewrite)):
    for command in (["scan", "--tree"], ["verify"], ["ls", "-R", "--sha256"], ["extract", "-o", "out"], ["edit", "--replace", "/00000000.cpio/file0", "small", "-o", "out"]):
        writes = "-o" in command
        for step in range(6):
            image.write_bytes(whole)
            (work / "small").write_bytes(b"small")
            words = [TOOL, command[0], str(image), *command[1:]]
            p = subprocess.Popen(words, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(0.01 + 0.02 * step)
            early = p.poll() is None
            change()
            error = p.communicate()[1].decode(errors="replace")
            runs += 1
            left = [n for n in os.listdir(work) if n not in ("image.cpio", "small", "out")]
            out = work / "out"
            if p.returncode < 0 or "Sanitizer" in error:
                bad.append(f"{command[0]}, image {what}: ended by {signal.Signals(-p.returncode).name if p.returncode < 0 else error[-300:]}")
            if left:
                bad.append(f"{command[0]}, image {what}: {left} stays")
            if writes and early and p.returncode == 3:
                met += 1
                if out.exists():
                    bad.append(f"{command[0]}, image {what}: refused, and the output is there")
                if not error.startswith("fieldstrip: "):
                    bad.append(f"{command[0]}, image {what}: says {error!r}")
            elif writes and p.returncode in (0, 1) and command[0] == "extract":
                # It was done before, or it began behind the change: what it took apart was one image or the other, not something between.
                said = json.loads((out / ".fieldstrip" / "manifest.json").read_text())["image"]["sha256"]
                if said not in (sha256(whole), sha256(image.read_bytes())):
                    bad.append(f"{command[0]}, image {what}: exit {p.returncode}, and it took apart an image that never was")
                if said == sha256(whole) and any((out / "00000000.cpio.in" / f"file{i}").read_bytes() != noise[i:] + noise[:i] for i in range(48)):
                    bad.append(f"{command[0]}, image {what}: exit {p.returncode}, and a file is another one")
            elif what == "shrinks" and p.returncode == 3:
                met += 1
            shutil.rmtree(out, ignore_errors=True) if out.is_dir() else out.unlink(missing_ok=True)
print(*bad, sep="\n")
print(f"{runs} runs, {met} met in the middle, {len(bad)} wrong")
sys.exit(bool(bad) or not met)

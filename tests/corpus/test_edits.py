#!/usr/bin/env python3
"""Edits of the real camera image and of camera_02 (it has a trailer), each by `edit` and by the folder, judged by the tools that made the parts."""
import json, os, shutil, struct, subprocess, sys, tempfile
from pathlib import Path
from corpus import camera_real, run, seed, skip, tool

for program in ("mkimage", "dumpimage", "xz", "mksquashfs", "unsquashfs", "cmp"):
    if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
        skip(f"{program} is not installed")
work = Path(tempfile.mkdtemp())
said = []


def ok(what, holds):
    said.append((what, bool(holds)))
    if not holds:
        print(f"FAIL  {what}", flush=True)


def changed(a: Path, b: Path) -> list[int]:
    """Offsets that differ, by cmp."""
    out = run("cmp", "-l", a, b, codes=(0, 1)).stdout.split(b"\n")
    return [int(line.split()[0]) - 1 for line in out if line]


def map_of(image):
    return json.loads(tool("scan", "--json", image).stdout)["root"]["children"]


def both(name, image, edit, folder_change, codes=(0,), more=()) -> Path:
    """The same change by edit and by the folder: the same bytes."""
    by_edit, by_folder, folder = work / f"{name}.edit", work / f"{name}.folder", work / f"{name}.fs"
    tool("edit", image, *edit, *more, "-o", by_edit, codes=codes)
    tool("extract", image, "-o", folder, *[m for m in more if m.startswith("--parts")])
    folder_change(folder)
    tool("repack", folder, "-o", by_folder, *[m for m in more if not m.startswith("--parts")], codes=codes)
    ok(f"{name}: edit and folder give the same bytes", by_edit.exists() and by_edit.read_bytes() == by_folder.read_bytes())
    ok(f"{name}: nothing but one range per region changes size", by_edit.stat().st_size == image.stat().st_size)
    return by_edit


def squashfs(name, files: dict) -> Path:
    root = work / f"{name}.root"
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    out = work / f"{name}.squashfs"
    run("mksquashfs", root, out, "-comp", "xz", "-nopad", "-noappend", "-no-progress", "-quiet")
    return out


def camera(image: Path, label: str, trailer: bool):
    data = image.read_bytes()
    rows = map_of(image)
    at = {r["format"]: r for r in rows if r["format"] in ("uimage", "squashfs", "jffs2")}
    uimage, root = at["uimage"], at["squashfs"]
    content = f"/{uimage['name']}/payload/content"
    warn = (1,) if trailer else (0,)  # something in `cannot`: written, and exit 1

    # (a) bytes in the decoded kernel
    kernel = bytearray(tool("cat", f"{image}:{content}").stdout)
    middle = len(kernel) // 2
    kernel[middle:middle + 16] = b"fieldstrip edits"
    new = work / f"{label}.kernel"
    new.write_bytes(kernel)
    inside = f"{uimage['name']}.in/payload.in/content"
    out = both(f"{label}-a", image, ("--replace", content, new), lambda d: (d / inside).write_bytes(kernel), warn)
    got = out.read_bytes()
    size = struct.unpack_from(">I", got, uimage["offset"] + 12)[0]
    cut = work / f"{label}.uimage"
    cut.write_bytes(got[uimage["offset"]:uimage["offset"] + 64 + size])
    listed = run("mkimage", "-l", cut).stdout
    ok(f"{label}-a: mkimage -l", b"Image Name" in listed and b"Corrupt" not in listed)
    run("dumpimage", "-T", "kernel", "-p", "0", "-o", work / "payload.xz", cut)
    ok(f"{label}-a: dumpimage", (work / "payload.xz").stat().st_size == size)
    run("xz", "-t", work / "payload.xz")
    ok(f"{label}-a: the kernel is in it", run("xz", "-dc", work / "payload.xz").stdout == bytes(kernel))
    (work / "was.xz").write_bytes(data[uimage["offset"] + 64:uimage["offset"] + uimage["size"]])
    filters = [run("xz", "--robot", "-lvv", work / f).stdout.split(b"block\t")[1].split(b"\t")[-1].split(b"\n")[0] for f in ("was.xz", "payload.xz")]
    ok(f"{label}-a: the same filters {filters}", filters[0] == filters[1])
    made = [json.loads(tool("info", "--json", f"{x}:/{uimage['name']}/payload").stdout)["made_by"] for x in (image, out)]
    ok(f"{label}-a: the same parameters {made}", made[0] == made[1] and "not found" not in made[0])
    room = next(r["offset"] for r in rows if r["offset"] > uimage["offset"] and r["format"] != "padding")
    ok(f"{label}-a: only the uImage's room changed", all(uimage["offset"] <= x < room for x in changed(image, out)))
    ok(f"{label}-a: filler stays 0xFF", set(got[uimage["offset"] + 64 + size:room]) == {0xFF})

    # (b) load address and name
    name = "set by fieldstrip"
    def by_toml(d):
        t = d / f"{uimage['name']}.toml"
        lines = [f"load = 0x12345000" if l.startswith("load") else f"name = '{name}'" if l.startswith("name") else l for l in t.read_text().splitlines()]
        t.write_text("\n".join(lines))
    out = both(f"{label}-b", image, ("--set", f"/{uimage['name']}.load=0x12345000", "--set", f"/{uimage['name']}.name={name}"), by_toml, warn)
    ok(f"{label}-b: only the header changed", all(uimage["offset"] + 4 <= x < uimage["offset"] + 64 for x in changed(image, out)))
    cut.write_bytes(out.read_bytes()[uimage["offset"]:uimage["offset"] + uimage["size"]])
    listed = run("mkimage", "-l", cut).stdout
    ok(f"{label}-b: mkimage -l sees both", name.encode() in listed and b"12345000" in listed)

    # (c) the squashfs replaced by a smaller and by a bigger one
    i = rows.index(root)
    end = next((r["offset"] for r in rows[i + 1:] if r["format"] != "padding"), len(data))
    fillers = rows[i + 1:next((k for k in range(i + 1, len(rows)) if rows[k]["format"] != "padding"), len(rows))]
    multiple = next((m for m in (4096, 1024, 512) if fillers and (fillers[0]["offset"] + fillers[0]["size"] - root["offset"]) % m == 0), None)
    small = squashfs(f"{label}-small", {"etc/passwd": b"root:x:0:0::/:/bin/sh\n", "data": os.urandom(root["size"] // 3)})
    big = squashfs(f"{label}-big", {"etc/passwd": b"root:x:0:0::/:/bin/sh\n", "data": os.urandom(root["size"] + 20000)})
    for kind, new in (("smaller", small), ("bigger", big)):
        bytes_ = new.read_bytes()
        out = both(f"{label}-c-{kind}", image, ("--replace", f"/{root['name']}", new), lambda d: shutil.copy(new, d / root["name"]), warn)
        got = out.read_bytes()
        behind = got[root["offset"] + len(bytes_):end]
        first = -len(bytes_) % multiple if multiple else 0
        ok(f"{label}-c-{kind}: it is there", got[root["offset"]:root["offset"] + len(bytes_)] == bytes_)
        ok(f"{label}-c-{kind}: its first filler again to a multiple of {multiple}", behind[:first] == bytes([fillers[0]["pad"]]) * first if fillers else True)
        ok(f"{label}-c-{kind}: then 0xFF", set(behind[first:]) <= {fillers[-1]["pad"] if fillers else 0xFF})
        ok(f"{label}-c-{kind}: neighbours are untouched", got[:root["offset"]] == data[:root["offset"]] and got[end:] == data[end:])
        (work / "cut.squashfs").write_bytes(got[root["offset"]:end])
        ok(f"{label}-c-{kind}: unsquashfs reads it", b"etc/passwd" in run("unsquashfs", "-l", work / "cut.squashfs").stdout)

    # (d) one too big for its room; the same with a border given by --parts
    huge = work / f"{label}.huge"
    huge.write_bytes(big.read_bytes() + os.urandom(end - root["offset"] - big.stat().st_size + 1000))
    done = tool("edit", image, "--replace", f"/{root['name']}", huge, "-o", work / "no.img", codes=(3,))
    ok(f"{label}-d: refused with the excess", b"1000 too many" in done.stderr and b"--resize" in done.stderr and not (work / "no.img").exists())
    border = (root["offset"] + root["size"] + 0xFFF) & ~0xFFF
    parts = f"{border}(front),-(rest)"
    done = tool("edit", image, f"--parts={parts}", "--replace", f"/{root['name']}", big, "-o", work / "no.img", codes=(3,))
    excess = big.stat().st_size - (border - root["offset"])
    ok(f"{label}-d: a border stops it", f"{excess} too many".encode() in done.stderr and not (work / "no.img").exists())
    folder = work / f"{label}-d.fs"
    tool("extract", image, "-o", folder)
    shutil.copy(huge, folder / root["name"])
    done = tool("repack", folder, "-o", work / "no.img", codes=(3,))
    ok(f"{label}-d: the folder is refused too", b"1000 too many" in done.stderr and not (work / "no.img").exists())

    # (f) the plan names erase blocks, and what it can't make again; (g) and writes nothing
    before = sorted(os.listdir(work))
    plan = json.loads(tool("edit", image, "--replace", f"/{root['name']}", big, "--plan", "--json", codes=warn).stdout)
    ok(f"{label}-g: --plan writes nothing", sorted(os.listdir(work)) == before)
    out = work / f"{label}-c-bigger.edit"
    blocks = sorted({x // plan["erase_block"] for x in changed(image, out)})
    ok(f"{label}-f: changed erase blocks", set(blocks) <= set(plan["erase_blocks_changed"]) and plan["erase_blocks_changed"])
    extents = plan["changed"]
    ok(f"{label}-f: bytes changed are bytes planned", all(any(a <= x < a + n for a, n in extents) for x in changed(image, out)))
    ok(f"{label}-f: cannot {plan['cannot']}", bool(plan["cannot"]) == trailer and all("unknown" in c["path"] for c in plan["cannot"]))
    crosses = (root["offset"] + big.stat().st_size - 1) >> 16 > (root["offset"] + root["size"] - 1) >> 16
    ok(f"{label}-f: growth over a 64 KiB block is a warning", any("room.crosses-block" in w for w in plan["warnings"]) == crosses)


camera(camera_real(), "real", False)
second = seed(0) / "camera_0" / "camera_02.img"
camera(second, "02", True)

# (h) a 16 MiB dump whose last region touches its end does not get longer without --resize
dump = work / "dump.img"
fs = squashfs("last", {"data": os.urandom(50_000)}).read_bytes()
dump.write_bytes(b"\xff" * ((16 << 20) - len(fs)) + fs)
longer = squashfs("longer", {"data": os.urandom(60_000)})
path = f"/{(16 << 20) - len(fs):08x}.squashfs"
done = tool("edit", dump, "--replace", path, longer, "-o", work / "no.img", codes=(3,))
ok("h: a dump does not get longer", b"--resize" in done.stderr and not (work / "no.img").exists())
tool("edit", dump, "--replace", path, longer, "--resize", "-o", work / "yes.img")
ok("h: with --resize it does", (work / "yes.img").stat().st_size == (16 << 20) - len(fs) + longer.stat().st_size)
# from another image
other = tool("edit", dump, "--replace", path, f"{second}:/{next(r['name'] for r in map_of(second) if r['format'] == 'squashfs')}", "--resize", "--plan", codes=(0, 1))
ok("replace from another image", b"replaced" in other.stdout)

shutil.rmtree(work)
failed = [what for what, holds in said if not holds]
print(f"{len(said) - len(failed)} of {len(said)} hold")
sys.exit(bool(failed))

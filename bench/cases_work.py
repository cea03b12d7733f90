"""Cases that write: extraction, verifying, putting together."""
import filecmp
import os
import shutil
import subprocess
from pathlib import Path

import inputs as I
import measure
from cases import FINE, OUT, MiB, cameras, said, squashfs_image
from measure import WORK, Command
from peers import find, log


def differences(truth, folder):
    """Files below truth that are not below folder, or other bytes there. What a tool lays beside them does not count."""
    wrong = []
    for at, _, names in os.walk(truth):
        for n in names:
            a = os.path.join(at, n)
            b = os.path.join(folder, os.path.relpath(a, truth))
            if not os.path.isfile(b) or not filecmp.cmp(a, b, shallow=False):
                wrong.append(os.path.relpath(a, truth))
    return wrong


def same_tree(truth, folder):
    """'' where all files below truth came out, else what did not. The tree is the folder among the results that holds most of them."""
    tops = {p.parent for p in Path(folder).rglob("usr") if p.is_dir() and not p.is_symlink()} if os.path.isdir(folder) else set()
    found = sorted((differences(truth, top) for top in tops), key=len)
    if not found:
        return "no tree came out"
    return f"{len(found[0])} files missing or different, the first: {min(found[0])}" if found[0] else ""


def complete(ctx, case, commands, truth):
    """Each once, not timed: is all there that went in? Who lost something is asked twice more: binwalk's loss is a matter of chance."""
    for c in filter(None, commands):
        tries = []
        while not tries or tries[-1] and len(tries) < 3:
            measure.spawn(c)
            tries.append(same_tree(truth, OUT))
            files = sum(len(n) for _, _, n in os.walk(OUT))
            measure.clear(OUT)
        lost = f" (before that {len(tries) - 1} times not: {tries[0]})" if len(tries) > 1 and not tries[-1] else " (in 3 of 3 runs)" if tries[-1] else ""
        ctx.fact(case, f"{c.name} extracted", (tries[-1] or "the whole tree, byte for byte") + lost + f" ({files} files in all)")


def extract_squashfs(ctx):
    truth = I.rootfs((16 if ctx.quick else 224) * MiB)
    files, plain = I.count_files(truth)
    for comp in ("xz", "gzip", "zstd"):
        image = squashfs_image(ctx, comp)
        measure.warm(image)
        rows = [ctx.ours("extract", "-q", image, "-o", OUT, clear=OUT),
                ctx.ours("extract", "-q", "--no-original", image, "-o", OUT, name="fieldstrip --no-original", clear=OUT)]
        rows += [ctx.theirs("unsquashfs", "-q", "-n", "-p", str(n), "-d", OUT, image, name=f"unsquashfs -p {n}", clear=OUT) for n in (2, 1)]
        complete(ctx, "extract-squashfs", [rows[0], rows[2]] if comp == "xz" else [rows[0]], truth)
        ctx.table("extract-squashfs", f"extraction of a {comp} squashfs of {image.stat().st_size / 1e6:.0f} MB ({files} files, {plain / 1e6:.0f} MB)", rows, image.stat().st_size)


def extract_camera(ctx):
    for name, image in cameras(ctx):
        measure.warm(image)
        rows = [ctx.ours("extract", "-q", "--deep", image, "-o", OUT, name="fieldstrip --deep", clear=OUT),
                ctx.ours("extract", "-q", image, "-o", OUT, name="fieldstrip (not into files)", clear=OUT),
                ctx.theirs("binwalk", "-q", "-e", "-M", "-C", OUT, image, name="binwalk -eM", clear=OUT), ctx.theirs("binwalk-ng", "-q", "-e", "-M", "-d", OUT, image, name="binwalk-ng -eM", clear=OUT),
                ctx.theirs("unblob", "--log", f"{WORK}/unblob.log", "-e", OUT, image, name="unblob", runs=1 if ctx.quick else 2, clear=OUT)]
        if name == "camera":
            complete(ctx, "extract-camera", rows[:1] + rows[2:], I.HOME / "camera-root/root")
        else:
            for c in filter(None, rows[:1] + rows[2:]):
                measure.spawn(c)
                ctx.fact("extract-camera", f"{c.name}, {name}", f"{sum(len(n) for _, _, n in os.walk(OUT))} files")
        ctx.table("extract-camera", f"recursive extraction of the {name}", rows, image.stat().st_size)


def extract_jffs2(ctx):
    root = I.settings((4 if ctx.quick else 100) * MiB, 4600)
    files, plain = I.count_files(root)
    image = I.jffs2(f"{root.parent.name}.jffs2", root)
    measure.warm(image)
    rows = [ctx.ours("extract", "-q", image, "-o", OUT, clear=OUT), ctx.theirs("jefferson", "-d", OUT, image, clear=OUT, runs=2)]
    complete(ctx, "extract-jffs2", rows, root)
    ctx.table("extract-jffs2", f"extraction of a JFFS2 of {image.stat().st_size / 1e6:.0f} MB ({files} files, {plain / 1e6:.0f} MB)", rows, image.stat().st_size)


def extract_streams(ctx):
    size = (16 if ctx.quick else 256) * MiB
    for image, program, flags in ((I.xz_blocks(size), "xz", ("-dkc", "-T2")), (I.gzip_members(size), "gzip", ("-dkc",))):
        measure.warm(image)
        rows = [ctx.ours("extract", "-q", "--no-original", image, "-o", OUT, clear=OUT)]
        if find(program):
            rows.append(Command(f"{program} {' '.join(flags)} (to nowhere)", [find(program), *flags, image]))
        rows.append(ctx.theirs("7z", "x", "-y", f"-o{OUT}", image, name="7z x", clear=OUT))
        measure.spawn(rows[0])
        got = max((p for p in Path(OUT).rglob("*") if p.is_file() and not p.is_symlink()), key=lambda p: p.stat().st_size, default=None)
        same = got is not None and subprocess.run(["cmp", "-s", got, I.libraries(size)[0]]).returncode == 0
        ctx.fact("extract-streams", f"{image.name} extracted", "byte for byte" if same else f"differs: {got}")
        measure.clear(OUT)
        ctx.table("extract-streams", f"extraction of {image.name} ({size // MiB} MiB plain)", rows, image.stat().st_size)


def verify(ctx):
    for name, image in [*cameras(ctx), ("xz squashfs", squashfs_image(ctx, "xz"))]:
        measure.warm(image)
        ctx.table("verify", f"verify of the {name}", [ctx.ours("verify", "-q", image), ctx.ours("verify", "-q", "-j1", image, name="fieldstrip -j1")], image.stat().st_size)


def repack_untouched(ctx):
    folder, new = f"{WORK}/folder", f"{WORK}/new.img"
    for name, image in cameras(ctx):
        measure.clear(folder)
        said(ctx.tool, "extract", "-q", image, "-o", folder)
        row = ctx.ours("repack", "-q", folder, "-o", new, name="fieldstrip repack", clear=new)
        measure.spawn(row)
        ctx.fact("repack-untouched", name, "identical" if subprocess.run(["cmp", "-s", image, new]).returncode == 0 else "differs from the original")
        ctx.table("repack-untouched", f"repack of the untouched {name}", [row], image.stat().st_size)
    measure.clear(folder)


def repack_small(ctx):
    root = I.rootfs((16 if ctx.quick else 680) * MiB)
    folder, new, whole, file = f"{WORK}/folder", f"{WORK}/new.img", f"{WORK}/whole.img", Path(f"{WORK}/small.txt")
    os.makedirs(WORK, exist_ok=True)
    file.write_text("one small file, changed by the benchmark\n" * 20)
    name = min((p for p in root.rglob("*") if p.is_file() and 2000 < p.stat().st_size < 9000), key=lambda p: str(p)).relative_to(root)
    for comp in ("xz", "gzip"):
        image = I.squashfs(f"{root.parent.name}-{comp}.squashfs", root, comp)
        measure.warm(image)
        measure.clear(folder)
        code, why = said(ctx.tool, "extract", "-q", image, "-o", folder)
        at = next((p for p in Path(folder).rglob(name.name) if str(p).endswith(str(name))), None)
        if at is None:
            log(f"repack-small: {name} did not come out: exit {code} {why[-200:]!r}")
            continue
        shutil.copyfile(file, at)
        rows = [ctx.ours("edit", image, "--replace", f"//{name}", file, "-o", new, name="fieldstrip edit", clear=new), ctx.ours("repack", folder, "-o", new, name="fieldstrip repack", clear=new),
                ctx.theirs("mksquashfs", root, whole, "-comp", comp, *I.MKSQUASHFS, name="mksquashfs of the whole", clear=whole)]
        for row in rows[:2]:
            measure.spawn(row)
            got = subprocess.run([find("unsquashfs") or "unsquashfs", "-cat", new, str(name)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout if os.path.exists(new) else b""
            ctx.fact("repack-small", f"{row.name}, {comp}", "unsquashfs reads the new file" if got == file.read_bytes() else f"unsquashfs reads {len(got)} other bytes")
        ctx.table("repack-small", f"one small file changed in a {comp} squashfs of {image.stat().st_size / 1e6:.0f} MB", rows, image.stat().st_size)
        measure.clear(folder)
    file.unlink()

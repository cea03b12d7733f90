"""One thread and two, by runs that follow each other: a machine that others use is not the same one a minute later. Beside them what the machine itself gives: two processes of one
thread each, at once."""
import done
import inputs as I
import measure
from cases import MiB, OUT, cameras
from cases_work import squashfs_image


def extractions(ctx):
    """(name, image, how): all of which there is a table of extraction."""
    for name, image in cameras(ctx):
        yield name, image, ("--deep",)
    for comp in ("xz", "gzip", "zstd"):
        yield f"{comp} squashfs", squashfs_image(ctx, comp), ()
    root = I.settings((4 if ctx.quick else 100) * MiB, 4600)
    yield "JFFS2", I.jffs2(f"{root.parent.name}.jffs2", root), ()
    size = (16 if ctx.quick else 256) * MiB
    for image in (I.xz_blocks(size), I.gzip_members(size)):
        yield image.name, image, ("--no-original",)


def threads(ctx):
    for name, image, how in extractions(ctx):
        measure.warm(image)
        one, two, other = (ctx.ours("extract", "-q", j, *how, image, "-o", out, clear=out) for j, out in (("-j1", OUT), ("-j2", OUT), ("-j1", f"{OUT}.2")))
        walls = measure.neighbours({"one": [one], "two": [two], "both": [one, other]}, 3 * ctx.budget, least=2 if ctx.quick else 5)
        by = done.speedups(walls)
        ctx.fact("threads", name, walls, f"{len(walls['one'])} rounds, {by[0]:.2f} by neighbours, {by[1]:.2f} by medians, {by[2]:.2f} by minima; two processes {by[3]:.2f}")

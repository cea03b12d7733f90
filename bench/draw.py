"""Lines on log-log axes as an SVG that stands alone: readable on light and dark, with a title and a description for who can't see it."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 74, 170, 44, 52
COLOURS = ["#1f77b4", "#d9660b", "#2a9d4a", "#b33a8c", "#7f7f7f", "#8c6d1f"]
STYLE = """text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}.g{stroke:#8884;stroke-width:1}.a{stroke:#888}.l{fill:none;stroke-width:2}
.i{fill:none;stroke:#888;stroke-dasharray:4 4}.back{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}.back{fill:#0d1117}}"""


def size_text(n):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if n >= unit:
            return f"{n / unit:g} {name}"
    return f"{n:g}"


def time_text(s):
    return f"{s:.3g} s" if s >= 1 else f"{s * 1e3:.3g} ms" if s >= 1e-3 else f"{s * 1e6:.3g} µs"


def _range(values, base):
    low, high = math.floor(math.log(min(values), base) + 1e-9), math.ceil(math.log(max(values), base) - 1e-9)
    return low, max(high, low + 1)


def lines(title, what, across, up, series, ideal=None, x_text=size_text, y_text=time_text, x_base=4, y_base=10):
    """series: name → [(x, y)]. ideal: a name for a dashed line of slope one (or minus one) through the first point of the first series; (name, slope)."""
    series = {name: [(x, max(y, 1e-6)) for x, y in points] for name, points in series.items() if points}
    if not series:
        return ""
    xs, ys = [x for p in series.values() for x, _ in p], [y for p in series.values() for _, y in p]
    x0, x1 = _range(xs, x_base)
    y0, y1 = _range(ys, y_base)
    px = lambda x: LEFT + (math.log(x, x_base) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
    py = lambda y: HEIGHT - BOTTOM - (math.log(y, y_base) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc">',
           f'<title id="title">{escape(title)}</title>', f'<desc id="desc">{escape(what)}</desc>', f"<style>{STYLE}</style>",
           f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>', f'<text class="t" x="{LEFT}" y="24">{escape(title)}</text>']
    for k in range(x0, x1 + 1):
        x = px(x_base ** k)
        out.append(f'<path class="g" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/><text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(x_text(float(x_base) ** k))}</text>')
    for k in range(y0, y1 + 1):
        y = py(y_base ** k)
        out.append(f'<path class="g" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/><text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(y_text(float(y_base) ** k))}</text>')
    out.append(f'<path class="a" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>')
    out.append(f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    labels = []
    if ideal:
        name, slope = ideal
        (ax, ay), bx = next(iter(series.values()))[0], max(xs)
        ay, by = ay, ay * (bx / ax) ** slope
        limit = float(y_base) ** y1
        if by > limit:
            bx, by = ax * (limit / ay) ** (1 / slope), limit
        if by >= float(y_base) ** y0:
            out.append(f'<path class="i" d="M{px(ax):.1f} {py(ay):.1f}L{px(bx):.1f} {py(by):.1f}"/>')
            labels.append((py(by), name, "#888"))
    for (name, points), colour in zip(series.items(), COLOURS * 3):
        points = sorted(points)
        out.append(f'<path class="l" stroke="{colour}" d="M' + "L".join(f"{px(x):.1f} {py(y):.1f}" for x, y in points) + '"/>')
        for x, y in points:
            tip = escape(f"{name}: {x_text(x)}: {y_text(float(format(y, '.3g')))}")
            out.append(f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{colour}"><title>{tip}</title></circle>')
        labels.append((py(points[-1][1]), name, colour))
    at = TOP
    for y, name, colour in sorted(labels):
        at = max(y, at + 16)  # no label over another
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{at + 4:.1f}" style="fill:{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])

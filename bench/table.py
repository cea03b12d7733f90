"""What was measured, as bench/README.md between its markers and the drawings beside it."""
import os
import platform
import statistics
import time
from pathlib import Path

import done
import draw
import measure
from peers import TOP, version_of

BENCH = TOP / "bench"
BEGIN, END = "<!-- measured: written by bench/run -->\n", "<!-- end of what was measured -->\n"
HEAD = """# Measured

`bench/run` installs the peers that a registry has, makes the inputs with free tools from seeded noise and the machine's own files, runs ours and theirs alternately (hyperfine, the page cache warm,
results written to memory where it has room) and writes what follows. `--only CASE`, `--quick` and `--no-install` are for trying. Ratios are to the first row: above 1 is slower. Memory: "resident" is the
most that its largest process had (VmHWM), a mapped file's pages among it; "own" is what is anonymous or shared, of all processes of a command. Both are read from /proc each millisecond of a run that is not timed.

"""


def about(tool, peers, begun, load):
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(begun)), "took": int(time.time() - begun), "cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "load": [round(load, 2), round(os.getloadavg()[0], 2)],
            "memory": next(line.split(":")[1].strip() for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")), "tool": version_of("fieldstrip", str(tool)),
            "out": "memory" if measure.WORK.startswith("/dev/shm") else "disk", "hyperfine": bool(peers.get("hyperfine")),
            "peers": {p.name: p.version or p.missing for p in peers.values()}}


def human(seconds):
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def memory(n):
    return f"{n / 1048576:.1f} MiB"


def one_table(t):
    base = t["rows"][0]
    lines = [f"**{t['title'][:1].upper() + t['title'][1:]}**", ""]
    if t["note"]:
        lines += [t["note"], ""]
    lines += ["| | median | least | ratio (medians) | ratio (least) | CPU | resident | own | runs | spread |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for r in t["rows"]:
        lines.append(f"| {r['name']}{': **' + r['wrong'] + '**' if r['wrong'] else ''} | {human(r['median'])} | {human(r['min'])} | {r['median'] / base['median']:.2f} | {r['min'] / base['min']:.2f} | {human(r['cpu'])} "
                     f"| {memory(r['rss'])} | {memory(r['own'])} | {r['runs']} | {r['spread'] * 100:.0f} % |")
    return lines + [""]


def hostile_table(rows):
    lines = ["The same bytes over and over, `-j1`, by CPU time. First every magic, its slowest for each format; then the first bytes of a sample of each format, the slowest length.", "",
             "| format | slowest magic | MB/s | slowest beginning | MB/s |", "| --- | --- | ---: | --- | ---: |"]
    for fmt in sorted({r["format"] for r in rows}):
        cells = []
        for starts in ("magic", "the first"):
            these = [r for r in rows if r["format"] == fmt and r["what"].startswith(starts)]
            worst = min(these, key=lambda r: r["speed"], default=None)
            cells += [f"{worst['what'].removeprefix('magic ')} {worst['wrong']}".strip(), f"{worst['speed']:.0f}"] if worst else ["found without a magic", ""]
        lines.append(f"| {fmt} | " + " | ".join(cells) + " |")
    return lines + [""]


def threads_table(facts):
    lines = ["Extraction by one thread, by two, and by two processes of one thread each at once, which is what the machine gives; each run beside its neighbours. The drawing is by medians.", "",
             "| image | rounds | one thread | two | by neighbours | by medians | by minima | two processes, by neighbours |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, walls in facts.items():
        by, medians, minima, machine = done.speedups(walls)
        one, two = (human(statistics.median(walls[n])) for n in ("one", "two"))
        lines.append(f"| {name} | {len(walls['one'])} | {one} | {two} | {by:.2f} × | {medians:.2f} × | {minima:.2f} × | {machine:.2f} × |")
    return lines + [""]


def drawings(results):
    """name → SVG"""
    out = {}
    grown = done.facts_of(results, "growth")
    if grown:
        out["growth.svg"] = draw.lines("Scan: time by size", "Wall time of a scan of 16 MiB to 4 GiB: " + "; ".join(f"{k}: {human(v[0]['wall'])} to {human(v[-1]['wall'])}" for k, v in grown.items()),
                                       "size of the image", "wall time", {k: [(p["size"], p["wall"]) for p in v] for k, v in grown.items()}, ("linear", 1))
    steep = done.facts_of(results, "quadratic")
    if steep:
        out["quadratic.svg"] = draw.lines("What invites quadratic work: time by size", "CPU time of a scan of headers that each reach to the end: " + "; ".join(f"{k}: {human(v[0][1])} to {human(v[-1][1])}" for k, v in steep.items()),
                                          "size of the image", "CPU time", {k: [(p[0], p[1]) for p in v] for k, v in steep.items()}, ("linear", 1), x_base=2)
    pairs = {}
    for name, walls in done.facts_of(results, "threads").items():
        pairs[name] = [(1, statistics.median(walls["one"])), (2, statistics.median(walls["two"]))]
    for case in ("scan-noise", "verify"):
        for t, rows in done.rows_of(results, case):
            two, one = rows.get("fieldstrip"), rows.get("fieldstrip -j1")
            if one and two and case not in pairs:
                pairs[case] = [(1, one["median"]), (2, two["median"])]
    if pairs:
        out["threads.svg"] = draw.lines("One thread and two", "Wall time with one and two threads: " + "; ".join(f"{k}: {human(v[0][1])} and {human(v[1][1])}" for k, v in pairs.items()), "threads", "wall time", pairs,
                                        ("twice as fast", -1), x_text=lambda n: f"{n:g}", x_base=2, y_base=2)
    return {k: v for k, v in out.items() if v}


def page(about, results, micro):
    peers = ", ".join(f"{k} {v}" for k, v in about["peers"].items())
    spreads = [r["spread"] for e in results.values() for t in e["tables"] for r in t["rows"] if r["runs"] > 3]
    noise = f"the middle half of a row's runs lies {sorted(spreads)[len(spreads) // 2] * 100:.0f} % of its median apart (median of {len(spreads)} rows), at most {max(spreads) * 100:.0f} %" if spreads else "too few runs to tell"
    lines = [f"{about['date']}, in {about['took'] // 60} minutes: fieldstrip {about['tool']} on {about['cpu']}, {about['cores']} cores, {about['memory']} of memory, Linux {about['kernel']}. Beside it: {peers}. "
             f"Results go to {about['out']}. {'' if about['hyperfine'] else 'hyperfine is not there: times are by our own loop. '}Noise: {noise}; load of the machine before and after: {about['load'][0]} and {about['load'][1]}.", ""]
    lines += ["## What was promised", "", "| promise | holds | by |", "| --- | --- | --- |"]
    for what, judge in done.PROMISES:
        holds, by = judge(results)
        if holds is not None:
            lines.append(f"| {what} | {'holds' if holds else '**does not hold**'} | {by} |")
        else:
            lines.append(f"| {what} | not measured | |")
    lines.append("")
    drawn = {"growth": "growth.svg", "quadratic": "quadratic.svg", "threads": "threads.svg"}
    for case, entry in results.items():
        lines += [f"## {case}", ""]
        for t in entry["tables"]:
            lines += one_table(t)
        if case == "hostile":
            lines += hostile_table(entry["facts"].get("rows", []))
        elif case == "growth":
            for kind, points in entry["facts"].items():
                lines += [f"- {kind}: " + ", ".join(f"{p['size'] >> 20} MiB in {human(p['wall'])} ({p['size'] / p['wall'] / 1e9:.1f} GB/s, own {memory(p['own'])})" for p in points)]
            lines.append("")
        elif case == "quadratic":
            lines += [f"- {kind}: " + ", ".join(f"{p[0] >> 20} MiB in {human(p[1])}" for p in points) for kind, points in entry["facts"].items()] + [""]
        elif case == "threads":
            lines += threads_table(entry["facts"])
        elif entry["facts"]:
            lines += [f"- {k}: {v}" for k, v in entry["facts"].items()] + [""]
        if case in drawn:
            lines += [f"![{case}]({drawn[case]})", ""]
    lines += ["binwalk, binwalk-ng and unblob read a squashfs through a program `sasquatch` that no registry has: here Debian's unsquashfs answers to that name, without it they extract none.", ""]
    if micro:
        lines += ["## Single parts", "", micro.strip(), ""]
    return "\n".join(lines)


def write(text, results):
    (BENCH / "README.md").write_text(HEAD + BEGIN + text + END)
    for name, svg in drawings(results).items():
        (BENCH / name).write_text(svg)

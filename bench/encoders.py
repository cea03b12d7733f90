#!/usr/bin/env python3
"""How often the encoder of a stream is found again: streams of every encoder that Debian has, of twenty inputs, are taken apart, made again from content and recipe
alone, and compared byte for byte. `bench/encoders.py FIELDSTRIP` prints the table; `--write` puts it into docs/encoders.md; `--only WORD` takes the rows that hold the word (the
table keeps the others as they were, from --results)."""
import argparse, collections, json, os, resource, shutil, statistics, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

top = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(top / "bench"))
import encoders_set

DEPTH = ("--limit", "depth=2")  # the stream and its content, not what lies in that
REASONS = json.loads((top / "bench/encoders_reasons.json").read_text())


def run(*words):
    """Seconds of processor time."""
    p = subprocess.Popen([str(w) for w in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return p.returncode, used.ru_utime + used.ru_stime


def recipe_of(out):
    """The only stream's recipe, as the manifest keeps it."""
    def seek(x):
        if isinstance(x, dict):
            if "exact" in x and isinstance(x["exact"], str):
                return x
            x = list(x.values())
        for y in x if isinstance(x, list) else []:
            if found := seek(y):
                return found
    return seek(json.loads((out / ".fieldstrip/manifest.json").read_text()))


def judge(tool, how, content, work):
    stream = how(content)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "x").write_bytes(stream)
    code, seconds = run(tool, "extract", work / "x", "-o", work / "out", "-q", *DEPTH)
    if code not in (0, 1, 4):
        return "none", seconds
    found = [p for p in (work / "out").rglob("content") if p.is_file()]
    if len(found) != 1 or found[0].read_bytes() != content:
        return "none", seconds
    recipe = recipe_of(work / "out")
    if not recipe:
        return "none", seconds
    (work / "out/.fieldstrip/original").unlink()
    code, _ = run(tool, "repack", work / "out", "--rebuild-all", "-o", work / "again", *DEPTH)
    same = code in (0, 1, 4) and (work / "again").read_bytes() == stream
    if same:
        return ("identical" if recipe["exact"] == "yes" else "unsaid"), seconds
    return ("wrong" if recipe["exact"] == "yes" else "nearest"), seconds


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("tool", nargs="?", default=os.environ.get("FIELDSTRIP", "build/release/fieldstrip"))
    words.add_argument("--write", action="store_true")
    words.add_argument("--only", default="")
    words.add_argument("--results", type=Path, default=top / "build/encoders.json", help="what was measured, row by row")
    words.add_argument("--every", type=int, default=1, help="take fewer inputs: one of so many")
    words.add_argument("-v", action="store_true", help="names each that is not identical")
    a = words.parse_args()
    inputs = list(encoders_set.inputs(top).items())
    rows, missing = encoders_set.encoders()
    start, table = time.time(), {}
    if a.only and a.results.exists():
        table = json.loads(a.results.read_text())
    bad = 0
    with tempfile.TemporaryDirectory() as d, ThreadPoolExecutor(2) as pool:
        for row, (name, _, variants) in enumerate(rows):
            if a.only not in name:
                continue
            used_before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
            jobs = []
            for i, (what, how, every) in enumerate(variants):
                for j, (kind, content) in enumerate(inputs):
                    if (i + j) % (every * a.every) == 0:
                        jobs.append((what, kind, pool.submit(judge, a.tool, how, content, Path(d, f"{row}_{i}_{j}"))))
            seen, seconds, others = collections.Counter(), [], collections.Counter()
            for what, kind, job in jobs:
                verdict, used = job.result()
                seen[verdict] += 1
                seconds.append(used)
                if verdict != "identical":
                    others[f"{what}\t{verdict}"] += 1
                    if a.v or verdict in ("wrong", "unsaid"):
                        print(f"  {name}: {what}: {kind}: {verdict}", flush=True)
            for p in Path(d).iterdir():
                shutil.rmtree(p)
            bad += seen["wrong"] + seen["unsaid"]
            cpu = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - used_before
            table[name] = {"tried": len(jobs), "variants": len(variants), "seen": seen, "median": statistics.median(seconds), "longest": max(seconds), "others": others, "cpu": cpu}
            print(f"{name}: {len(jobs)} tried, {dict(seen)}, median {table[name]['median']:.2f} s, longest {max(seconds):.2f} s; {time.time() - start:.0f} s so far", flush=True)
    if bad:
        print("WRONG: a stream that was said to be found again is other bytes, or the other way round")
    if a.every == 1:
        a.results.write_text(json.dumps(table))
        if a.write:
            write(inputs, {name: table[name] for name, _, _ in rows if name in table}, missing)
    return bool(bad)


def write(inputs, table, missing):
    page = top / "docs/encoders.md"
    head, mark, _ = page.read_text().partition("<!-- table -->\n")
    out = [head + mark]
    tried, same, cpu = (sum(f(t) for t in table.values()) for f in (lambda t: t["tried"], lambda t: t["seen"].get("identical", 0), lambda t: t["cpu"]))
    sizes = [len(c) >> 10 for _, c in inputs]
    out.append(f"{tried} streams; {same} identical ({100 * same / tried:.1f} %). The inputs are {len(inputs)}, of {min(sizes)} KiB to {max(sizes)} KiB: {', '.join(k for k, _ in inputs)}.\n"
               f"Processor time, with the encoders' own: {cpu:.0f} s ({cpu / 120:.0f} minutes on two cores)." + (f" Not installed: {', '.join(missing)}." if missing else "") + "\n\n")
    out.append("| encoder | ways to call it | tried | identical | % | nearest | no match | seconds, median | longest |\n|---|---|---|---|---|---|---|---|---|\n")
    for name, t in table.items():
        seen, n = t["seen"], t["tried"]
        none = seen.get("none", 0) + seen.get("wrong", 0) + seen.get("unsaid", 0)
        out.append(f"| {name} | {t['variants']} | {n} | {seen.get('identical', 0)} | {100 * seen.get('identical', 0) / n:.1f} | {seen.get('nearest', 0)} | {none} | {t['median']:.2f} | {t['longest']:.2f} |\n")
    out.append("\n## Those that are not identical\n\n")
    for name, t in table.items():
        for key, n in sorted(t["others"].items()):
            what, verdict = key.split("\t")
            reason = next((r for pattern, r in REASONS if pattern in f"{name}: {what}"), "not known")
            out.append(f"- {name}, `{what}`: {n} {verdict}: {reason}\n")
    page.write_text("".join(out))


sys.exit(main())

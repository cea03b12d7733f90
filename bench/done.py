"""The issue's promises, each held against the figures of one run: (what, holds or not or None where not measured, by which figures)."""
import statistics


def rows_of(results, case):
    return [(t, {r["name"]: r for r in t["rows"]}) for t in results.get(case, {}).get("tables", [])]


def facts_of(results, case):
    return results.get(case, {}).get("facts", {})


def ms(seconds):
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def faster(results, case, ours, theirs, times, titles=lambda t: True):
    """At least so many times as fast as the fastest of theirs, by medians and by minima, in every table of the case."""
    good, said = None, []
    for table, rows in rows_of(results, case):
        peers = [r for n, r in rows.items() if any(n.startswith(t) for t in theirs) and not r["wrong"]]
        mine = next((r for n, r in rows.items() if n == ours), None)
        if not peers or not mine or not titles(table["title"]):
            continue
        least = min(peers, key=lambda r: r["median"])
        by = (least["median"] / mine["median"], min(r["min"] for r in peers) / mine["min"])
        good = (good is None or good) and min(by) >= times and not mine["wrong"]
        said.append(f"{table['title']}: {by[0]:.2f} × {least['name']} (minima {by[1]:.2f} ×)")
    return good, "; ".join(said)


def plain_half(results):
    for _, rows in rows_of(results, "scan-noise"):
        mine, plain = rows.get("fieldstrip"), rows.get("plain read, 2 threads")
        if mine and plain:
            by = plain["median"] / mine["median"], plain["min"] / mine["min"]
            return min(by) >= 0.5, f"{by[0]:.2f} of its speed (minima {by[1]:.2f})"
    return None, ""


def memory(results):
    own = [(p["own"], p["beyond"], p["size"], kind) for kind, points in facts_of(results, "growth").items() for p in points]
    for case in ("scan-camera", "scan-noise", "scan-libraries", "scan-zeros", "scan-repeated", "beyond"):
        own += [(r["own"], max(0, r["rss"] - t["size"]), t["size"], t["title"]) for t, rows in rows_of(results, case) for n, r in rows.items() if n.startswith("fieldstrip")]
    if not own:
        return None, ""
    worst, above = max(own), max(o[1] for o in own)
    return above <= 64 << 20, f"at most {worst[0] / 1048576:.1f} MiB of its own as sampled, at most {above / 1048576:.1f} MiB by the most that was resident (VmHWM) less the file"


def hostile(results):
    rows = [r for r in facts_of(results, "hostile").get("rows", []) if r["what"].startswith("magic")]
    if not rows:
        return None, ""
    worst = min(rows, key=lambda r: r["speed"])
    slow = [r for r in rows if r["speed"] < 200]
    return not slow and not any(r["wrong"] for r in rows), f"{len(rows)} magics; the slowest is {worst['format']}'s {worst['what']}: {worst['speed']:.0f} MB/s; {len(slow)} below 200"


def slope(points):
    """The exponent between the largest and the one a quarter (or the smallest) of its size."""
    import math
    points = sorted(points)
    last = points[-1]
    first = next((p for p in reversed(points) if p[0] * 4 <= last[0]), points[0])
    return math.log(max(last[1], 1e-6) / max(first[1], 1e-6)) / math.log(last[0] / first[0])


def quadratic(results):
    found = {k: slope([(p[0], p[1]) for p in v]) for k, v in facts_of(results, "quadratic").items()}
    return (all(s < 1.2 for s in found.values()) if found else None), ", ".join(f"{k}: size to the power {s:.2f}" + (" (stopped at a limit, exit 4)" if any(p[2] == 4 for p in facts_of(results, "quadratic")[k]) else "") for k, s in found.items())


def linear(results):
    found = {k: slope([(p["size"], p["wall"]) for p in v]) for k, v in facts_of(results, "growth").items()}
    return (all(s < 1.2 for s in found.values()) if found else None), ", ".join(f"{k}: size to the power {s:.2f}" for k, s in found.items())


def beyond(results):
    f = facts_of(results, "beyond")
    return (bool(f.get("found")) and f.get("extracted") == "the same tree" if f else None), f"found: {f.get('found') or 'no'}; extracted: {f.get('extracted')}" if f else ""


def speedups(walls):
    """Two threads by one: by runs that follow each other, by medians, by minima; and two processes of one thread by the first."""
    one, two = walls["one"], walls["two"]
    return (statistics.median(a / b for a, b in zip(one, two)), statistics.median(one) / statistics.median(two), min(one) / min(two),
            statistics.median(2 * a / b for a, b in zip(one, walls["both"])))


def threads(results):
    """By runs that follow each other. Not by minima: one thread's best run had whichever core was left in peace, two need both."""
    good, said = None, []
    for name, walls in facts_of(results, "threads").items():
        by, medians, _, machine = speedups(walls)
        good = (good is None or good) and by >= 1.7
        said.append(f"{name}: {by:.2f} × (medians {medians:.2f}; two processes get {machine:.2f} of this machine)")
    return good, "; ".join(said)


def nothing_decoded(results):
    f = facts_of(results, "decodes-nothing")
    bad = [f"{k}: {v}" for k, v in f.items() if not v.startswith("the same map")]
    return (not bad if f else None), "; ".join(bad) or f"the same map with a budget of a thousandth of it, for headers, of {len(f)} images"


def untouched(results):
    rows = [r for _, t in rows_of(results, "repack-untouched") for r in t.values()]
    wrong = [k for k, v in facts_of(results, "repack-untouched").items() if v != "identical"]
    return (max(r["median"] for r in rows) < 0.1 and not wrong if rows else None), f"at most {ms(max(r['median'] for r in rows))} (least {ms(max(r['min'] for r in rows))})" + (f"; not identical: {wrong}" if wrong else "") if rows else ""


def small_change(results):
    good, said = None, []
    for table, rows in rows_of(results, "repack-small"):
        whole = rows.get("mksquashfs of the whole")
        for n in ("fieldstrip edit", "fieldstrip repack"):
            if whole and n in rows:
                by = rows[n]["median"] / whole["median"]
                good = (good is None or good) and by < 0.1 and not rows[n]["wrong"]
                said.append(f"{table['title']}: {n} {by:.3f} of mksquashfs")
    if any(v != "unsquashfs reads the new file" for v in facts_of(results, "repack-small").values()):
        good = False
        said.append("; ".join(f"{k}: {v}" for k, v in facts_of(results, "repack-small").items()))
    return good, "; ".join(said)


def start(results):
    for _, rows in rows_of(results, "start"):
        r = rows.get("fieldstrip, 4 KiB")
        if r:
            return r["median"] < 0.003, f"{ms(r['median'])}, least {ms(r['min'])} ({ms(rows['true']['min'])} of it is what any process takes)"
    return None, ""


BOTH = ("binwalk",)  # binwalk and binwalk-ng
PROMISES = [
    ("scan of a camera ≥ 3 × the faster of binwalk 3 and binwalk-ng, as a whole process", lambda r: faster(r, "scan-camera", "fieldstrip", BOTH, 3)),
    ("scan of noise ≥ 10 ×", lambda r: faster(r, "scan-noise", "fieldstrip", BOTH, 10)),
    ("scan of the libraries ≥ 10 ×", lambda r: faster(r, "scan-libraries", "fieldstrip", BOTH, 10)),
    ("scan ≥ 100 × unblob: camera", lambda r: faster(r, "scan-camera", "fieldstrip", ("unblob",), 100)),
    ("scan ≥ 100 × unblob: noise", lambda r: faster(r, "scan-noise", "fieldstrip", ("unblob",), 100)),
    ("noise at ≥ half the speed of a plain read of the mapped file by two threads", plain_half),
    ("peak memory ≤ 64 MB beyond the mapped file at any size", memory),
    ("the hostile repeat of any registered magic ≥ 200 MB/s a core", hostile),
    ("`quadratic_*` in linear time (drawn)", quadratic),
    ("start-up below 3 ms", start),
    ("extraction of the xz squashfs not slower than unsquashfs on the same cores", lambda r: faster(r, "extract-squashfs", "fieldstrip", ("unsquashfs -p 2",), 1, lambda t: " xz " in t)),
    ("camera recursively ≥ 2 × binwalk-ng with its helpers", lambda r: faster(r, "extract-camera", "fieldstrip --deep", ("binwalk-ng",), 2)),
    ("camera recursively ≥ 10 × unblob", lambda r: faster(r, "extract-camera", "fieldstrip --deep", ("unblob",), 10)),
    ("JFFS2 ≥ 20 × jefferson", lambda r: faster(r, "extract-jffs2", "fieldstrip", ("jefferson",), 20)),
    ("a scan without --tree decodes nothing whose end the structure tells", nothing_decoded),
    ("repack of the untouched camera below 100 ms", untouched),
    ("one small file changed in a 200 MB squashfs below a tenth of mksquashfs of the whole", small_change),
    ("linear growth from 16 MiB to 4 GiB (drawn)", linear),
    ("no limit at 4 GiB", beyond),
    ("1 → 2 threads ≥ 1.7 × on extraction", threads),
]

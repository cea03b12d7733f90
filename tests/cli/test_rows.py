#!/usr/bin/env python3
"""Each row of product.md's "What a change in the folder means", on each format that can hold it: what is expected comes from the row and the change, what came out is
read by readers of the test's own. Where edit can say it: the same bytes. With words: only rows and formats that have one of them in their names."""
import json
import rows_there, rows_new, rows_links
from rows import *

only = sys.argv[1:]


def look(F, base, name, needs, code, says, refuse, same, moved, change):
    d, before, out = work / "d", F.can(base_tree()), work / "out.bin"
    shutil.rmtree(d, ignore_errors=True)
    image = work / "in.bin"
    run("extract", image, "-o", d)
    f = Folder(d, F.place, before)
    f.holds, f.order, f.edit_only = F.holds, F.order, False
    t = base_tree()
    P = f"/{F.place}/"
    edit = change(f, t, P)
    want = F.can(t)
    what = f"{F.name}: {name}"
    for o in work.glob("out*"):
        o.unlink()
    there = sorted(os.listdir(work))
    ways = [] if f.edit_only else [("repack", d)]
    ways += [("edit", image, *edit)] if edit else []
    if refuse is not None:
        for way in ways:
            for how in (("-o", out), ("--plan", "--json")) + ((("-o", out, "--rebuild-all"),) if way[0] == "repack" else ()):
                done = run(*way, *how, code=3)
                ok(f"{what}: {way[0]} {how[0]} says why", refuse in done.stderr.decode(), done.stderr.decode())
        ok(f"{what}: nothing was written", sorted(os.listdir(work)) == there, os.listdir(work))
        return
    says = [s.format(id=F.id, first=getattr(f, "first", ""), more=getattr(f, "more", "")) for s in says] if says is not None else None
    results = {}
    for way in ways:
        is_folder = way[0] == "repack"
        expected = code if is_folder else 0
        plan = json.loads(run(*way, "--plan", "--json", code=expected).stdout or "{}")
        ok(f"{what}: {way[0]} --plan writes nothing", sorted(os.listdir(work)) == there)
        done = run(*way, "-o", out, code=expected)
        if not ok(f"{what}: {way[0]} writes", out.exists(), done.stderr.decode()):
            return
        got = results[way[0]] = out.read_bytes()
        if is_folder:
            warnings = " / ".join(plan.get("warnings", []))
            for s in says or ():
                ok(f"{what}: the plan says: {s}", s in warnings, warnings)
                ok(f"{what}: repack says: {s}", s in done.stderr.decode(), done.stderr.decode())
            if says is None:
                ok(f"{what}: there is nothing to say", not warnings and not done.stderr, warnings, done.stderr.decode())
        planned = plan.get("changed", [])
        differ = [i for i in range(max(len(base), len(got))) if base[i:i + 1] != got[i:i + 1]]
        ok(f"{what}: {way[0]}: bytes changed are bytes planned", all(any(a <= i < a + n for a, n in planned) for i in differ), planned, differ[:3], differ[-3:])
        out.rename(work / f"{way[0]}.bin")
        if "plan" not in there:
            there = sorted(os.listdir(work))
    got = next(iter(results.values()))
    if len(results) == 2:
        ok(f"{what}: edit gives the same bytes", results["edit"] == got, first_difference(results["edit"], got))
    if not f.edit_only:
        checked = run("repack", d, "--check", code=max(code, got != base))
        ok(f"{what}: --check", (b"identical" in checked.stdout) == (got == base), checked.stdout)
        run("repack", d, "-o", out, "--rebuild-all", code=code)
        again = out.read_bytes() if out.exists() else b""
        # What is not touched stays where it lies, or what was before stays in the log: another image than one that is made anew.
        if F.holds & {"places", "history"}:
            if again and got != base:
                ok(f"{what}: --rebuild-all gives the same tree", plain(F.read(again)) == plain(want), difference(want, F.read(again)))
        else:
            ok(f"{what}: --rebuild-all gives the same bytes", again == got, first_difference(again, got))
    if same:
        ok(f"{what}: nothing changed", got == base, first_difference(got, base))
    try:
        read = F.read(got)
    except Exception as e:
        ok(f"{what}: it can be read", False, repr(e))
        return
    ok(f"{what}: the tree that is wanted", plain(want) == plain(read), difference(want, read))
    if not same:
        result = work / "edit.bin" if f.edit_only else work / "repack.bin"
        ok(f"{what}: ls agrees", second_opinion(result, F.place) == as_opinion(want))
        run("verify", result)
        shutil.rmtree(work / "d2", ignore_errors=True)
        run("extract", result, "-o", work / "d2")
        run("repack", work / "d2", "--check")
        if "history" not in F.holds:
            run("repack", work / "d2", "--check", "--rebuild-all", code=(0, 1) if "places" in F.holds else 0)
    if "order" in F.holds:
        order(what, F, base, got, before, read, moved)


def order(what, F, base, got, before, read, moved):
    """Of an archive: what stays is where it was, its bytes too; folders come before what lies in them."""
    for folder in (p.rpartition("/")[0] for p in read if p):
        at = list(read)
        ok(f"{what}: {folder} comes before what is in it", all(at.index(folder) < at.index(p) for p in read if p.rpartition("/")[0] == folder and p))
        break
    at = {p: i for i, p in enumerate(read)}
    ok(f"{what}: folders come before what is in them", all(at[p.rpartition("/")[0]] < i for p, i in at.items() if p))
    stays = [p for p in before if p in read and before[p].type == read[p].type]
    ok(f"{what}: what stays is in the order that it was", stays == [p for p in read if p in stays], [p for p in read if p in before])
    was, now, a, b = F.raw(base), F.raw(got), plain(before), plain(read)
    ok(f"{what}: untouched members keep their bytes", all(was[p] == now[p] for p in stays if a[p] == b[p]), [p for p in stays if a[p] == b[p] and was[p] != now[p]])
    # What is renamed stays at its place, unless its folder comes later.
    for old, to in moved.items():
        later = [p for p in before if p in read and list(before).index(p) > list(before).index(old) and not p.startswith(old + "/")]
        if at.get(to.rpartition("/")[0], 0) < min([at[p] for p in later], default=1 << 30):
            ok(f"{what}: {to} is at the place of {old}", all(at[to] < at[p] for p in later), list(read))


def first_difference(a, b):
    return f"first difference at {next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b))):#x}, sizes {len(a)} {len(b)}"


for F in formats():
    base = F.make(base_tree())
    (work / "in.bin").write_bytes(base)
    F.order = list(second_opinion(work / "in.bin", F.place))
    ok(f"{F.name}: the test's own reader sees what was made", plain(F.can(base_tree())) == plain(F.read(base)), difference(F.can(base_tree()), F.read(base)))
    done = 0
    for r in ROWS:
        needs = r[1]
        if only and not any(o in r[0] or o == F.name for o in only) or not all((n[1:] not in F.holds) if n.startswith("-") else n in F.holds for n in needs):
            continue
        look(F, base, *r)
        done += 1
    print(f"{F.name}: {done} rows, {len(wrong)} wrong so far", flush=True)
end()

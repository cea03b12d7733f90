#!/usr/bin/env python3
"""Instructions of six core cases against tests/guard/counts (see guard.py), and that the guard would notice: what it says of counts that are too low, too high, gone."""
import sys
import guard

good = bad = 0


def claim(what, holds):
    global good, bad
    good += bool(holds)
    bad += not holds
    if not holds:
        print(f"FAIL  {what}")


def log(*lines, release="## 0.2.0 (unreleased)"):
    return "\n".join(["# Changelog", "", release, "", *(f"- {line}" for line in lines), "", "## 0.1.0", "", "- guard: scan +99 % because it is an old release's", ""])


def judged(n, changelog=log(), counts="scan 1000000 abc\n", digest="abc"):
    said, failed, used = guard.judge({"scan": (n, digest)}, counts, changelog)
    return said[0], failed, used


def its_rules():
    said, failed, _ = judged(1_030_000)
    claim("3 % is allowed", not failed and "+3.00 %" in said)
    said, failed, _ = judged(1_031_000)
    claim("more is not, and may not be written", failed == {"scan": False} and "FAILED" in said and "guard: scan +3.1 % because" in said and "--write scan" in said)
    why = "guard: scan +4.5 % because a magic more is looked for"
    said, failed, used = judged(1_044_000, log(why))
    claim("a line of the changelog covers it", not failed and used == {"scan": why} and "accepted" in said)
    claim("but no more than it says", judged(1_046_000, log(why))[1])
    claim("of that case only", judged(1_044_000, log(why.replace("scan", "map")))[1])
    claim("with a reason only", judged(1_044_000, log("guard: scan +4.5 %"))[1] and judged(1_044_000, log("guard: scan +4.5 % because "))[1])
    claim("of the unreleased section only", judged(1_044_000, log())[1] and judged(1_044_000, log(why, release="## 0.2.0"))[1])
    text = guard.written({"scan": (1_044_000, "abc")}, "scan 1000000 abc\nmap 5 d\n", used)
    claim("what is written has the new count, the others, and the line", guard.read_counts(text) == ({"scan": (1_044_000, "abc"), "map": (5, "d")}, {why}))
    claim("then it is no slower", "+0.00 %" in judged(1_044_000, log(why), text)[0])
    claim("and the line covers nothing more", judged(1_085_000, log(why), text)[1])
    claim("written again, the line is kept", guard.read_counts(guard.written({"map": (6, "d")}, text, {}))[1] == {why})
    claim("a count does not rise without a line", guard.written({"map": (6, "d")}, text, {}) == text)
    claim("but falls, and rises for another input", [guard.read_counts(guard.written({"map": m}, text, {}))[0]["map"] for m in ((4, "d"), (6, "e"))] == [(4, "d"), (6, "e")])
    said, failed, _ = judged(960_000)
    claim("what is faster is no failure, and is said", not failed and "FASTER" in said and "--write scan" in said)
    claim("a case without a count fails, and may be written", judged(5, counts="map 5 d\n")[1] == {"scan": True})
    claim("so does one with another input", judged(1_000_000, digest="abd")[1] == {"scan": True})
    profile = "events: Ir\n\nfn=(1) a\n0 5\ncfn=(2) b\ncalls=2 0\n0 70\n0 6\n\nfn=(2)\n0 70\n\ntotals: 81\n"
    claim("a profile is read", guard.costs(profile) == {"a": 11, "b": 70})


def now():
    try:
        guard.check_machine()
    except guard.Unable as why:
        print(f"SKIPPED: {why}: no instructions were counted")
        return False
    guard.build()
    ours, measured = guard.our_functions(), {}
    for case in guard.CASES:
        cost, digest = guard.measure(case, ours)
        measured[case] = sum(cost.values()), digest
    counts = guard.COUNTS.read_text()
    said, failed, _ = guard.judge(measured, counts, guard.CHANGELOG.read_text())
    print(*said, sep="\n")
    claim("no case has become slower", not failed)
    # The same against counts that are too low for what was measured: it must be seen, case by case.
    low = "".join(f"{case} {int(n / 1.04)} {digest}\n" for case, (n, digest) in measured.items())
    claim("counts that are 4 % too low fail in all cases", set(guard.judge(measured, low, "")[1]) == set(guard.CASES))
    lines = log(*(f"guard: {case} +4.1 % because this is a test" for case in guard.CASES))
    claim("and with lines of a changelog in none", not guard.judge(measured, low, lines)[1])
    again, _ = guard.measure("repack", ours)
    apart = abs(sum(again.values()) - measured["repack"][0])  # the digits of a process's number, or of a time, may differ
    claim(f"a second run counts the same, but for {apart} instructions", apart * 1000 < measured["repack"][0])
    return True


its_rules()
ran = now()
print(f"{good} of {good + bad} claims hold")
sys.exit(1 if bad else 0 if ran else 77)

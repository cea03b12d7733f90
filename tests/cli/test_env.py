#!/usr/bin/env python3
"""U-Boot's environment: variables are set, made and removed by edit and by the folder; the field's own tools agree where they are there."""
import json, os, shutil, struct, subprocess, sys, tempfile, zlib
from pathlib import Path

top, tool = Path(os.environ["SOURCE_DIR"]), os.environ["FIELDSTRIP"]
samples = top / "src/formats/uboot-env/samples"
work = Path(tempfile.mkdtemp())
E = "00000000.uboot-env"
count, wrong = 0, []


def ok(what, holds):
    global count
    count += 1
    if not holds:
        wrong.append(what)
        print("FAIL ", what, flush=True)


def run(*words, code=0):
    done = subprocess.run([tool, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work)
    ok(f"{' '.join(map(str, words))}: exit {done.returncode}, not {code}: {done.stderr.decode()[-200:]}", done.returncode == code)
    return done


def text_of(image, head=4):
    """The variables as they lie, by the specification; asserts the crc."""
    ok("the crc holds", struct.unpack_from("<I", image)[0] == zlib.crc32(image[head:]))
    return image[head:].split(b"\0\0")[0].split(b"\0")


def edited(image, *sets, code=0):
    (work / "in.bin").write_bytes(image)
    (work / "out.bin").unlink(missing_ok=True)
    done = run("edit", "in.bin", "-o", "out.bin", *[w for s in sets for w in ("--set", s)], code=code)
    return (work / "out.bin").read_bytes() if not code else done.stderr.decode()


def fields(image):
    (work / "look.bin").write_bytes(image)
    return {f["name"]: f["value"] for f in json.loads(run("info", "--json", f"look.bin:/{E}").stdout)["fields"]}


single = (samples / "single.bin").read_bytes()
usual = text_of(single)

# edit: changed in place, made behind the last, removed; and back.
now = edited(single, f"/{E}.bootdelay=5", f"/{E}.fresh=a=b.c", f"/{E}.ipaddr=")
ok("changed, made, removed", text_of(now) == [b"bootdelay=5" if v.startswith(b"bootdelay=") else v for v in usual if not v.startswith(b"ipaddr=")] + [b"fresh=a=b.c"])
ok("the size stays", len(now) == len(single))
ok("removed again is the original", edited(edited(single, f"/{E}.fresh=1"), f"/{E}.fresh=") == single)
ok("set and removed at once is the original", edited(single, f"/{E}.fresh=1", f"/{E}.fresh=") == single)
ok("to remove what is not there changes nothing", edited(single, f"/{E}.fresh=") == single)
ok("set twice: the last counts", b"fresh=2" in text_of(edited(single, f"/{E}.fresh=1", f"/{E}.fresh=2")))
ok("any byte but NUL", b"fresh=\x01\\\xff" in text_of(edited(single, f"/{E}.fresh=" + r"\x01\\\xff")))
room = 4096 - 4 - len(b"\0".join(usual)) - 1 - len("fresh=") - 2
ok("what fits fits", text_of(edited(single, f"/{E}.fresh=" + "x" * room))[-1] == b"fresh=" + b"x" * room)
ok("what does not fit is refused with the excess", "3 too many" in edited(single, f"/{E}.fresh=" + "x" * (room + 3), code=3))
for field, why in (("crc=1", "derived"), ("end=1", "var:end"), ("rest=1", "var:rest"), ("a.b=1", "var:a.b"), ("fresh=\\x00", "NUL"), ("flags=1", "var:flags"), ("var:=1", "name")):
    ok(f"{field} is refused: {why}", why in edited(single, f"/{E}.{field}", code=3))
ok("a slip in the path makes no variable", "no variable" in edited(single, "/00000000.ubootenv.bootdelay=5", code=3))
ok("a variable may be called anything", text_of(edited(single, f"/{E}.var:crc=1", f"/{E}.var:a.b=2", f"/{E}.var:x:y[1]=3", f"/{E}.serial#=4"))[-4:] == [b"crc=1", b"a.b=2", b"x:y[1]=3", b"serial#=4"])
ok("var: before a usual name is that name", edited(single, f"/{E}.var:bootdelay=5") == edited(single, f"/{E}.bootdelay=5"))

# A redundant copy: flags are a number that the crc does not cover. Old text behind the end stays where it is.
redundant = (samples / "redundant.bin").read_bytes()
ok("flags", edited(redundant, f"/{E}.flags=7") == redundant[:4] + b"\7" + redundant[5:])
ok("a variable that is called flags", text_of(edited(redundant, f"/{E}.var:flags=7"), 5)[-1] == b"flags=7")
stale = (samples / "stale.bin").read_bytes()
shorter = edited(stale, f"/{E}.bootdelay=")
ok("old text stays at its place", shorter[stale.index(b"\0\0") + 1:] == stale[stale.index(b"\0\0") + 1:])
names = fields((samples / "names.bin").read_bytes())
ok("names that need another spelling", {"var:crc": "1", "var:flags": "2", "var:var:x": "3", "twice": "1", "twice[1]": "2", r"ä\xff": r"\xfe\x1b[0m", "a b": "c d"}.items() <= names.items())
ok("one without a value is no field", "empty" not in names)

# The folder: the same bytes as edit; a new line, a value of '', a line that is gone.
for sample in ("single", "names"):
    before = (samples / f"{sample}.bin").read_bytes()
    (work / "f.bin").write_bytes(before)
    shutil.rmtree(work / "d", ignore_errors=True)
    run("extract", "f.bin", "-o", "d")
    toml = work / "d" / f"{E}.toml"
    lines = toml.read_text().splitlines()
    ok("nothing changed is identical", b"identical" in run("repack", "d", "--check").stdout)
    now = []
    for line in lines:
        key = line.split(" = ")[0]
        now += {"bootdelay": ["bootdelay = -1"], "ipaddr": ["ipaddr = ''"], "serverip": []}.get(key, [line])
    toml.write_text("\n".join(now) + "\nfresh = 'x y'\nnumber = 0x80000000\n\"var:a.b\" = 'q'\nnothing = ''\n")
    run("repack", "d", "-o", "r.bin", "--force")
    want = edited(before, f"/{E}.bootdelay=-1", f"/{E}.ipaddr=", f"/{E}.fresh=x y", f"/{E}.number=0x80000000", f"/{E}.var:a.b=q")
    ok(f"{sample}: folder and edit are one", (work / "r.bin").read_bytes() == want)
    run("repack", "d", "-o", "ra.bin", "--force", "--rebuild-all")
    ok(f"{sample}: and --rebuild-all", (work / "ra.bin").read_bytes() == want)
    for line, why in (("crc = 1", "derived"), ("end = 'x'", "var:end"), ("a.b = 1", "neither"), ("\"a.b\" = 1", "var:a.b"), ("'more:' = 1", "var:more:")):
        toml.write_text("\n".join(lines) + "\n" + line + "\n")
        ok(f"{line} is refused", why in run("repack", "d", "-o", "r.bin", "--force", code=3).stderr.decode())

# Two copies in an image; partitions they name; damage.
chip = b"\xff" * 0x10000 + redundant + redundant[:4] + b"\0" + redundant[5:] + b"\xff" * 0x8000
(work / "chip.img").write_bytes(chip)
root = json.loads(run("scan", "--json", "chip.img").stdout)["root"]
ok("both copies", [c["offset"] for c in root["children"] if c["format"] == "uboot-env"] == [0x10000, 0x14000])
ok("partitions are a finding", [f["code"] for f in root["findings"]] == ["raw.partitions"] * 2 and "--parts 'mtdparts=hi_sfc:256k(boot)" in root["findings"][0]["message"])
parts = root["findings"][0]["message"].split("--parts '")[1].split("'")[0].replace("2M", "16k")
ok("and --parts takes them", json.loads(run("scan", "--json", "chip.img", "--parts", parts, code=3 if len(chip) < 0x50000 else 0).stdout or "{}") is not None)
broken = chip[:0x10100] + bytes([chip[0x10100] ^ 1]) + chip[0x10101:]
(work / "broken.img").write_bytes(broken)
found = json.loads(run("scan", "--json", "broken.img", code=1).stdout)["root"]["children"]
ok("a wrong crc is no region but a finding", [(c["offset"], c["format"], c["findings"][0]["code"]) for c in found if c.get("findings")] == [(0x10000, "unknown", "uboot-env.checksum-wrong")])
checks = json.loads(run("verify", "--json", "broken.img", code=1).stdout)["checks"]
ok("and its check fails", [(c["check"], c["at"]) for c in checks] == [("crc", 0x10000)])

# The field's own reader, of the library and of U-Boot's tools alike.
if shutil.which("fw_printenv"):
    (work / "fw.config").write_text(f"{work}/out.bin 0x0 0x1000\n")
    edited(single, f"/{E}.bootdelay=5", f"/{E}.fresh=a b", f"/{E}.ipaddr=")
    printed = subprocess.run(["fw_printenv", "-c", "fw.config", "-f", "/dev/null"], stdout=subprocess.PIPE, cwd=work).stdout.splitlines()
    ok("fw_printenv agrees", sorted(printed) == sorted(text_of((work / "out.bin").read_bytes())))
else:
    print("SKIPPED: no fw_printenv")

shutil.rmtree(work)
print(f"{count - len(wrong)} of {count} hold")
sys.exit(bool(wrong))

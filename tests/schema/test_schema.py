#!/usr/bin/env python3
"""Every JSON that the program prints, held against the schema files."""
import json, os, subprocess, sys, tempfile
from pathlib import Path

try:
    import jsonschema
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed")
    sys.exit(77)

top, tool = Path(os.environ["SOURCE_DIR"]), os.environ["FIELDSTRIP"]
store = {}
for p in (top / "schema").glob("*.json"):
    schema = json.loads(p.read_text())
    store[p.name] = schema
    jsonschema.Draft202012Validator.check_schema(schema)


def check(name, text):
    schema = store[name]
    jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(base_uri="", referrer=schema, store=store)).validate(json.loads(text))


def run(*words, codes=(0,)):
    done = subprocess.run([tool, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode in codes, (words, done.returncode, done.stderr)
    return done.stdout


n = 0
ENTRIES = ("cpio", "cramfs", "romfs", "tar")
images = [top / "samples/camera/camera.img", *sorted((top / "src/formats").glob("*/samples/*.bin"))]
with tempfile.TemporaryDirectory() as work:
    broken = bytearray(images[0].read_bytes())
    broken[1000] ^= 1
    odd = Path(work, "broken.img")
    odd.write_bytes(broken)
    both = Path(work, "both.img")
    both.write_bytes(broken[:4] + b"\0" + broken[5:])
    for i, image in enumerate([*images, odd, both]):
        codes = (0, 1)
        check("map.json", run("scan", "--json", image, codes=codes))
        tree = run("scan", "--tree", "--json", image, codes=codes)
        check("map.json", tree)
        check("map.json", run("scan", "--tree", "--all", "--json", image, codes=codes))
        check("map.json", run("scan", "--tree", "--entropy", "--json", image, codes=codes))
        check("verify.json", run("verify", "--all", "--json", image, codes=codes))
        check("inventory.json", run("report", "--json", image, codes=codes))
        check("children.json", run("ls", "-R", "--json", "--sha256", image, codes=codes))

        def paths(node):
            if node["format"] in ENTRIES:
                check("entries.json", run("ls", "-R", "--json", "--sha256", f"{image}:{node['path']}", codes=codes))
            yield node["path"]
            for c in node.get("children", ()):
                yield from paths(c)

        for path in paths(json.loads(tree)["root"]):
            check("info.json", run("info", "--json", f"{image}:{path}", codes=codes))
            n += 1
        folder = Path(work, f"folder{i}")
        run("extract", image, "-o", folder, "--deep", codes=codes)
        check("manifest.json", (folder / ".fieldstrip/manifest.json").read_text())
        n += 5
    every = [*images, odd, both]
    for a, b in [*zip(every, every[1:]), (images[0], odd), (odd, both), (images[0], images[0])]:
        check("diff.json", run("diff", "--json", a, b, codes=(0, 1)))
        n += 1
    check("plan.json", run("edit", images[0], "--set", "/00000000.uimage.load=0x1000", "--plan", "--json"))
    check("formats.json", run("formats", "--json"))
print(f"{n + 2} answers hold against their schemas")

#!/usr/bin/env python3
"""docs/inventory.md against the tables of src/look: each program with its pattern, each daemon. `--write` writes the tables anew."""
import os, re, sys
from pathlib import Path

top = Path(os.environ.get("SOURCE_DIR", Path(__file__).resolve().parents[2]))
doc = top / "docs" / "inventory.md"
STRING = r'"((?:[^"\\]|\\.)*)"'


def rows(text):
    for kind, name, pattern, _, more in re.findall(rf'\{{(\w+),\s+{STRING},\s+{STRING}(?:,\s+{STRING})?(?:,\s+{STRING})?\}}', text):
        yield kind.lower(), name, *(s.encode().decode("unicode_escape") for s in (pattern, more))


programs, named = (top / "src/look/programs.cc").read_text().split("kNamedFiles[]")
table = ["| program | kind | its version string | and in the same file |", "| --- | --- | --- | --- |"]
table += [f"| {name} | {kind} | `{pattern}` | {f'`{more}`' if more else ''} |" for kind, name, pattern, more in rows(programs)]
table += [f"| {name} | {kind} | a file called `{pattern}` | |" for kind, name, pattern, _ in rows(named)]
count = programs.count('{Program, "') + programs.count('{Library, "') + programs.count('{Kernel, "') + programs.count('{Firmware, "')
assert count == len(list(rows(programs))), "a row of the table is written in another way than this test reads"
services = (top / "src/look/services.cc").read_text().split("kDaemons[]")[1].split("};")[0]
daemons = ", ".join(f"`{n}`" for n in re.findall(r'\{"([^"]+)", \w+, "', services))
want = "<!-- programs -->\n" + "\n".join(table) + "\n<!-- end -->"
text = doc.read_text()
new = re.sub(r"<!-- programs -->.*?<!-- end -->", lambda _: want, text, flags=re.S)
new = re.sub(r"<!-- daemons -->.*?<!-- end -->", lambda _: f"<!-- daemons -->\n{daemons}\n<!-- end -->", new, flags=re.S)
if "--write" in sys.argv:
    doc.write_text(new)
elif new != text:
    print("docs/inventory.md is not what src/look says: python3 tests/docs/test_inventory_doc.py --write")
print(f"{count} version strings of {len({r[1] for r in rows(programs)})} programs, {daemons.count(',') + 1} daemons")
sys.exit("--write" not in sys.argv and new != text)

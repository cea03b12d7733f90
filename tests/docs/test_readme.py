#!/usr/bin/env python3
"""The README's transcript, run word for word. `test_readme.py --write` puts what the program says into the README (read the difference before you commit it)."""
import os, re, shutil, subprocess, sys, tempfile
from pathlib import Path

top, tool = Path(os.environ["SOURCE_DIR"]), Path(os.environ["FIELDSTRIP"])
readme = top / "README.md"
text = readme.read_text()
head, mark, rest = text.partition("<!-- transcript -->\n")
assert mark, "the README has no transcript"
bad = commands = 0
with tempfile.TemporaryDirectory() as work:
    shutil.copy(top / "samples/camera/camera.img", work)
    bin_ = Path(work, ".bin")
    bin_.mkdir()
    (bin_ / "fieldstrip").symlink_to(tool)
    env = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def block(match):
        global bad, commands
        expected = match[1]
        if not expected.startswith("$ "):
            return match[0]
        said = ""
        for line in [l for l in expected.splitlines() if l.startswith("$ ")]:
            commands += 1
            done = subprocess.run(["bash", "-c", line[2:]], cwd=work, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            said += line + "\n" + done.stdout.decode()
        if said != expected:
            bad += 1
            if "--write" not in sys.argv:
                print(f"the README says:\n{expected}\nthe program says:\n{said}")
        return f"```\n{said}```\n"

    story, stop, tail = rest.partition("\n## Commands")
    story = re.sub(r"```\n(.*?)```\n", block, story, flags=re.S)
if "--write" in sys.argv:
    readme.write_text(head + mark + story + stop + tail)
    sys.exit()
print(f"{commands} commands of the README, {bad} blocks differ")
sys.exit(bad > 0)

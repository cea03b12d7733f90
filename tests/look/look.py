"""What the tests of looking share: the program's inventory of an image, a squashfs of a folder, and versions compared as dpkg and programs write them."""
import json, os, subprocess, sys
from pathlib import Path

TOP = Path(os.environ["SOURCE_DIR"]).resolve()
TOOL = os.path.abspath(os.environ["FIELDSTRIP"])


def skip(why: str) -> None:
    print(f"SKIPPED: {why}")
    sys.exit(77)


def report(image, *words, **env) -> dict:
    done = subprocess.run([TOOL, "report", image, *(words or ("--json",))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env})
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return json.loads(done.stdout)


def squash(folder, image, comp="gzip") -> None:
    subprocess.run(["mksquashfs", folder, image, "-comp", comp, "-noappend", "-quiet", "-no-progress", "-all-root"], check=True, stdout=subprocess.DEVNULL)


def upstream(version: str) -> str:
    """1:2.36-9+deb12u1 is 2.36 to its makers."""
    version = version.split(":", 1)[-1]
    return version.rsplit("-", 1)[0] if "-" in version else version


def is_version_of(said: str, package: str) -> bool:
    """Whether a program may call itself so that is in a package of that version: the same, or as much of it as it says ("2.36" of 2.36.1; not "2.3")."""
    up = upstream(package)
    return up.startswith(said) and not up[len(said):len(said) + 1].isdigit()

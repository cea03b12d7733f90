#!/usr/bin/env python3
"""An extracted folder travels: as git's copy, as zip's and tar's, to an ordinary user, under another umask. Put together again it is the same bytes, and a change
made in the copy gives the bytes that the same change gives in the folder itself."""
from images import *

TOOLS = {"git": has("git"), "zip": has("zip") and has("unzip"), "setpriv": has("setpriv") if not os.getuid() else None}
if os.getuid():
    print("SKIPPED: an ordinary user has no root beside them to compare with")
QUIET = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def by_git(d, to):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    git = lambda *words: subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=d, env=env, **QUIET)
    git("init", "-q"), git("add", "-A", "-f"), git("commit", "-q", "-m", "all of it")
    git("clone", "-q", "--no-hardlinks", ".", str(to))
    shutil.rmtree(d / ".git")


def by_zip(d, to):
    subprocess.run(["zip", "-q", "-r", "-y", str(to) + ".zip", "."], cwd=d, **QUIET)
    subprocess.run(["unzip", "-q", str(to) + ".zip", "-d", str(to)], **QUIET)
    os.unlink(str(to) + ".zip")


def by_plain_zip(d, to):
    """Without links: a symlink is what it leads to, or nothing. So only for trees that have none."""
    subprocess.run(["zip", "-q", "-r", "-X", str(to) + ".zip", "."], cwd=d, **QUIET)
    subprocess.run(["unzip", "-q", "-DD", str(to) + ".zip", "-d", str(to)], **QUIET)
    os.unlink(str(to) + ".zip")


def by_cp(d, to):
    subprocess.run(["cp", "-r", "--no-preserve=all", str(d), str(to)], **QUIET)


def by_nobody(d, to):
    subprocess.run(["cp", "-r", str(d), str(to)], **QUIET)
    subprocess.run(["chown", "-R", "-h", "65534:65534", str(to)], **QUIET)


def as_nobody(*words, cwd):
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *map(str, words)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


WAYS = {"cp": by_cp, **({"git": by_git} if TOOLS["git"] else {}), **({"zip": by_zip, "zip without links": by_plain_zip} if TOOLS["zip"] else {}), **({"nobody": by_nobody} if TOOLS["setpriv"] else {})}

for F in formats():
    image, d = work / "in.bin", work / "d"
    for way, copy_by in WAYS.items():
        start = base_tree()
        if way == "zip without links":
            start = {p: n for p, n in start.items() if n.type != "symlink"}
        base = F.make(start)
        image.write_bytes(base)
        shutil.rmtree(d, ignore_errors=True)
        run("extract", image, "-o", d)
        to = work / f"copy by {way}"
        copy_by(d, to)
        # cp without modes leaves no x bits: said, and no change.
        code = (0, 1) if way == "cp" else 0
        run("repack", to, "-o", work / "back", "--force", code=code)
        ok(f"{F.name}: a copy by {way} is the same image", (work / "back").read_bytes() == base)
        run("repack", to, "-o", work / "anew", "--force", "--rebuild-all", code=code)
        anew = (work / "anew").read_bytes()
        if "history" in F.holds:  # a log of the test's own hand is made anew as another one
            ok(f"{F.name}: a copy by {way} rebuilt has the same entries", plain(F.read(anew)) == plain(F.can(start)), difference(F.can(start), F.read(anew)))
        else:
            ok(f"{F.name}: a copy by {way} rebuilt is the same image", anew == base)
        results = []
        for folder, codes in ((d, 0), (to, code)):
            inside = folder / f"{F.place}.in"
            (inside / "etc/passwd").write_bytes(b"root::0:0::/:/bin/sh\n")
            (inside / "twin1").unlink()
            os.rename(inside / "usr", inside / "opt")
            (inside / "etc/motd").write_bytes(b"hello\n")
            (inside / "etc/motd").chmod(0o644)
            os.utime(inside / "etc/motd", (T0, T0))
            run("repack", folder, "-o", work / "changed", "--force", code=codes)
            results.append((work / "changed").read_bytes())
        ok(f"{F.name}: a change in the copy by {way} gives the same bytes", results[0] == results[1] != base)
        tree = copy.deepcopy(start)
        tree["etc/passwd"].data = b"root::0:0::/:/bin/sh\n"
        without(tree, "twin1"), renamed(tree, "usr", "opt")
        tree["etc/motd"] = Node("file", 0o644, 0, 0, T0, b"hello\n")
        got = F.read(results[1])
        ok(f"{F.name}: and the tree that is wanted, with the owners, devices and set-id files of the renamed folder", plain(F.can(tree)) == plain(got), difference(F.can(tree), got))
        if way == "git":
            (to / ".gitother").write_bytes(b"")
            run("repack", to, "-o", work / "changed", "--force", code=3)  # nothing else of such a name is git's
            (to / ".gitother").unlink()
            # What a removed folder held of empty ones is gone with it, though a copy by git never had them.
            shutil.rmtree(to / f"{F.place}.in/opt")
            run("repack", to, "-o", work / "changed", "--force")
            without(tree, "opt")
            got = F.read((work / "changed").read_bytes())
            ok(f"{F.name}: a folder removed from a copy by git", plain(F.can(tree)) == plain(got), difference(F.can(tree), got))
            run("extract", image, "-o", to, "--force", code=3)  # its history would go
            ok("the history is there", (to / ".git/HEAD").exists())
        shutil.rmtree(to)
    # An ordinary user takes it apart, changes it and puts it together: the same as root.
    if TOOLS["setpriv"]:
        own = work / "own"
        own.mkdir(exist_ok=True)
        work.chmod(0o755), own.chmod(0o777)
        shutil.copy(program, own / "fieldstrip")
        start = base_tree()
        (own / "in.bin").write_bytes(base := F.make(start))
        results = []
        for name, runner in (("root", lambda *w: subprocess.run(list(map(str, w)), cwd=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE)), ("user", lambda *w: as_nobody(*w, cwd=own))):
            made = runner("sh", "-c", f"umask 077; ./fieldstrip extract in.bin -o {name}.fs && ./fieldstrip repack {name}.fs --check && rm {name}.fs/{F.place}.in/etc/passwd && "
                          f"printf new >{name}.fs/{F.place}.in/etc/fstab && ./fieldstrip repack {name}.fs -o {name}.out && ./fieldstrip edit in.bin --remove /{F.place}/etc/passwd --replace "
                          f"/{F.place}/etc/fstab {name}.fs/{F.place}.in/etc/fstab -o {name}.edited")
            ok(f"{F.name}: {name}: all of it works", made.returncode == 0, made.stderr[-500:])
            results += [(own / f"{name}.out").read_bytes(), (own / f"{name}.edited").read_bytes()]
            ok(f"{F.name}: {name}: no device, pipe or set-id file on the host", not any((m := os.lstat(p).st_mode) & 0o6000 or m >> 12 in (1, 2, 6, 12) for p in (own / f"{name}.fs").rglob("*")))
        ok(f"{F.name}: user and root get the same bytes, by folder and by edit", len(set(results)) == 1)
        shutil.rmtree(own)
    print(f"{F.name}: {', '.join(WAYS)}; {len(wrong)} wrong so far", flush=True)
end()

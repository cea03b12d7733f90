"""squashfs for the tests of rows: made by mksquashfs from files and a list of what they shall be, so that no root is needed; read by the tests' own reader."""
import sys
from trees import *

sys.path.insert(0, str(top / "tests" / "squashfs"))
import reader


class Squashfs:
    tool = "mksquashfs"
    id, place = "squashfs", "00000000.squashfs"
    holds = {"mode", "owner", "mtime", "links", "symlinks", "devices", "fifos", "sockets", "xattrs", "places"}

    def __init__(self, name, *options):
        self.name, self.options = name, options

    def can(self, tree):
        return copy.deepcopy(tree)

    def make(self, tree):
        d, out, lines, first = Path(tempfile.mkdtemp(dir=work)), work / "made.squashfs", [], {}
        for path, n in tree.items():
            owner = f"{n.mode:o} {n.uid} {n.gid}"
            at = d / path
            if n.type == "dir":
                at.mkdir(exist_ok=True)
                lines += [f"{path} m {owner}"] if path else []
            elif n.type == "file":
                if n.group in first:
                    os.link(d / first[n.group], at)
                else:
                    at.write_bytes(n.data)
                    lines.append(f"{path} m {owner}")
                    if n.group is not None:
                        first[n.group] = path
            elif n.type == "symlink":
                lines.append(f"{path} S {n.mtime} {owner} {n.target}")
            elif n.type in ("char", "block"):
                lines.append(f"{path} {n.type[0].upper()} {n.mtime} {owner} {n.rdev[0]} {n.rdev[1]}")
            else:
                lines.append(f"{path} I {n.mtime} {owner} {n.type[0]}")
        for path, n in reversed(tree.items()):
            if n.type in ("dir", "file"):
                os.utime(d / path, (n.mtime, n.mtime))
        pseudo = work / "pseudo"
        pseudo.write_text("\n".join(lines) + "\n")
        out.unlink(missing_ok=True)
        root = tree[""]
        subprocess.run(["mksquashfs", d, out, "-noappend", "-no-progress", "-quiet", "-no-xattrs", "-mkfs-time", str(T0), "-root-mode", f"{root.mode:o}", "-root-uid", str(root.uid),
                        "-root-gid", str(root.gid), "-pf", pseudo, *self.options], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(d)
        pseudo.unlink()
        image = out.read_bytes()
        out.unlink()
        return image + bytes(-len(image) % 65536) + bytes(65536)  # room to grow

    def read(self, image):
        s = reader.Squashfs(image).check()
        numbers = [e.number for e in s.entries.values()]
        tree = {}
        for path, e in s.entries.items():
            tree[path] = Node(e.type, e.mode, e.uid, e.gid, e.mtime, target=e.target, rdev=e.rdev, xattrs=e.xattrs)
            if e.type == "file":
                tree[path].data = s.content(path)
                tree[path].group = e.number if numbers.count(e.number) > 1 else None
        return tree

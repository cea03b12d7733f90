"""A row of the table of changes: an extracted folder, what people do in it, and what is expected then."""
import re
from images import *

NEW = 1600000000
ROWS = []


class Folder:
    """An extracted folder and the changes that people make in it."""
    def __init__(self, d, place, tree):
        self.d, self.place, self.inside, self.mtree, self.tree = d, place, d / f"{place}.in", d / f"{place}.mtree", tree

    def path(self, path):
        return self.inside / path

    def write(self, path, data, mode=0o644, time=NEW):
        """A new file, or other content in the one that is there."""
        p = self.path(path)
        fresh = not os.path.lexists(p)
        p.write_bytes(data)
        if fresh:
            p.chmod(mode)
            os.utime(p, (time, time))
        return p

    def mkdir(self, path, mode=0o755, time=NEW):
        self.path(path).mkdir(mode=mode)
        self.path(path).chmod(mode)
        self.date(path, time)

    def date(self, path, time=NEW):
        os.utime(self.path(path), (time, time), follow_symlinks=False)

    def symlink(self, path, target, time=NEW):
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        os.symlink(target, self.path(path))
        self.date(path, time)

    def remove(self, path):
        p = self.path(path)
        shutil.rmtree(p) if p.is_dir() and not p.is_symlink() else p.unlink()

    def rename(self, a, b):
        os.rename(self.path(a), self.path(b))

    def lines(self, change):
        """change: path → the line or None; of each line."""
        out = []
        for line in self.mtree.read_text().splitlines():
            name = line.split(" ")[0]
            new = line if line.startswith("#") else change("" if name == "." else name[2:], line)
            out += [new] if new is not None else []
        self.mtree.write_text("\n".join(out) + "\n")

    def drop(self, *paths):
        self.lines(lambda p, line: None if p in paths else line)

    def set(self, path, **keys):
        def change(p, line):
            if p != path:
                return line
            for k, v in keys.items():
                line = re.sub(rf" {k}=\S+", lambda _, k=k, v=v: f" {k}={v}", line)
            return line
        before = self.mtree.read_text()
        self.lines(change)
        assert before != self.mtree.read_text(), (path, keys)

    def add(self, line):
        self.mtree.write_text(self.mtree.read_text() + line + "\n")


def new(f, path, **more):
    """What a new file of the host is in the image."""
    st = os.lstat(f.path(path))
    kind = NAMES[st.st_mode & 0o170000]
    data = f.path(path).read_bytes() if kind == "file" else b""
    target = os.readlink(f.path(path)) if kind == "symlink" else ""
    return Node(kind, st.st_mode & 0o7777, 0, 0, int(st.st_mtime), data, target, **more)


def row(name, needs="", code=0, says=(), refuse=None, same=False, moved=()):
    """needs: what the format must hold. says: in the plan's warnings. refuse: exit 3, and why. same: the image does not change. moved: pairs old, new."""
    def add(f):
        ROWS.append((name, set(needs.split()), code, says, refuse, same, dict(moved), f))
        return f
    return add

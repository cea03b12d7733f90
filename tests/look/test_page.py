#!/usr/bin/env python3
"""The page of the report: nothing of an image is markup in it, it loads nothing, it is small, and a browser has nothing to say of it: Debian's Chromium opens it headless (console), and
axe-core (npm; its axe.min.js by FIELDSTRIP_AXE) looks at a copy of it that lets axe in. Each is SKIPPED, loudly, where it is absent."""
import html, html.parser, json, os, re, shutil, subprocess, sys, tarfile, tempfile, io
from pathlib import Path

TOOL, TOP = os.environ["FIELDSTRIP"], Path(os.environ["SOURCE_DIR"])
CORPUS = os.environ.get("FIELDSTRIP_CORPUS")
wrong, skipped = [], []


def must(good, what):
    if not good:
        wrong.append(what)


def run(*words, codes=(0, 1)):
    done = subprocess.run([TOOL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    must(done.returncode in codes, f"{words}: exit {done.returncode}: {done.stderr.decode()[:300]}")
    return done


class Reader(html.parser.HTMLParser):
    """Elements as a browser would see them: that they nest, and which attributes there are."""

    VOID = {"meta", "input", "path", "br", "link", "img"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.links, self.tags, self.text = [], set(), set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            must(not name.startswith("on") and name not in ("style", "src"), f"attribute {name} of {tag}")
            if name == "id":
                must(value not in self.ids, f"id {value} twice")
                self.ids.add(value)
            if name == "href":
                must(value.startswith("#"), f"a link leads to {value}")
                self.links.add(value[1:])
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        must(self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-1:]}")
        if self.stack:
            self.stack.pop()

    def handle_data(self, data):
        self.text.append(data)


TAGS = {"html", "head", "meta", "title", "style", "body", "a", "header", "h1", "p", "dl", "div", "dt", "dd", "nav", "main", "section", "h2", "button", "output", "svg", "rect", "path", "span", "table",
        "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "b", "details", "summary", "pre", "label", "input", "footer", "script", "ins", "del"}


def read(page, name):
    text = page.read_text()  # valid UTF-8, or it raises
    r = Reader()
    r.feed(text)
    must(not r.stack, f"{name}: {r.stack} are not closed")
    must(r.tags <= TAGS, f"{name}: elements of whoever made the image: {r.tags - TAGS}")
    must(r.links <= r.ids, f"{name}: links that lead nowhere: {sorted(r.links - r.ids)[:5]}")
    policy = html.unescape((re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text) or ["", ""])[1])
    must(policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "*" not in policy, f"{name}: its policy lets something in: {policy}")
    must(not re.search(r"(https?:)?//[a-z0-9.]+/[^\"' <]*\.(js|css|png|woff)", text), f"{name}: names something to load")
    return text, r


def browse(page, name, axe):
    """The page itself: what the console says. A copy without its policy, with axe in it: what axe says."""
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--virtual-time-budget=60000", "--enable-logging=stderr", "--v=0"]
    done = subprocess.run([CHROMIUM, *words, "--dump-dom", page.as_uri()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    console = [l for l in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in l]
    must(not console, f"{name}: the console says {console[:3]}")
    must(b'id="range"' in done.stdout and b"0x0 to" in done.stdout, f"{name}: its script did not run")
    if not axe:
        return
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    call = "document.querySelectorAll('details').forEach(d=>{d.open=true});axe.run(document,{resultTypes:['violations']}).then(r=>{const p=document.createElement('p');p.id='axe-says';p.textContent=JSON.stringify(r.violations.map(v=>[v.id,v.nodes.length,v.nodes[0].html.slice(0,200)]));document.body.append(p)})"
    copy = page.with_name("axe-" + page.name)
    copy.write_text(text.replace("</body>", f"<script>{axe}</script><script>{call}</script></body>"))
    done = subprocess.run([CHROMIUM, *words, "--dump-dom", copy.as_uri()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    said = re.search(r'<p id="axe-says">(.*?)</p>', done.stdout.decode(errors="replace"), re.S)
    must(said, f"{name}: axe did not end")
    if said:
        must(said[1] == "[]", f"{name}: axe says {said[1][:600]}")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
axe = Path(os.environ["FIELDSTRIP_AXE"]).read_text() if "FIELDSTRIP_AXE" in os.environ else ""
if not CHROMIUM:
    skipped.append("chromium is not installed: no browser looked")
elif not axe:
    skipped.append("FIELDSTRIP_AXE names no axe.min.js: accessibility was not looked at")

with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    pages = []

    def page(name, *words, **more):
        out = work / f"{name}.html"
        run("report", *words, "-o", out, **more)
        if out.exists():
            pages.append((name, out))
            return read(out, name)
        must(False, f"{name}: no page")
        return "", Reader()

    # Names, targets, contents that would be markup, in an archive and in an environment.
    evil = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "</pre></details></main>", "&lt;b&gt;", "\u202egnp.exe", "a\x1b[2Jb", "</script><script>alert(2)</script>", "]]>", "<!--"]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for i, name in enumerate(evil):
            for kind in (tarfile.REGTYPE, tarfile.SYMTYPE):
                m = tarfile.TarInfo(f"{kind.decode()}{i}-{name.replace('/', chr(0x2215))}")
                m.type, m.linkname = kind, name
                m.size = 0
                t.addfile(m)
        shadow = b"root:$1$<b>x</b>$abcdefghijklmnopqrstuv:1:0:99999:7:::\n<script>alert(3)</script>::0:0:::\n"
        for name, data in (("etc/shadow", shadow), ("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n<img src=x>::0:0::/:/bin/sh\n")):
            m = tarfile.TarInfo(name)
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
    (work / "evil<b>.tar").write_bytes(out.getvalue())
    text, r = page("evil", work / "evil<b>.tar")
    for tag in ("<img", "<b>x", "onerror=alert(1)>", "<script>alert"):
        must(tag not in text, f"evil: {tag} stands there as markup")
    shown = "".join(r.text)
    must("<script>alert(1)<" in shown and "\u202e" not in text and "\x1b" not in text, "evil: names are not shown, or not escaped")
    (work / "evil2.tar").write_bytes(out.getvalue().replace(b"root:/root", b"root:<u>oo"))
    text, r = page("evil-diff", work / "evil<b>.tar", work / "evil2.tar")
    must("<u>oo" not in text and "What changed" in text, "evil-diff: a difference is markup, or there is none")

    camera = TOP / "samples/camera/camera.img"
    text, r = page("camera", camera)
    must("squashfs" in text and "jffs2" in text and "U-Boot legacy image" in text, "camera: its regions are not there")
    entries = json.loads(run("ls", "-R", "--json", f"{camera}:{[c['path'] for c in json.loads(run('scan', '--json', camera).stdout)['root']['children'] if c['format'] == 'squashfs'][0]}").stdout)["entries"]
    shown = "".join(r.text)
    must(all(e["path"] in shown for e in entries), "camera: a file of its squashfs is not on the page")

    # Two runs, and any number of threads: the same bytes.
    for j in ("1", "4"):
        run("report", camera, "-o", work / f"again{j}.html", "-j", j)
        must((work / f"again{j}.html").read_bytes() == (work / "camera.html").read_bytes(), f"-j {j}: another page")
    # Files: never half, never the image's own, never one that is there by chance.
    (work / "x.img").write_bytes(camera.read_bytes())
    run("report", work / "x.img", codes=(0, 1))
    must((work / "x.img.html").exists(), "no IMAGE.html")
    run("report", work / "x.img", codes=(3,))
    run("report", work / "x.img", "--force", codes=(0, 1))
    run("report", work / "x.img", "-o", work / "x.img", codes=(2,))
    must((work / "x.img").read_bytes() == camera.read_bytes(), "the image was written over")
    must(run("report", work / "x.img", "-o", "-").stdout == (work / "x.img.html").read_bytes(), "standard output gets another page")
    changed = bytearray(camera.read_bytes())
    changed[0x20] ^= 1
    (work / "y.img").write_bytes(changed)
    done = run("diff", work / "x.img", work / "y.img", "--html", work / "d.html", codes=(1,))
    text, _ = read(work / "d.html", "diff --html")
    must("What changed" in text and "name" in text, "diff --html: nothing changed")

    if CORPUS:
        real = Path(CORPUS) / "real"
        for name in ("yi1080_mtd2_rootfs_xz.squashfs.bin", "openwrt_brcm24_squashfs30lzma.trx", "mjsxj05cm_recovery_data.jffs2"):
            if (real / name).exists():
                page(name, real / name)
                must((work / f"{name}.html").stat().st_size < 3 << 20, f"{name}: its page is over 3 MB")
    for name, p in pages:
        must(p.stat().st_size < 3 << 20, f"{name}: {p.stat().st_size} bytes")
        if CHROMIUM and (axe or p.stat().st_size < 1 << 20):
            browse(p, name, axe)

print(*wrong, sep="\n")
for s in skipped:
    print("SKIPPED in part:", s)
print(f"{len(pages)} pages, {len(wrong)} wrong")
sys.exit(bool(wrong))

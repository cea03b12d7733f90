#!/usr/bin/env python3
"""The inventory against the truth, without network: this machine's own programs against dpkg, keys and certificates made here by openssl and ssh-keygen, accounts,
modes and scripts written here; and the bill of materials against CycloneDX's published schema."""
import datetime, json, os, shutil, subprocess, sys, tempfile
from pathlib import Path

from look import TOOL, TOP, is_version_of, report, skip, squash

for tool in ("mksquashfs", "openssl", "ssh-keygen"):
    if not shutil.which(tool):
        skip(f"{tool} is not installed")
try:
    import jsonschema
except ImportError:
    skip("python3-jsonschema is not installed")

bad = 0


def claim(what, holds, more=""):
    global bad
    bad += not holds
    if not holds:
        print(f"FAIL  {what}: {more}", flush=True)


def run(*words, **more):
    return subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout


# The machine's own programs, where they are: component, package, path. A static program of another version would be found by dpkg -S all the same.
PROGRAMS = [("bash", "bash", "bash"), ("busybox", "busybox", "busybox"), ("curl", "curl", "curl"), ("wget", "wget", "wget"), ("openssh", "openssh-client", "ssh"),
            ("xz", "xz-utils", "xz"), ("util-linux", "util-linux", "lsblk"), ("git", "git", "git"), ("perl", "perl-base", "perl"), ("tar", "tar", "tar"),
            ("grep", "grep", "grep"), ("coreutils", "coreutils", "ls"), ("findutils", "findutils", "find"), ("diffutils", "diffutils", "diff3"),
            ("openssl", "libssl3", "libcrypto.so.3"), ("zlib", "zlib1g", "libz.so.1"), ("glibc", "libc6", "libc.so.6"), ("expat", "libexpat1", "libexpat.so.1"),
            ("sqlite", "libsqlite3-0", "libsqlite3.so.0"), ("libcurl", "libcurl4", "libcurl.so.4"), ("ncurses", "libtinfo6", "libtinfo.so.6"),
            ("e2fsprogs", "libext2fs2", "libext2fs.so.2"), ("liblzma", "liblzma5", "liblzma.so.5"), ("bzip2", "libbz2-1.0", "libbz2.so.1.0"),
            ("zstd", "libzstd1", "libzstd.so.1"), ("lz4", "liblz4-1", "liblz4.so.1"), ("gnutls", "libgnutls30", "libgnutls.so.30"),
            ("libgcrypt", "libgcrypt20", "libgcrypt.so.20"), ("pcre2", "libpcre2-8-0", "libpcre2-8.so.0"), ("kmod", "kmod", "kmod")]


def installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.split()[1] if done.returncode == 0 and done.stdout.startswith("ii") else None


def path_of(package, name):
    done = subprocess.run(["dpkg-query", "-L", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in done.stdout.splitlines():
        if line.endswith("/" + name) and os.path.exists(line) and not os.path.isdir(line):
            return os.path.realpath(line)
    return None


with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    root = work / "root"

    def put(name, content, mode=0o644):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    # programs of this machine
    wanted = {}
    missing = []
    for component, package, name in PROGRAMS:
        version, path = installed(package), path_of(package, name)
        if version and path:
            put(f"usr/bin/{os.path.basename(path)}", Path(path).read_bytes(), 0o755)
            wanted[component] = (version, os.path.basename(path))
        else:
            missing.append(package)
    if missing:
        print(f"SKIPPED: not installed here, so not looked for: {' '.join(missing)}")

    # what an auditor looks for; each with what must be said of it
    put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nadmin:x:0:0::/:/bin/sh\nguest::500:500::/:/bin/sh\nnobody:*:99:99::/:/bin/false\n")
    md5 = run("openssl", "passwd", "-1", "-salt", "abcdefgh", "x").decode().strip()
    sha512 = run("openssl", "passwd", "-6", "-salt", "abcdefgh", "x").decode().strip()
    put("etc/shadow", f"root:{md5}:0:0:99999:7:::\nadmin:{sha512}:0:0:99999:7:::\nnobody:!:0:0:99999:7:::\n")
    put("etc/inittab", "::sysinit:/etc/init.d/rcS\n::respawn:/usr/sbin/telnetd -F\n")
    put("etc/init.d/rcS", "#!/bin/sh\n# tftpd is not started\n/usr/sbin/httpd -h /www\n", 0o755)
    put("root/.ssh/authorized_keys", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 maker@factory\n")
    put("usr/bin/helper", b"\x7fELF", 0o4755)
    put("var/open", "x", 0o666)
    put("etc/wpa_supplicant.conf", 'network={\n  ssid="lan"\n  psk="verysecret"\n}\n')
    put("www/player.js", "connect('rtsp://viewer:s3cret@10.0.0.1/live')\n")
    put("etc/os-release", 'NAME="Test Linux"\nID=debian\nVERSION_ID="12"\n')
    put("var/lib/dpkg/status", "Package: libfoo+bar\nStatus: install ok installed\nVersion: 1:2.0~rc1-3\nArchitecture: armhf\n\n")
    put("usr/lib/opkg/status", "Package: uhttpd\nVersion: 2018-1\nStatus: install user installed\nArchitecture: mipsel\n\n")
    put("lib/apk/db/installed", "P:musl\nV:1.2.4-r2\nA:armv7\n\n")
    run("openssl", "genrsa", "-out", work / "rsa.pem", "2048")
    run("openssl", "rsa", "-in", work / "rsa.pem", "-traditional", "-out", work / "rsa1.pem")
    run("openssl", "rsa", "-in", work / "rsa.pem", "-traditional", "-aes128", "-passout", "pass:x", "-out", work / "locked1.pem")
    run("openssl", "pkcs8", "-topk8", "-in", work / "rsa.pem", "-passout", "pass:x", "-out", work / "locked8.pem")
    run("openssl", "rsa", "-in", work / "rsa.pem", "-traditional", "-outform", "DER", "-out", work / "rsa1.der")
    run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", work / "rsa.pem", "-outform", "DER", "-out", work / "rsa8.der")
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", work / "ec.pem")
    run("openssl", "ec", "-in", work / "ec.pem", "-outform", "DER", "-out", work / "ec.der")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / "ed")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", work / "edlocked")
    # Keys alone, and inside of something that is a program. Each: the file, bytes, how weighty.
    keys = {"rsa8.pem": ("rsa.pem", "error"), "rsa1.pem": ("rsa1.pem", "error"), "locked1.pem": ("locked1.pem", "warning"), "locked8.pem": ("locked8.pem", "warning"),
            "rsa1.der": ("rsa1.der", "error"), "rsa8.der": ("rsa8.der", "error"), "ec.pem": ("ec.pem", "error"), "ec.der": ("ec.der", "error"),
            "ed": ("ed", "error"), "edlocked": ("edlocked", "warning")}
    for name, (source, _) in keys.items():
        put(f"keys/{name}", (work / source).read_bytes(), 0o600)
        put(f"keys/in-{name}", b"\x7fELF" + bytes(1001) + (work / source).read_bytes() + bytes(77), 0o755)
    put("keys/rsa.pub", run("openssl", "rsa", "-in", work / "rsa.pem", "-pubout"))
    put("keys/cut.der", (work / "rsa1.der").read_bytes()[:-1])
    put("keys/none.pem", "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n")
    for name, subject, days in (("good", "/CN=device.lan/O=Maker", 3650), ("old", "/CN=old.lan", 30)):
        run("openssl", "req", "-x509", "-key", work / "rsa.pem", "-subj", subject, "-days", days, "-out", work / f"{name}.pem")
        run("openssl", "x509", "-in", work / f"{name}.pem", "-outform", "DER", "-out", work / f"{name}.der")
        for form in ("pem", "der"):
            put(f"certs/{name}.{form}", (work / f"{name}.{form}").read_bytes())
    put("certs/in-program", b"\x7fELF" + bytes(100) + (work / "good.der").read_bytes() + bytes(100), 0o755)

    image = work / "image.sqsh"
    squash(root, image)
    year = str(int((datetime.datetime.now() + datetime.timedelta(days=365)).timestamp()))  # then the one of 30 days has expired
    said = report(image, SOURCE_DATE_EPOCH=year)
    at = "/00000000.squashfs/"

    # programs: named, with this version, in this file; and where is said to be evidence, it stands
    components = said["components"]
    found = 0
    for component, (version, name) in wanted.items():
        those = [c for c in components if c["name"] == component and any(f"{e['path']}/".startswith(f"{at}usr/bin/{name}/") for e in c["evidence"])]
        right = [c for c in those if is_version_of(c["version"], version)]
        if component == "ncurses":  # says the date of its patches too
            right = [c for c in those if c["version"].startswith(version.split("-")[0])]
        found += bool(right)
        claim(f"{component} of {name}", right, (version, [c["version"] for c in those]))
        claim(f"{component} of {name} in one version", len({c["version"] for c in those}) == 1, [c["version"] for c in those])
    for c in components:
        for e in c["evidence"]:
            if c["source"] not in ("version string",):
                continue
            name = e["path"].rsplit("/", 1)[1]
            claim(f"evidence of {c['name']}", e["path"] != f"{at}usr/bin/{name}" or (root / "usr/bin" / name).read_bytes()[e["offset"]:].startswith(e["text"].encode()), e)
        if c["source"] == "version string":
            claim(f"{c['name']} {c['version']} is of a program that was put in", any(e["path"].startswith(f"{at}usr/bin/") for e in c["evidence"]), c["evidence"])

    packages = {(c["source"], c["name"], c["version"], c["architecture"], c["purl"]) for c in components if c["kind"] == "package"}
    claim("packages", packages == {("dpkg", "libfoo+bar", "1:2.0~rc1-3", "armhf", "pkg:deb/debian/libfoo%2Bbar@1%3A2.0~rc1-3?arch=armhf"),
                                   ("opkg", "uhttpd", "2018-1", "mipsel", "pkg:generic/uhttpd@2018-1?arch=mipsel"),
                                   ("apk", "musl", "1.2.4-r2", "armv7", "pkg:apk/debian/musl@1.2.4-r2?arch=armv7")}, packages)
    claim("os-release", any((c["kind"], c["name"], c["version"]) == ("firmware", "Test Linux", "12") for c in components))

    # concerns
    def of(kind, path):
        return [c for c in said["concerns"] if c["kind"] == kind and c["evidence"]["path"] == at + path]

    for name, (source, weight) in keys.items():
        for path, offset in ((f"keys/{name}", 0), (f"keys/in-{name}", 1005)):
            those = of("private-key", path)
            claim(f"key {path}", [(c["severity"], c["evidence"]["offset"]) for c in those] == [(weight, offset)], those)
            claim(f"key {path}: locked or not", all(("encrypted" in c["what"]) == (weight == "warning") for c in those), those)
    for path in ("rsa.pub", "cut.der", "none.pem"):
        claim(f"no key in {path}", not of("private-key", f"keys/{path}"), of("private-key", f"keys/{path}"))
    keys_said = {c["evidence"]["path"] for c in said["concerns"] if c["kind"] == "private-key" and "/keys/" in c["evidence"]["path"]}
    claim("no other key", len(keys_said) == 2 * len(keys), keys_said)
    for name in ("good", "old"):
        dates = run("openssl", "x509", "-in", work / f"{name}.pem", "-noout", "-dates", "-dateopt", "iso_8601").decode().split("\n")
        begin, end = (d.split("=")[1][:10] for d in dates[:2])
        for form in ("pem", "der"):
            those = of("certificate", f"certs/{name}.{form}")
            claim(f"certificate {name}.{form}", len(those) == 1 and f"from {begin} to {end}" in those[0]["what"], (begin, end, those))
            claim(f"certificate {name}.{form}: expired or not", all(("expired" in c["what"]) == (name == "old") == (c["severity"] == "warning") for c in those), those)
            claim(f"certificate {name}.{form}: whose", all(("CN=device.lan, O=Maker" if name == "good" else "CN=old.lan") in c["what"] for c in those), those)
    claim("certificate in a program", [c["evidence"]["offset"] for c in of("certificate", "certs/in-program")] == [104], of("certificate", "certs/in-program"))
    hashes = {(c["severity"], c["what"].split(":")[0], c["what"].split(": ")[1].split(",")[0]) for c in of("password-hash", "etc/shadow")}
    claim("hashes", hashes == {("error", "password of root", "MD5-crypt"), ("warning", "password of admin", "SHA-512-crypt")}, hashes)
    accounts = {(c["severity"], c["what"].split()[1]) for c in of("account", "etc/passwd")}
    claim("accounts", accounts == {("error", "guest"), ("warning", "admin")}, accounts)
    services = {(c["severity"], c["what"].split(":")[0], c["evidence"]["path"][len(at):]) for c in said["concerns"] if c["kind"] == "service"}
    claim("services", services == {("error", "starts telnetd", "etc/inittab"), ("note", "starts httpd", "etc/init.d/rcS")}, services)
    scripts = {c["evidence"]["path"][len(at):] for c in said["concerns"] if c["kind"] == "start-script"}
    claim("start scripts", scripts == {"etc/inittab", "etc/init.d/rcS"}, scripts)
    claim("set-id", [c["evidence"]["text"] for c in of("set-id", "usr/bin/helper")] == ["4755"])
    claim("open file", [c["evidence"]["text"] for c in of("world-writable", "var/open")] == ["0666"])
    claim("authorized key", len(of("authorized-key", "root/.ssh/authorized_keys")) == 1)
    claim("secrets", len(of("secret", "etc/wpa_supplicant.conf")) == 1 and len(of("secret", "www/player.js")) == 1)
    weights = [c["severity"] for c in said["concerns"]]
    claim("heavy ones first", weights == sorted(weights, key=["error", "warning", "note"].index), weights)

    # the same for any number of threads
    one, many = (subprocess.run([TOOL, "report", image, "--json", "-j", j], stdout=subprocess.PIPE, check=True).stdout for j in ("1", "4"))
    claim("the same for any number of threads", one == many)

    # the bill of materials: by its schema, the same twice, to a file and to standard output
    folder = TOP / "third_party" / "cyclonedx"
    store = {p.name: json.loads(p.read_text()) for p in folder.glob("*.json")}
    store |= {s["$id"]: s for s in store.values()}
    schema = store["bom-1.5.SNAPSHOT.schema.json"]
    check = jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver(base_uri=schema["$id"], referrer=schema, store=store), format_checker=jsonschema.FormatChecker())
    bills = 0
    for path in (image, TOP / "samples/camera/camera.img", *sorted((TOP / "src/formats").glob("*/samples/*.bin"))[::9]):
        for env in ({}, {"SOURCE_DATE_EPOCH": "1700000000"}):
            bill = report(path, "--sbom", "-", **env)
            errors = [e.message for e in check.iter_errors(bill)]
            claim(f"the bill of {path}", not errors, errors[:3])
            claim("time", bill["metadata"].get("timestamp") == ("2023-11-14T22:13:20Z" if env else None), bill["metadata"])
            bills += 1
    claim("a bill that is none is seen", list(check.iter_errors({**bill, "specVersion": 5})) and list(check.iter_errors({**bill, "components": [{"name": "x"}]})))
    to_file = work / "bill.json"
    run(TOOL, "report", image, "--sbom", to_file)
    claim("file and standard output", to_file.read_bytes() == run(TOOL, "report", image, "--sbom", "-"))
    bill = json.loads(to_file.read_text())
    claim("components", {(c["name"], c["version"]) for c in bill["components"]} == {(c["name"], c["version"]) for c in components})
    import hashlib
    claim("digest", bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(image.read_bytes()).hexdigest()}])
    claim("nothing else beside it", sorted(p.name for p in work.glob("*bill*")) == ["bill.json"])
    for words, code in ((["--sbom", image], 2), (["--json", "--sbom", "-"], 2), (["--sbom", work / "no/such/bill.json"], 3)):
        done = subprocess.run([TOOL, "report", image, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        claim(f"report {words}", done.returncode == code, done.returncode)

print(f"{found} of {len(wanted)} of this machine's programs named with dpkg's version, {2 * len(keys)} keys, 5 certificates, {bills} bills hold against the schema; {bad} claims do not hold")
sys.exit(bool(bad))

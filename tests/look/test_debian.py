#!/usr/bin/env python3
"""A Debian armhf root file system, packed as squashfs: its packages against its own dpkg database; and the same without the database, with more programs in it:
version strings against the versions of the packages that hold them. Needs the network, by apt's own sources, and debootstrap as root: only with FIELDSTRIP_DEBIAN=1.
FIELDSTRIP_DEBIAN_DIR keeps what was fetched."""
import os, re, shutil, subprocess, sys, tempfile
from pathlib import Path

from look import is_version_of, report, skip, squash

if os.environ.get("FIELDSTRIP_DEBIAN") != "1":
    skip("needs the network: FIELDSTRIP_DEBIAN=1")
for tool in ("debootstrap", "mksquashfs", "dpkg-deb", "apt-get"):
    if not shutil.which(tool):
        skip(f"{tool} is not installed")
if os.geteuid():
    skip("debootstrap needs root")

ARCH = "armhf"
MORE = ("busybox-static dropbear-bin dnsmasq-base hostapd wpasupplicant openssl libssl3 lighttpd nginx mini-httpd curl libcurl4 wget zlib1g libpng16-16 libexpat1 "
        "libsqlite3-0 iptables ppp iproute2 mosquitto openvpn openssh-server openssh-client tcpdump libpcap0.8 musl libmbedcrypto7 libwolfssl35 libgnutls30 vsftpd "
        "samba strongswan-charon chrony avahi-daemon rsync lua5.1 liblua5.3-0 mtd-utils xz-utils minidlna").split()


def run(*words, **more):
    return subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more).stdout


bad = 0
with tempfile.TemporaryDirectory() as work:
    kept = Path(os.environ.get("FIELDSTRIP_DEBIAN_DIR", work)).resolve()
    kept.mkdir(parents=True, exist_ok=True)
    uri, suite = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Identifier: Packages").split("\n")[0].split()
    suite = suite.split("-")[0]

    # The root: unpacked, not configured (that would take a processor of its kind). Its database is written as dpkg would, from what each package says of itself.
    root, debs = kept / "root", kept / "debs"
    if not root.exists():
        run("debootstrap", "--foreign", f"--arch={ARCH}", "--variant=minbase", suite, root, uri)
        stanzas = []
        for deb in sorted((root / "var/cache/apt/archives").glob("*.deb")):
            lines = run("dpkg-deb", "-f", deb).split("\n")
            stanzas.append("\n".join([lines[0], "Status: install ok installed", *lines[1:]]).strip())
        (root / "var/lib/dpkg/status").write_text("\n\n".join(stanzas) + "\n\n")
    truth = {tuple(line.split("\t")) for line in run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package}\t${Version}\t${Architecture}\n").split("\n") if line}
    image = Path(work) / "debian.sqsh"
    squash(root, image, "lzo")
    said = {(c["name"], c["version"], c["architecture"]) for c in report(image)["components"] if c["source"] == "dpkg"}
    share = len(truth & said) / len(truth)
    if share < 0.95 or said - truth:
        bad += 1
        print(f"FAIL  packages: missing {sorted(truth - said)[:5]}, too many {sorted(said - truth)[:5]}")
    print(f"{len(truth & said)} of {len(truth)} packages of the dpkg database named with version and architecture; {len(said - truth)} that are not in it")

    # Without a database: the root's programs and more.
    bare = Path(work) / "bare"
    shutil.copytree(root, bare, symlinks=True, ignore=shutil.ignore_patterns("dev", "proc", "doc", "man", "archives", "dpkg", "debootstrap"))
    assert not (bare / "var/lib/dpkg").exists()
    if not debs.exists():
        debs.mkdir()
        state = kept / "apt"
        for d in ("state/lists/partial", "cache/archives/partial"):
            (state / d).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        config = kept / "apt.conf"
        config.write_text(f'APT::Architecture "{ARCH}"; APT::Architectures {{ "{ARCH}"; }}; Dir::State "{state}/state"; Dir::Cache "{state}/cache"; Dir::State::status "{state}/status";\n'
                          'APT::Sandbox::User "root"; Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";\n')
        env = {**os.environ, "APT_CONFIG": str(config)}
        subprocess.run(["apt-get", "update"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        there = set(run("apt-cache", "pkgnames", env=env).split())
        subprocess.run(["apt-get", "download", *[p for p in MORE if p in there]], cwd=debs, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    owner = {}  # a file's path: the version of the package that it is of

    def place(path):
        return re.sub(r"^(?:\./|/)?(bin|sbin|lib)/", r"usr/\1/", path).removeprefix("./").removeprefix("/")

    for deb in sorted(debs.glob("*.deb")):
        name, version = run("dpkg-deb", "-f", deb, "Package", "Version").split("\n")[:2]
        name, version = name.split(": ")[1], version.split(": ")[1]
        unpacked = Path(work) / "unpacked" / name
        unpacked.mkdir(parents=True)
        run("dpkg-deb", "-x", deb, unpacked)
        for file in unpacked.rglob("*"):
            at = place(str(file.relative_to(unpacked)))
            if file.is_file() and not file.is_symlink() and not at.startswith("usr/share"):
                owner[at] = (name, version)
                (bare / at).parent.mkdir(parents=True, exist_ok=True)
                (bare / at).unlink(missing_ok=True)
                shutil.copyfile(file, bare / at)
    for deb in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        name, version = (line.split(": ")[1] for line in run("dpkg-deb", "-f", deb, "Package", "Version").strip().split("\n"))
        for line in run("dpkg-deb", "-c", deb).split("\n"):
            if line.startswith(("-", "h")):
                owner.setdefault(place(line.split(None, 5)[5].split(" link to ")[0]), (name, version))
    image = Path(work) / "bare.sqsh"
    squash(bare, image, "lzo")
    right, wrong, programs = 0, [], set()
    for c in report(image)["components"]:
        if c["source"] not in ("version string", "file name"):
            continue
        for e in c["evidence"]:
            path = e["path"].split(".squashfs/", 1)[1]
            while path and path not in owner:
                path = path.rpartition("/")[0]
            # "ncurses 6.4.20221231" of 6.4: its patches' date is in the string, and Debian leaves it out.
            dated = c["name"] == "ncurses" and path and c["version"].startswith(owner[path][1].split("-")[0] + ".20")
            if path and (is_version_of(c["version"], owner[path][1]) or dated):
                right += 1
                programs.add(c["name"])
            else:
                wrong.append((c["name"], c["version"], owner.get(path), e["path"]))
    for w in wrong:
        print("WRONG", *w)
    bad += bool(wrong) + (len(programs) < 15)
    print(f"without a database: {len(programs)} programs by version string, {right} of {right + len(wrong)} claims are the version of the package that holds the file: {' '.join(sorted(programs))}")
sys.exit(bool(bad))

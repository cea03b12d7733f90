#!/usr/bin/env python3
"""Gets what instruction sets are learnt from and tested on: Debian packages of many architectures, by the mirror that this machine's apt is
configured with. `material.py FOLDER` puts the .deb files into FOLDER/debs; nothing of them is kept in the repository.

Which packages are learnt from and which are tested on is said here and nowhere else; no package is both."""
import re, subprocess, sys
from pathlib import Path

NATIVE = ["amd64", "arm64", "armel", "armhf", "i386", "mips64el", "mipsel", "ppc64el", "s390x", "riscv64"]
CROSS = ["mips", "powerpc", "ppc64", "sparc64", "m68k", "sh4", "hppa", "alpha", "arc"]
LEARN = ["bash", "libssl3", "libssl3t64", "libglib2.0-0", "libglib2.0-0t64", "perl-base", "libstdc++6", "dropbear-bin", "libsqlite3-0",
         "libgfortran5", "nano"]
TEST = ["libc6", "coreutils", "openssh-client", "dnsmasq-base", "hostapd", "libxml2", "gawk", "tcpdump", "busybox", "util-linux", "lua5.4"]
LEARN_CROSS = ["libstdc++6", "libgfortran5", "libgnat-12", "libgomp1", "libgo21"]
TEST_CROSS = ["libc6", "libc6.1", "libgphobos3", "libgm2-17", "libobjc4", "libasan8"]
LEARN_OTHER = ["lib64stdc++6-mips-cross", "lib64gfortran5-mips-cross", "lib32stdc++6-sparc64-cross", "lib32go21-sparc64-cross",
               "libc6-arc-cross", "libgcc-12-dev-sh4-cross", "picolibc-xtensa-lx106-elf", "libnewlib-arm-none-eabi", "picolibc-riscv64-unknown-elf", "avr-libc"]
TEST_OTHER = ["libc6-mips64-mips-cross", "lib64go21-mips-cross", "libc6-sparc-sparc64-cross", "gcc-xtensa-lx106", "firmware-ath9k-htc",
              "picolibc-arm-none-eabi", "libnewlib-sh-elf-dev", "gcc-avr",
              "u-boot-rpi:armhf", "u-boot-qemu"]
KERNELS = {"armel": "marvell", "mipsel": "4kc-malta"}  # the newest image of that flavour: its modules
# Not code: fonts, pictures, tables, translations, device trees, texts.
LEARN_DATA = ["fonts-dejavu-core", "wamerican", "hwdata", "libicu72:amd64", "python3-minimal", "locales", "manpages"]
TEST_DATA = ["fonts-liberation2", "wngerman", "firmware-free", "libmagic-mgc:amd64", "git-man", "tzdata", "console-setup-linux",
             "fonts-liberation", "alsa-utils", "qemu-system-data", "tango-icon-theme"]


def names(packages, known):
    """As apt wants them: of each architecture, where there is one."""
    return [p for p in packages if p in known]


def main(folder):
    apt, debs = folder / "apt", folder / "debs"
    for d in ("state/lists/partial", "cache/archives/partial", "etc"):
        (apt / d).mkdir(parents=True, exist_ok=True)
    debs.mkdir(exist_ok=True)
    (apt / "state/status").touch()
    uri = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], stdout=subprocess.PIPE, text=True, check=True)
    mirror = next(u for u in uri.stdout.split() if u.rstrip("/").endswith("/debian"))
    (apt / "etc/sources.list").write_text(f"deb {mirror} bookworm main\ndeb [arch=riscv64] {mirror} trixie main\n")
    conf = apt / "apt.conf"
    conf.write_text(f"""Dir::State "{apt}/state"; Dir::State::status "{apt}/state/status"; Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "{apt}/etc/sources.list"; Dir::Etc::sourceparts "-"; APT::Architecture "amd64"; Acquire::Languages "none";
APT::Architectures {{{"".join(f'"{a}";' for a in NATIVE)}}}; APT::Sandbox::User "root"; APT::Cache-Start "200000000";
""")
    run = lambda *words: subprocess.run([words[0], "-c", conf, *words[1:]], cwd=debs, check=True, stdout=subprocess.PIPE, text=True).stdout
    if not list((apt / "state/lists").glob("*Packages*")):
        run("apt-get", "update")
    known = set(run("apt-cache", "pkgnames").split())
    known |= {f"{p}:amd64" for p in known}
    wanted = [f"{p}:{a}" for a in NATIVE for p in LEARN + TEST if p in known]
    wanted += [f"{p}-{a}-cross" for a in CROSS for p in LEARN_CROSS + TEST_CROSS]
    wanted += LEARN_OTHER + TEST_OTHER + LEARN_DATA + TEST_DATA
    wanted += [max(p for p in known if re.fullmatch(rf"linux-image-[0-9.-]+-{flavour}:{arch}", p)) for arch, flavour in KERNELS.items()]
    have = {p.name.split("_")[0] + ":" + p.stem.split("_")[-1] for p in debs.glob("*.deb")}
    there = []
    madison = run("apt-cache", "policy", *wanted)  # what has a candidate
    current = None
    for line in madison.splitlines():
        if not line.startswith(" "):
            current = line.rstrip(":")
        elif "Candidate:" in line and "(none)" not in line:
            there.append(current if ":" in current else current)
    there = [t for t in dict.fromkeys(there) if (t if ":" in t else t + ":all") not in have and t + ":amd64" not in have]
    print(f"{len(there)} packages to get, {len(have)} there", flush=True)
    if there:
        run("apt-get", "download", *there)
    print(sorted({w for w in wanted} - set(there))[:40])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

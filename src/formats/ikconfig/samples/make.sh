#!/bin/sh
# Makes the samples into the current folder: python3, gzip. The marks are those of Linux' kernel/configs.c, the stream is gzip's with the options of
# kernel/Makefile (gzip -n -9). NAME.covered is written from RFC 1952: crc32 and size vouch for the deflate stream and are fields themselves; of the
# stream its last byte is left out (padding bits).
set -e
python3 - <<'END'
import subprocess

def configuration(n):  # no line twice: a changed distance must change the content
    seed, lines = 1, ["#", "# Automatically generated file; DO NOT EDIT.", "# Linux/arm 5.10.7 Kernel Configuration", "#"]
    for i in range(n):
        seed = seed * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        name = f"CONFIG_{seed >> 40:06X}_{i}"
        lines.append([f"{name}=y", f"{name}=m", f"# {name} is not set", f"{name}={seed >> 52}"][seed >> 30 & 3])
    return ("\n".join(lines) + "\n").encode()

def sample(name, n, *options):
    packed = subprocess.run(["gzip", "-9", *options], input=configuration(n), stdout=subprocess.PIPE, check=True).stdout
    open(name + ".bin", "wb").write(b"IKCFG_ST" + packed + b"IKCFG_ED")
    begin, end = 8 + 10, 8 + len(packed)
    open(name + ".covered", "w").write(f"{begin + 1} {end - 8 - begin - 2}\n{end - 8} 8\n")

sample("config", 300, "-n")
sample("small", 3, "-n")
END

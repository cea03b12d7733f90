#!/bin/sh
# Makes the samples into the current folder: lz4 1.9.4, seq, awk. No byte is covered by a checksum: the .covered files are empty.
set -e
seq 1 200 | awk '{ print $1, $1 * $1 % 9973, "line of text" }' | lz4 -l -1 -c > fast.bin
seq 1 300 | awk '{ print $1, $1 * $1 % 9973, "line of text" }' | lz4 -l -9 -c > kernel.bin
{ seq 1 90 | lz4 -l -12 -c; seq 100 300 | lz4 -l -12 -c; } > streams.bin
{ head -c 8388608 /dev/zero; seq 1 400; } | lz4 -l -9 -c > blocks.bin  # a full one and another
for f in *.bin; do : > "${f%.bin}.covered"; done

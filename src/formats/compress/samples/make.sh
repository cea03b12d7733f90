#!/bin/sh
# Makes the samples of compress into the current folder: compress (ncompress 4.2), seq, awk. The .covered files are empty: nothing in the format
# vouches for a byte.
set -eu
export LC_ALL=C

text() { seq "$1" "$2" | awk '{ print $1, $1 * $1 % 9973, "line of text" }'; }

text 1 300 | compress -f -c -b 16 > bits16.bin
text 1 400 | compress -f -c -b 10 > bits10.bin   # its table is full, and emptied
for f in *.bin; do : > "${f%.bin}.covered"; done

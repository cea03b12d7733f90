#!/bin/sh
# Makes the samples of xz into the current folder. Needs xz (made with 5.4.1; 5.2 ... 5.8 write the same), seq, awk, python3 (numbers that do not compress).
set -eu
export LC_ALL=C XZ_DEFAULTS= XZ_OPT=

text() { seq "$1" "$2" | awk '{ print $1, $1 * $1 % 9973, "line of text" }'; }
words() { seq "$1" "$2" | awk '{ printf "%c%c%c%c", 65 + $1 % 26, 97 + $1 * 7 % 26, 48 + $1 % 3, 235 }'; }  # every fourth byte as in ARM's branches
noise() { python3 -c "import random, sys; sys.stdout.buffer.write(random.Random($1).randbytes($2))"; }

text 1 300 | xz -6 -T1 --check=sha256 > sha256.bin
text 1 200 | xz -9e -T1 --check=crc64 > extreme.bin
words 1 3000 | xz -T1 --check=crc32 --arm=start=4096 --lzma2=preset=3,dict=32MiB > kernel.bin
words 1 900 | xz -T1 --check=crc32 --delta=dist=4 --lzma2=preset=1,lc=0,lp=2,pb=1,dict=64KiB > delta.bin
text 1 900 | xz -2 -T1 --check=crc64 --block-size=7000 > blocks.bin
text 1 900 | xz -1 -T2 --check=crc32 --block-size=7000 > threads.bin       # headers with sizes
{ noise 1 4000; text 1 99; } | xz -1 -T2 --check=crc32 --block-size=2000 > stored.bin  # the first two blocks get no smaller
{ text 1 99 | xz -0 -T1 --check=crc32; head -c 8 /dev/zero; text 100 200 | xz -4 -T1 --check=sha256; printf '' | xz --check=crc64; } > streams.bin
text 1 99 | xz -6 -T1 --check=none > none.bin
printf '' | xz --check=crc32 > empty.bin

# What some check covers: of each stream all but the first magic, by which it is found; without a check nothing speaks for the encoded bytes.
for f in *.bin; do
    xz --robot --list -vv "$f" | awk -F '\t' '
        $1 == "stream" { at[$2] = $4; size[$2] = $6; check[$2] = $9 }
        $1 == "block" { begin[$2] = begin[$2] ? begin[$2] : $5; header[$2] = $12; end[$2] = $5 + $7 }
        END {
            for (s = 1; s in at; s++) {
                from = s == 1 ? 6 : at[s]
                if (check[s] != "None") print from, at[s] + size[s] - from
                else print from, begin[s] + header[s] - from "\n" end[s], at[s] + size[s] - end[s]
            }
        }' > "${f%.bin}.covered"
done

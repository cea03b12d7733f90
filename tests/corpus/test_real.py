#!/usr/bin/env python3
"""Real files: the map of each against what real/README.md says of the formats known so far; taken apart and put together, identical."""
import json, struct, sys, tempfile
from pathlib import Path
from corpus import CORPUS, camera_real, need, tool

need()
# UBI is not known yet: its blocks cut what is in it, so parts of it stand for themselves (a uImage with its header, xz streams of the squashfs's blocks).
NOT_YET = {"openwrt1806_kirkwood_squashfs.ubi"}
KNOWN = {"uimage", "xz", "gzip", "bzip2", "lzma", "zlib", "lzip", "lzop", "lz4", "lz4-legacy", "zstd", "compress", "squashfs", "jffs2", "cpio", "tar", "cramfs", "romfs", "uboot-env", "dtb", "linux-image", "ikconfig", "elf", "pe", "zimage", "bzimage", "efi-zboot"}
# As real/README.md has it: {path of a node: size, or (size, decoded size)}; every known region must be listed.
EXPECTED = {
    "mjsxj05cm_recovery_kernel_xz.uimage": {"/00000000.uimage": 1570420, "/00000000.uimage/payload": 1570356, "/00000000.uimage/payload/content": 3358720},
    "mjsxj05cm_recovery_data.jffs2": {"/00000000.jffs2": 3803240},
    "mjsxj05cm_spi_0x30000_uboot_env.bin": {"/00000000.uimage": 64 + 107120, "/00000000.uimage/payload": 107120, "/00000000.uimage/payload/content": 293560, "/0001f000.uboot-env": 4096},
    "mjsxj05cm_spi_0x0_ipl_mxpt.bin": {},
    "yi1080_mtd2_rootfs_xz.squashfs.bin": {"/00000000.squashfs": 1104174},
    "gm8135s_custom_cramfs.uimage": {"/00000000.uimage": 20544, "/00000000.uimage/payload": 20480},
    "openwrt_brcm24_squashfs30lzma.trx": {"/0000001c.gzip": 0x902 - 0x1C, "/0000001c.gzip/content": 3760, "/00000904.lzma": 0x7A609 - 0x904, "/00000904.lzma/content": 1654784, "/0007a800.squashfs": 1302568},
    "parallella_zynq_mmc.dtb": {"/00000000.dtb": 8667},
    "meraki_mr53_uboot.itb": {"gzip": 195030},
    "zyxel_zloader_gz_arm64.uimage": {"/00000000.uimage": 23932, "/00000000.uimage/payload": 23868},
    "esp32s3_linux_etc.jffs2": {"/00000000.jffs2": 0x561C},
    "la_cpio.gz": {"/00000000.gzip": 143, "/00000000.gzip/content": 512},
    "la_cpio.bz2": {"/00000000.bzip2": 155, "/00000000.bzip2/content": 512},
    "la_cpio.lz4": {"/00000000.lz4": 164, "/00000000.lz4/content": 512},
    "la_cpio.lzo": {"/00000000.lzop": 235, "/00000000.lzop/content": 512},
    "la_cpio.lz": {"/00000000.lzip": 129, "/00000000.lzip/content": 512},
    "la_cpio.xz": {"/00000000.xz": 164, "/00000000.xz/content": 512},
    "la_cpio.lzma": {"/00000000.lzma": 116, "/00000000.lzma/content": 512},
    "la_cpio.zst": {"/00000000.zstd": 121, "/00000000.zstd/content": 512},
    "la_cpio.Z": {"/00000000.compress": 168, "/00000000.compress/content": 512},
    "la_oldbin_be.cpio": {"/00000000.cpio": 92},
    "la_svr4_gzip.rpm": {"gzip": None},
    "camera_real.img": {"/00000000.uimage": 0x17F674, "/00000000.uimage/payload": 1570356, "/00000000.uimage/payload/content": 3358720, "/00210000.squashfs": 1104174, "/00960000.jffs2": 3803240},
}
# Entries: how many, and one of them, as bsdcpio and fsck.cramfs list them.
ENTRIES = {
    "gm8135s_custom_cramfs.uimage:/00000000.uimage/payload": (43, {"path": "extapp.sh", "type": "file", "mode": "0755", "uid": 0, "gid": 0, "size": 64}),
    "openwrt_brcm24_squashfs30lzma.trx:/0007a800.squashfs": (413, {"path": "bin/busybox", "type": "file"}),
    "la_cpio.gz:/00000000.gzip/content/00000000.cpio": (2, {"path": "file1", "type": "file"}),
    "la_cpio.xz:/00000000.xz/content/00000000.cpio": (2, {"path": "file2", "type": "file"}),
    # A root and as many dirents as the README counts; what a reader of tests/jffs2 says is the same of every entry.
    "mjsxj05cm_recovery_data.jffs2:/00000000.jffs2": (231, {"path": "bin/log2mi.sh", "type": "file", "mode": "0755", "uid": 0, "gid": 0, "mtime": 1567080624, "size": 1656}),
    "esp32s3_linux_etc.jffs2:/00000000.jffs2": (48, {"path": "hosts", "type": "file", "mode": "0644", "uid": 0, "gid": 0, "mtime": 1693854106, "size": 40}),
    "la_oldbin_be.cpio:/00000000.cpio": (1, {"path": "file1111222233334444", "type": "file", "mode": "0644", "uid": 1000, "gid": 0, "size": 5, "mtime": 1240664175}),
}
bad = []


def nodes(node):
    yield node
    for c in node.get("children", ()):
        yield from nodes(c)


files = sorted(p for p in (CORPUS / "real").iterdir() if p.suffix not in (".md", ".py"))
for image in [*files, camera_real()]:
    answer = json.loads(tool("scan", "--tree", "--json", image, codes=(0, 1)).stdout)
    found = {n["path"]: n for n in nodes(answer["root"])}
    expected = EXPECTED.get(image.name, {})
    for path, size in expected.items():
        if path in KNOWN:  # its place is not told: one of that format, of that size
            if not any(n["format"] == path and size in (None, n["size"]) for n in found.values()):
                bad.append(f"{image.name}: no {path} of {size} bytes")
        elif path not in found or found[path]["size"] != size:
            bad.append(f"{image.name}: {path} should have {size} bytes, not {found.get(path, {}).get('size')}")
    for c in answer["root"].get("children", ()) if image.name not in NOT_YET else ():
        if c["format"] == "dtb" and struct.unpack_from(">II", image.read_bytes(), c["offset"]) == (0xD00DFEED, c["size"]):
            continue  # boot loaders carry many, which the README does not list: each is as long as it says
        if c["format"] in KNOWN and c["path"] not in expected and c["format"] not in expected:
            bad.append(f"{image.name}: {c['path']} of {c['size']} bytes is not in the README")
    with tempfile.TemporaryDirectory() as work:
        folder, back = Path(work, "folder"), Path(work, "back")
        tool("extract", image, "-o", folder, codes=(0, 1))
        tool("repack", folder, "-o", back)
        if back.read_bytes() != image.read_bytes():
            bad.append(f"{image.name}: put together it is not identical")
    done = json.loads(tool("verify", "--json", image, codes=(0, 1)).stdout)
    if image.name.startswith(("mjsxj", "yi", "zyxel", "camera_real")) and done["summary"]["fail"]:
        bad.append(f"{image.name}: {done['summary']['fail']} checks fail, the README calls all ok")
for place, (count, one) in ENTRIES.items():
    entries = json.loads(tool("ls", "-R", "--json", CORPUS / "real" / place).stdout)["entries"]
    if len(entries) != count or not any(one.items() <= e.items() for e in entries) or any(e["state"] != "intact" for e in entries if e["type"] == "file"):
        bad.append(f"{place}: not {count} entries, or not {one}: {entries}")
print(*bad, sep="\n")
print(f"{len(files) + 1} real files, {len(bad)} differences")
sys.exit(bool(bad))

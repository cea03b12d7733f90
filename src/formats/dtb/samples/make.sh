#!/bin/sh
# Makes the samples of this folder into the current one. Needs dtc (package device-tree-compiler).
# NAME.covered is empty for all: a devicetree has no checksum (Devicetree Specification v0.4, chapter 5).
set -e
cat > board.dts <<'END'
/dts-v1/;
/memreserve/ 0x81000000 0x4000;
/ {
    model = "Camera board rev 2";
    compatible = "vendor,camera-2", "vendor,camera";
    #address-cells = <1>;
    #size-cells = <1>;
    chosen { bootargs = "console=ttyS0,115200 root=/dev/mtdblock2 ro"; };
    memory@80000000 { device_type = "memory"; reg = <0x80000000 0x4000000>; };
    soc {
        #address-cells = <1>;
        #size-cells = <1>;
        compatible = "simple-bus";
        ranges;
        uart: serial@1f000000 { compatible = "ns16550a"; reg = <0x1f000000 0x100>; clock-frequency = <24000000>; status = "okay"; };
        flash@1f002000 {
            compatible = "vendor,spi-nor";
            reg = <0x1f002000 0x200>;
            key = [00 11 22 33 44 55 66];
            big = /bits/ 64 <0x123456789abcdef0>;
            empty = "";
            console = <&uart>;
        };
    };
};
END
dtc -q -O dtb -o board.bin board.dts
dtc -q -O dtb -V 16 -o old.bin board.dts
dtc -q -O dtb -p 100 -R 4 -b 1 -o roomy.bin board.dts
printf '/dts-v1/;\n/ { };\n' | dtc -q -O dtb -o bare.bin -
for name in board old roomy bare; do : > $name.covered; done
rm -f board.dts

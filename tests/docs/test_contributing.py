#!/usr/bin/env python3
"""The worked example of CONTRIBUTING.md: built as it stands there, against the library, and tried."""
import os, re, subprocess, sys, tempfile
from pathlib import Path

top, tool = Path(os.environ["SOURCE_DIR"]), Path(os.environ["FIELDSTRIP"])
magics, example = re.findall(r"```cpp\n(.*?)```", (top / "CONTRIBUTING.md").read_text(), re.S)[:2]
DRIVER = r'''
#include "engine/editor.h"
#include "engine/registry.h"
#include "engine/windows.h"
#include "formats/hello/magics.h"
#include "engine/verifier.h"
#include <cstdio>
#include <cstdlib>
using namespace fieldstrip;
namespace fieldstrip::formats { extern const Format hello; }
std::span<const Format* const> fieldstrip::registry() { static const Format* const all[] = {&formats::hello}; return all; }
const Windows& fieldstrip::registry_windows() {
    static constexpr Sought all[] = {{&formats::hello, magics::hello}};
    static constexpr Windows chosen = windows::choose(all);
    return chosen;
}
static void must(bool holds, const char* what) { if (!holds) std::printf("FAIL %s\n", what), std::exit(1); }
int main() {
    Bytes image(1000, 0x5A);
    Bytes payload{'p', 'a', 'y', 'l', 'o', 'a', 'd', '!'}, header(16);
    std::memcpy(header.data(), "HELO", 4);
    store(std::span(header).subspan(4, 4), 4, Endian::Little, payload.size());
    store(std::span(header).subspan(8, 4), 4, Endian::Little, crc32(payload));
    std::copy(header.begin(), header.end(), image.begin() + 333);
    std::copy(payload.begin(), payload.end(), image.begin() + 349);
    Context cx;
    auto root = open_image(Buffer::own(image));
    auto found = root->find("/0000014d.hello", cx);
    must(found && (*found)->extent() == Extent{333, 24}, "it is found with its extent");
    Changes changes;
    Rope longer;
    longer.fresh(Bytes(4, 'x'));
    must(set_field(*root, "/0000014d.hello.board=7", changes, cx).has_value(), "a field is set");
    must(replace(*root, "/0000014d.hello/payload", longer, changes, cx).has_value(), "a part is replaced");
    Plan plan;
    auto made = rebuild(*root, changes, {}, plan, cx);
    must(made.has_value(), "it is rebuilt");
    auto again = open_image(made->joined());
    int passed = 0, failed = 0;
    (void)verify(*again, [&](const NodeCheck& c) { (c.check.outcome == Check::Outcome::Pass ? passed : failed)++; }, cx);
    must(passed == 2 && !failed && (*again->find("/0000014d.hello", cx))->extent().size == 20, "size and crc follow");
    std::printf("the worked example of CONTRIBUTING.md holds\n");
}
'''
build = tool.parent
commands = (build / "compile_commands.json").read_text()
flags = re.search(r'"command": "(?:\S*env \S+ \S+ |\S*ccache )?(\S*(?:clang\+\+|g\+\+)\S*) (.*?) -o \S+ -c \S+engine/tree\.cc"', commands)
compiler, rest = flags[1], flags[2].replace('\\"', '"')
rest = [w for w in rest.split() if not re.search(r"pch|^-Xclang$|^-include|-Werror|^-MD$", w)]
with tempfile.TemporaryDirectory() as work:
    folder = Path(work, "formats/hello")
    folder.mkdir(parents=True)
    (folder / "magics.h").write_text(magics)
    Path(work, "hello.cc").write_text(example)
    Path(work, "driver.cc").write_text(DRIVER)
    libs = [f"/usr/lib/x86_64-linux-gnu/lib{l}.a" for l in ("deflate", "z", "lzma", "lz4", "zstd", "lzo2", "nettle")]
    libs = [l if Path(l).exists() else f"-l{Path(l).stem[3:]}" for l in libs]
    run = [compiler, *rest, "-I", work, "-o", f"{work}/hello", f"{work}/hello.cc", f"{work}/driver.cc", str(build / "libfieldstrip.a"), *libs, "-pthread"]
    done = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit("the example does not build:\n" + done.stdout.decode()[-3000:])
    sys.exit(subprocess.run([f"{work}/hello"]).returncode)

// The inventory's detectors over small made bytes: a hit, and what nearly is one.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "look/accounts.h"
#include "look/der.h"
#include "look/needles.h"
#include "look/packages.h"
#include "look/versions.h"

using namespace fieldstrip;

namespace {

std::string version_in(std::string_view pattern, std::string_view text) {
    auto m = match_version(pattern, as_bytes(text), 0);
    return m ? std::string(m->version) : "";
}

Found found_in(std::string_view name, std::string_view text) {
    Found out;
    detect({"/x", std::string(name), as_bytes(text)}, 1700000000, out);
    return out;
}

std::vector<std::string> named(const Found& f) {
    std::vector<std::string> out;
    for (auto& c : f.components) out.push_back(c.name + ' ' + c.version);
    return out;
}

size_t count(const Found& f, Concern::Kind k) {
    return size_t(std::count_if(f.concerns.begin(), f.concerns.end(), [&](auto& c) { return c.kind == k; }));
}

using Names = std::vector<std::string>;
using namespace std::string_view_literals;

TEST(Needles, FindsWhatASlowSearchFinds) {
    std::mt19937 rng(1);
    const std::vector<std::string_view> needles = {"aabab", "babab", "abababab", "bbbbb", "aaaaaa"};
    const Needles fast(needles);
    for (int round = 0; round < 300; round++) {
        std::string text(rng() % 200, ' ');
        for (char& c : text) c = char('a' + rng() % 2);
        std::multiset<std::pair<size_t, u64>> want, got;
        for (size_t i = 0; i < needles.size(); i++)
            for (auto at = text.find(needles[i]); at != text.npos; at = text.find(needles[i], at + 1)) want.emplace(i, at);
        fast.find(as_bytes(text), [&](size_t which, u64 at) { got.emplace(which, at); });
        ASSERT_EQ(want, got) << text;
    }
}

TEST(Versions, TableHasAnchors) {
    for (auto& p : programs()) {
        EXPECT_TRUE(!anchor_of(p.pattern).empty() || p.with.size() >= Needles::kShortest) << p.name << ' ' << p.pattern;
        EXPECT_TRUE(p.with.empty() || p.with.size() >= Needles::kShortest) << p.name;
        EXPECT_NE(p.pattern.find_first_of("@!&#"), p.pattern.npos) << p.name;
        if (anchor_of(p.pattern).empty()) {
            EXPECT_TRUE(p.pattern.starts_with("^@") || p.pattern.starts_with("^v@") || (p.pattern[1] >= '0' && p.pattern[1] <= '9'))
                << p.name;
        }
    }
}

TEST(Versions, Match) {
    EXPECT_EQ(version_in("BusyBox v@ (", "BusyBox v1.36.1 (2023-05-01)"), "1.36.1");
    EXPECT_EQ(version_in("BusyBox v@ (", "BusyBox v1.36.1"), "");
    EXPECT_EQ(version_in("BusyBox v@ (", "BusyBox v%s ("), "");
    EXPECT_EQ(version_in("BusyBox v@ (", "BusyBox v1.%d ("), "");
    EXPECT_EQ(version_in("^OpenSSL @ ~ 20", "OpenSSL 1.0.2k  26 Jan 2017"), "1.0.2k");
    EXPECT_EQ(version_in("^OpenSSL @ ~ 20", "OpenSSL 1.0.2k"), "");
    EXPECT_EQ(version_in("^OpenSSH_!", "OpenSSH_9.2p1 Debian-2"), "9.2p1");
    EXPECT_EQ(version_in("^OpenSSH_!", "OpenSSH_6.6.1*"), "");
    EXPECT_EQ(version_in("^OpenSSH_!", "OpenSSH_2.*,OpenSSH_3.*"), "");
    EXPECT_EQ(version_in("^OpenSSH_!", "OpenSSH_9.2"), "");
    EXPECT_EQ(version_in("Linux version & (", "Linux version 5.10.0-28-amd64 (debian-kernel@"), "5.10.0-28-amd64");
    EXPECT_EQ(version_in("Linux version & (", "Linux version %s (%s)"), "");
    EXPECT_EQ(version_in("^3.@$", "3.40.1"), "3.40.1");
    EXPECT_EQ(version_in("^3.@$", "2.40.1"), "");
    EXPECT_EQ(version_in("^1.@$", "1.21"), "1.21");
    EXPECT_EQ(version_in("^@$", "2.1.12-stable"), "2.1.12-stable");
    EXPECT_EQ(version_in("^@$", "4.4.3-P1"), "4.4.3-P1");
    EXPECT_EQ(version_in("^@$", "0.0.0"), "");
    EXPECT_EQ(version_in("^@$", "12"), "");
    EXPECT_EQ(version_in("^@$", "1.2.x"), "");
    EXPECT_EQ(version_in("libuClibc-0.@.so", "libuClibc-0.9.33.2.so"), "0.9.33.2");
    EXPECT_EQ(version_in("^systemd # (", "systemd 252 (252.38"), "252");
}

TEST(Versions, InPrograms) {
    EXPECT_EQ(named(found_in("bin/busybox", "\0BusyBox v1.36.1 (2023)\0"sv)), Names{"busybox 1.36.1"});
    // A text that speaks of it, an applet's name, a format.
    EXPECT_EQ(named(found_in("README", "built with BusyBox v1.36.1 (2023)\n")), Names{});
    EXPECT_EQ(named(found_in("a", "\0curl/%s\0OpenSSL/%s\0dnsmasq\0"sv)), Names{});
    // A program that was compiled with OpenSSL holds its name and version; the library holds more.
    EXPECT_EQ(named(found_in("a", "\0OpenSSL 3.0.15 3 Sep 2024\0"sv)), Names{});
    EXPECT_EQ(named(found_in("a", "\0OpenSSL 3.0.15 3 Sep 2024\0OPENSSLDIR: \"/usr\"\0"sv)), Names{"openssl 3.0.15"});
    // A version that stands alone counts only where it is the only one, and the program is named.
    EXPECT_EQ(named(found_in("a", "\0SQLite format 3\0003.40.1\0"sv)), Names{"sqlite 3.40.1"});
    EXPECT_EQ(named(found_in("a", "\0SQLite format 3\0003.40.1\0003.39.0\0"sv)), Names{});
    EXPECT_EQ(named(found_in("a", "\0003.40.1\0"sv)), Names{});
    EXPECT_EQ(named(found_in("a", "\0mosquitto version %s\000127.0.0.1\0002.0.11\0"sv)), Names{"mosquitto 2.0.11"});
    EXPECT_EQ(named(found_in("a", "\0%s is very old version of rsync\0001.2.13\0003.2.7\0"sv)), Names{"rsync 3.2.7"});
    EXPECT_EQ(named(found_in("lib/libuClibc-0.9.29.so",
                             "\x7F"
                             "ELF\0"sv)),
              Names{"uclibc 0.9.29"});
    EXPECT_EQ(named(found_in("lib/libuClibc-0.9.29.so", "text"sv)), Names{});
}

TEST(Packages, Databases) {
    constexpr auto kDpkg =
        "Package: libc6\nStatus: install ok installed\nArchitecture: armhf\nVersion: 2.36-9\nDescription: C\n Package: no\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: half\nVersion: 2"sv;
    EXPECT_EQ(named(found_in("var/lib/dpkg/status", kDpkg)), (Names{"libc6 2.36-9", "half 2"}));
    EXPECT_EQ(named(found_in("var/lib/dpkg/status-old", kDpkg)), Names{});
    EXPECT_EQ(named(found_in("usr/lib/opkg/info/dnsmasq.control", "Package: dnsmasq\nVersion: 2.45-1\n")), Names{"dnsmasq 2.45-1"});
    EXPECT_EQ(named(found_in("lib/apk/db/installed", "C:Q1\nP:musl\nV:1.2.4-r2\nA:armv7\n\nP:zlib\nV:1.3-r0\n")),
              (Names{"musl 1.2.4-r2", "zlib 1.3-r0"}));
    EXPECT_EQ(named(found_in("etc/openwrt_release", "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='18.06.1'\n")), Names{"OpenWrt 18.06.1"});
}

TEST(Accounts, PasswordsAndNearMisses) {
    auto f = found_in("etc/shadow", "root:$1$abcdefgh$0123456789012345678901:0:0:99999:7:::\nx:*:0:0:99999:7:::\ny::0:0:99999:7:::\n");
    EXPECT_EQ(count(f, Concern::Kind::PasswordHash), 1u);
    EXPECT_EQ(count(f, Concern::Kind::DefaultAccount), 1u);
    f = found_in("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nadmin:x:0:0::/:/bin/sh\nd:ab0123456789.:5:5::/:/bin/sh\n");
    EXPECT_EQ(count(f, Concern::Kind::PasswordHash), 1u);
    EXPECT_EQ(count(f, Concern::Kind::DefaultAccount), 1u);
    EXPECT_TRUE(found_in("etc/pam.d/passwd", "auth required pam_unix.so\n").concerns.empty());
}

TEST(Services, StartedAndOnlySpokenOf) {
    EXPECT_EQ(count(found_in("etc/init.d/S50", "#!/bin/sh\n/usr/sbin/telnetd -l /bin/login\n"), Concern::Kind::Service), 1u);
    EXPECT_EQ(count(found_in("etc/inittab", "::respawn:/usr/sbin/telnetd -F\n"), Concern::Kind::Service), 1u);
    for (auto line : {"# telnetd", "killall telnetd", "echo telnetd is off", "[ -x /usr/sbin/telnetd ] || exit", "cat /etc/telnetd.conf",
                      "mytelnetd &", "mkdir -p /var/telnetd", "telnetd() {", "telnetd)"})
        EXPECT_EQ(count(found_in("etc/init.d/S50", "#!/bin/sh\n" + std::string(line) + "\n"), Concern::Kind::Service), 0u) << line;
}

TEST(Keys, NearMisses) {
    EXPECT_TRUE(found_in("a", "\0-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0"sv).concerns.empty());
    EXPECT_TRUE(found_in("a", "-----BEGIN PRIVATE KEY-----\nMIIC...\n-----END PRIVATE KEY-----\n").concerns.empty());
    EXPECT_TRUE(found_in("a", "\x30\x82\x01\x00\x02\x01\x00\x02\x82\x01\x01\x00"sv).concerns.empty());
    EXPECT_EQ(count(found_in("a", "rtsp://admin:s3cret@camera.lan/live"), Concern::Kind::Secret), 1u);
    for (auto url : {"http://user:password@example.com", "http://%s:%s@%s", "http://host:80/a@b", "http://a.b/c"})
        EXPECT_TRUE(found_in("a", url).concerns.empty()) << url;
}

TEST(Der, BoundsAndShortestLengths) {
    auto first = [](std::string_view s) {
        auto b = as_bytes(s);
        return next_der(b);
    };
    EXPECT_TRUE(first("\x02\x01\x05"sv));
    EXPECT_FALSE(first("\x02\x02\x05"sv));
    EXPECT_FALSE(first("\x02\x81\x01\x05"sv));
    EXPECT_FALSE(first("\x02\x84\xFF\xFF\xFF\xFF\x05"sv));
    EXPECT_FALSE(first("\x02\x85\x00\x00\x00\x00\x01\x05"sv));
    EXPECT_FALSE(first("\x30"sv));
}

}  // namespace

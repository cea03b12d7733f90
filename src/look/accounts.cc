// Sources: passwd(5), shadow(5), crypt(5) (what a hash begins with), sshd(8) (authorized_keys), wpa_supplicant.conf(5), hostapd.conf,
// OpenWrt's UCI (option key).
#include "look/accounts.h"

#include "engine/words.h"

namespace fieldstrip {
namespace {

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (size_t at = 0; out.size() < 16;) {
        auto colon = line.find(':', at);
        out.push_back(line.substr(at, colon == line.npos ? line.npos : colon - at));
        if (colon == line.npos) break;
        at = colon + 1;
    }
    return out;
}

bool is_number(std::string_view s) {
    return !s.empty() && s.size() <= 10 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Hash {
    std::string_view begins, name;
    bool weak;
};
constexpr Hash kHashes[] = {
    {"$1$", "MD5-crypt", true},      {"$2", "bcrypt", false},        {"$3$", "NT hash", true},         {"$5$", "SHA-256-crypt", false},
    {"$6$", "SHA-512-crypt", false}, {"$7$", "scrypt", false},       {"$y$", "yescrypt", false},       {"$gy$", "gost-yescrypt", false},
    {"$md5", "SunMD5", true},        {"$sha1", "SHA-1-crypt", true}, {"$apr1$", "Apache's MD5", true},
};

/// What kind of hash it is; none: it is no hash (locked, elsewhere).
std::optional<Hash> hash_of(std::string_view s) {
    while (s.starts_with('!')) s.remove_prefix(1);  // a locked account keeps its hash
    for (auto& h : kHashes)
        if (s.starts_with(h.begins) && s.size() > h.begins.size() + 8) return h;
    auto plain = std::all_of(s.begin(), s.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
    });
    if (s.size() == 13 && plain) return Hash{"", "DES-crypt", true};
    return {};
}

void add(const Space& s, Concern::Kind kind, Severity weight, std::string what, u64 at, std::string_view text, Found& out) {
    out.concerns.push_back({kind, weight, excerpt(what, 300), {s.path, at, excerpt(text)}});
}

void password(const Space& s, std::string_view account, std::string_view word, u64 at, std::string_view line, Found& out) {
    if (word.empty())
        return add(s, Concern::Kind::DefaultAccount, Severity::Error, "account " + std::string(account) + " needs no password", at, line,
                   out);
    auto h = hash_of(word);
    if (!h) return;
    const bool locked = word.starts_with('!');
    add(s, Concern::Kind::PasswordHash, h->weak && !locked ? Severity::Error : Severity::Warning,
        "password of " + std::string(account) + ": " + std::string(h->name) + (h->weak ? ", which is quickly guessed" : "") +
            (locked ? "; the account is locked" : ""),
        at, line, out);
}

bool is_account(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
}

void passwd(const Space& s, Found& out) {
    each_line(s.text(), [&](std::string_view line, u64 at) {
        auto f = fields_of(line);
        if (f.size() != 7 || !is_account(f[0]) || !is_number(f[2]) || !is_number(f[3]) || !(f[5].empty() || f[5][0] == '/')) return true;
        password(s, f[0], f[1], at, line, out);
        if (f[2].find_first_not_of('0') == f[2].npos && f[0] != "root")
            add(s, Concern::Kind::DefaultAccount, Severity::Warning, "account " + std::string(f[0]) + " is root by another name (uid 0)",
                at, line, out);
        return true;
    });
}

void shadow(const Space& s, Found& out) {
    each_line(s.text(), [&](std::string_view line, u64 at) {
        auto f = fields_of(line);
        auto numbers = [&](size_t i) { return f[i].empty() || is_number(f[i]) || f[i] == "-1"; };
        if (f.size() != 9 || !is_account(f[0]) || !numbers(2) || !numbers(3) || !numbers(4)) return true;
        password(s, f[0], f[1], at, line, out);
        return true;
    });
}

/// name:hash of a web server.
void htpasswd(const Space& s, Found& out) {
    each_line(s.text(), [&](std::string_view line, u64 at) {
        auto f = fields_of(line);
        if (f.size() >= 2 && is_account(f[0]) && !f[1].empty()) password(s, f[0], f[1], at, line, out);
        return true;
    });
}

void authorized_keys(const Space& s, Found& out) {
    each_line(s.text(), [&](std::string_view line, u64 at) {
        if (line.starts_with('#')) return true;
        for (std::string_view kind : {"ssh-rsa ", "ssh-dss ", "ssh-ed25519 ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"}) {
            auto found = line.find(kind);
            if (found == line.npos || (found && line[found - 1] != ' ')) continue;
            auto space = line.rfind(' ');
            auto comment =
                std::count(line.begin() + std::ptrdiff_t(found), line.end(), ' ') >= 2 ? line.substr(space + 1) : std::string_view();
            add(s, Concern::Kind::AuthorizedKey, Severity::Warning,
                "a key that may log in: " + std::string(trimmed(kind)) + (comment.empty() ? "" : " of " + excerpt(comment, 80)), at,
                line.substr(found, 60), out);
            break;
        }
        return true;
    });
}

/// KEY=VALUE and "option KEY 'VALUE'" lines that hold a password.
void wireless(const Space& s, Found& out) {
    each_line(s.text(), [&](std::string_view whole, u64 at) {
        auto line = trimmed(whole);
        for (std::string_view key : {"psk=", "wpa_passphrase=", "wpa_psk=", "wep_key0=", "password=", "option key "}) {
            if (!line.starts_with(key)) continue;
            auto value = line.substr(key.size());
            while (!value.empty() && (value[0] == '"' || value[0] == '\'')) value.remove_prefix(1);
            while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
            if (value.size() >= 5 && value.find(' ') == value.npos)
                add(s, Concern::Kind::Secret, Severity::Warning, "a password of a wireless network (" + std::string(trimmed(key)) + ")", at,
                    line, out);
        }
        return true;
    });
}

struct Known {
    std::string_view name;
};
/// Programs that are set-id on most systems: no surprise.
constexpr Known kSetId[] = {{"su"},      {"sudo"},  {"passwd"},      {"mount"},      {"umount"},      {"ping"},    {"ping6"}, {"newgrp"},
                            {"chsh"},    {"chfn"},  {"gpasswd"},     {"fusermount"}, {"fusermount3"}, {"busybox"}, {"chage"}, {"expiry"},
                            {"crontab"}, {"login"}, {"unix_chkpwd"}, {"ssh-agent"},  {"wall"},        {"write"},   {"at"},    {"pkexec"}};

}  // namespace

void find_accounts(const Space& s, Found& out) {
    constexpr u64 kMost = u64{1} << 20;
    if (s.name.empty() || s.bytes.empty() || s.bytes.size() > kMost) return;
    auto name = last_name(s.name);
    if (name.starts_with("passwd")) passwd(s, out);
    if (name.starts_with("shadow")) shadow(s, out);
    if (name.ends_with("htpasswd") || name.starts_with(".htpasswd")) htpasswd(s, out);
    if (name.starts_with("authorized_keys")) authorized_keys(s, out);
    if (name.starts_with("wpa_supplicant") || name.starts_with("hostapd") || s.name.ends_with("etc/config/wireless")) wireless(s, out);
    if (name.starts_with("dropbear_") && name.ends_with("_host_key"))
        add(s, Concern::Kind::PrivateKey, Severity::Error,
            "private key: Dropbear's own, of the host, in an image: every device has the same", 0, name, out);
}

void find_modes(const std::string& path, const EntryList& list, Found& out) {
    constexpr size_t kMany = 16;
    std::vector<Concern> writable;
    for (auto& e : list.all()) {
        if (!e.mode) continue;
        const auto octal = mode_octal(*e.mode & 07777);
        auto at = path + (path.ends_with('/') ? "" : "/") + e.path;
        if (e.is_file() && (*e.mode & 06000) && (*e.mode & 0111)) {
            auto name = last_name(e.path);
            const bool usual = std::any_of(std::begin(kSetId), std::end(kSetId), [&](auto& k) { return k.name == name; });
            auto who = std::string(*e.mode & 04000 ? "set-user-id" : "set-group-id");
            auto owner = *e.mode & 04000 ? e.uid : e.gid;
            out.concerns.push_back({Concern::Kind::SetId,
                                    usual ? Severity::Note : Severity::Warning,
                                    who + (owner ? " of " + std::to_string(*owner) : "") + ": " + e.path,
                                    {at, 0, octal}});
        }
        const bool open = (*e.mode & 2) && (e.is_file() || (e.is(Entry::Type::Directory) && !(*e.mode & 01000)));
        if (open)
            writable.push_back({Concern::Kind::WorldWritable,
                                Severity::Warning,
                                std::string(e.is_file() ? "file" : "folder") + " that anybody may write to: " + e.path,
                                {at, 0, octal}});
    }
    if (writable.size() > kMany) {
        auto& first = writable.front();
        first.what = std::to_string(writable.size()) +
                     " files and folders that anybody may write to; the first: " + std::string(last_name(first.evidence.path));
        writable.resize(1);
    }
    for (auto& w : writable) out.concerns.push_back(std::move(w));
}

}  // namespace fieldstrip

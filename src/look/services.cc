// What starts by itself, and what listens to the network. Sources: inittab(5) of BusyBox and sysvinit, inetd.conf(5), systemd.unit(5),
// crontab(5); the programs' own names.
#include "look/accounts.h"

namespace fieldstrip {
namespace {

struct Daemon {
    std::string_view name;
    Severity weight;  // where something starts it
    std::string_view what;
};
using enum Severity;
constexpr Daemon kDaemons[] = {
    {"telnetd", Error, "logins without encryption"},
    {"utelnetd", Error, "logins without encryption"},
    {"in.telnetd", Error, "logins without encryption"},
    {"rlogind", Error, "logins without encryption"},
    {"rshd", Error, "logins without encryption"},
    {"adbd", Error, "a shell for whoever connects"},
    {"gdbserver", Error, "a debugger for whoever connects"},
    {"ftpd", Warning, "files, passwords without encryption"},
    {"bftpd", Warning, "files, passwords without encryption"},
    {"vsftpd", Warning, "files, passwords without encryption"},
    {"proftpd", Warning, "files, passwords without encryption"},
    {"pure-ftpd", Warning, "files, passwords without encryption"},
    {"tcpsvd", Warning, "what is started for each connection"},
    {"tftpd", Warning, "files without a password"},
    {"in.tftpd", Warning, "files without a password"},
    {"atftpd", Warning, "files without a password"},
    {"upnpd", Warning, "ports opened by whoever asks"},
    {"miniupnpd", Warning, "ports opened by whoever asks"},
    {"snmpd", Warning, "device state and settings"},
    {"mini_snmpd", Warning, "device state"},
    {"inetd", Warning, "what inetd.conf says"},
    {"xinetd", Warning, "what its configuration says"},
    {"rpcbind", Warning, "remote procedure calls"},
    {"portmap", Warning, "remote procedure calls"},
    {"smbd", Note, "file sharing"},
    {"nmbd", Note, "names of Windows networks"},
    {"rpc.nfsd", Note, "file sharing"},
    {"dropbear", Note, "logins (SSH)"},
    {"sshd", Note, "logins (SSH)"},
    {"httpd", Note, "web pages"},
    {"uhttpd", Note, "web pages"},
    {"lighttpd", Note, "web pages"},
    {"nginx", Note, "web pages"},
    {"apache2", Note, "web pages"},
    {"boa", Note, "web pages"},
    {"goahead", Note, "web pages"},
    {"webs", Note, "web pages"},
    {"mini_httpd", Note, "web pages"},
    {"thttpd", Note, "web pages"},
    {"appweb", Note, "web pages"},
    {"rtspd", Note, "video"},
    {"live555", Note, "video"},
    {"minidlna", Note, "media"},
    {"minidlnad", Note, "media"},
    {"mosquitto", Note, "messages (MQTT)"},
    {"dnsmasq", Note, "names and addresses"},
    {"avahi-daemon", Note, "names of neighbours"},
    {"mDNSResponder", Note, "names of neighbours"},
    {"wsdd", Note, "discovery"},
    {"openvpn", Note, "a private network"},
    {"ntpd", Note, "time"},
    {"chronyd", Note, "time"},
};

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// The daemon that a line of a script starts; null: none. Lines that end, look for or only speak of one start none.
const Daemon* started_by(std::string_view line) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line.starts_with("echo ")) return nullptr;
    for (auto word : {"kill", "pidof", "pgrep", "grep ", "rm ", "[ -", "[ !", "[ \\!", "test -", "printf ", "chmod ", "mkdir ", "touch ",
                      "log ", "logger "})
        if (line.find(word) != line.npos && line.find("&&") == line.npos) return nullptr;
    for (auto& d : kDaemons)
        for (auto at = line.find(d.name); at != line.npos; at = line.find(d.name, at + 1)) {
            const bool begins = !at || !is_name_char(line[at - 1]);
            const size_t end = at + d.name.size();
            // "httpd.conf", "/etc/dropbear/key" are files of it.
            const bool ends = end == line.size() || (!is_name_char(line[end]) && line[end] != '/' && !std::strchr("=:()", line[end]));
            if (begins && ends) return &d;
        }
    return nullptr;
}

bool lies_below(std::string_view path, std::string_view folder) {
    auto at = path.find(folder);
    return at != path.npos && (!at || path[at - 1] == '/') && at + folder.size() < path.size();
}

/// Whether something runs it when the system starts, or at some time.
bool is_start_script(std::string_view path) {
    auto name = last_name(path);
    auto folder = std::string_view(path).substr(0, path.size() - name.size());
    for (auto place :
         {"etc/init.d/", "etc/rc.d/", "etc/cron.d/", "etc/crontabs/", "var/spool/cron/", "etc/runit/", "etc/rcS.d/", "etc/rc3.d/"})
        if (lies_below(path, place)) return true;
    if (!folder.ends_with("etc/")) return lies_below(path, "etc/systemd/system/") && name.ends_with(".service");
    for (auto file : {"inittab", "rc.local", "rcS", "rc", "rc.sysinit", "crontab", "inetd.conf", "preinit", "profile"})
        if (name == file) return name != "profile";
    return false;
}

void add(const Space& s, Concern::Kind kind, Severity weight, std::string what, u64 at, std::string_view text, Found& out) {
    out.concerns.push_back({kind, weight, excerpt(what, 300), {s.path, at, excerpt(text)}});
}

}  // namespace

void find_services(const Space& s, Found& out) {
    constexpr u64 kMost = u64{512} << 10;
    if (s.name.empty() || s.bytes.empty() || s.bytes.size() > kMost ||
        starts_with(s.bytes,
                    "\x7F"
                    "ELF"))
        return;
    const bool starts = is_start_script(s.name);
    if (!starts && !starts_with(s.bytes, "#!")) return;
    if (starts)
        add(s, Concern::Kind::StartScript, Severity::Note, "starts by itself: " + s.name, 0, s.text().substr(0, s.text().find('\n')), out);
    std::vector<const Daemon*> said;
    each_line(s.text(), [&](std::string_view line, u64 at) {
        auto* d = started_by(line);
        if (!d || (!starts && d->weight != Severity::Error) || std::find(said.begin(), said.end(), d) != said.end()) return true;
        said.push_back(d);
        add(s, Concern::Kind::Service, d->weight, "starts " + std::string(d->name) + ": " + std::string(d->what), at, trimmed(line), out);
        return true;
    });
}

void find_daemons(const std::string& path, const EntryList& list, Found& out) {
    for (auto& e : list.all()) {
        if (!e.is_file() && !e.is(Entry::Type::Symlink)) continue;
        auto name = last_name(e.path);
        auto folder = parent_path(e.path);
        auto at = path + (path.ends_with('/') ? "" : "/") + e.path;
        if (folder.find("etc/systemd/system/") != folder.npos && folder.ends_with(".wants") && name.ends_with(".service")) {
            out.concerns.push_back(
                {Concern::Kind::StartScript, Severity::Note, "starts by itself: " + std::string(name), {at, 0, excerpt(e.target)}});
            continue;
        }
        if (!folder.ends_with("bin")) continue;
        for (auto& d : kDaemons)
            if (d.name == name)
                out.concerns.push_back({Concern::Kind::Service,
                                        Note,
                                        std::string(name) + " is there" + (e.target.empty() ? "" : ", a link to " + excerpt(e.target, 80)) +
                                            ": " + std::string(d.what),
                                        {at, 0, excerpt(e.target)}});
    }
}

}  // namespace fieldstrip

// SPDX-License-Identifier: Apache-2.0
#include <broker/load/process_use.hpp>

#include <broker/load/client.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace load {

namespace {

std::string read_all(std::filesystem::path const& path) {
    std::ifstream file{path};
    if (!file) throw failure{path.string() + " cannot be read: has the broker ended?"};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The number after `name` at the beginning of a line.
std::uint64_t number_after(std::string const& text, std::string const& name) {
    auto const at = ("\n" + text).find("\n" + name);
    if (at == std::string::npos) throw failure{"/proc does not know " + name};
    return std::stoull(text.substr(at + name.size()));
}

double ticks(std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

process_use use_of(int pid) {
    std::filesystem::path const folder = "/proc/" + std::to_string(pid);
    process_use use;
    // The name of the program, in parentheses, may have spaces; user and system time are fields 14 and 15 of all.
    auto const stat = read_all(folder / "stat");
    std::istringstream fields{stat.substr(stat.rfind(')') + 2)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    fields >> user >> system;
    use.cpu_s = ticks(user + system);

    for (auto const& thread : std::filesystem::directory_iterator{folder / "task"}) {
        std::ifstream file{thread.path() / "status"};
        if (!file) continue;  // a thread that ended meanwhile
        std::ostringstream text;
        text << file.rdbuf();
        use.voluntary_switches += number_after(text.str(), "voluntary_ctxt_switches:");
        use.involuntary_switches += number_after(text.str(), "nonvoluntary_ctxt_switches:");
    }
    auto const status = read_all(folder / "status");
    use.resident_bytes = number_after(status, "VmRSS:") << 10;
    use.anonymous_bytes = number_after(status, "RssAnon:") << 10;
    use.peak_bytes = number_after(status, "VmHWM:") << 10;
    use.written_bytes = number_after(read_all(folder / "io"), "write_bytes:");
    return use;
}

}  // namespace

process_use process_use::since(process_use const& before) const {
    process_use use = *this;
    use.cpu_s -= before.cpu_s;
    use.voluntary_switches -= before.voluntary_switches;
    use.involuntary_switches -= before.involuntary_switches;
    use.written_bytes -= before.written_bytes;
    return use;
}

process_use use_of(std::vector<int> const& pids) {
    process_use sum;
    for (int const pid : pids) {
        process_use const one = use_of(pid);
        sum.cpu_s += one.cpu_s;
        sum.voluntary_switches += one.voluntary_switches;
        sum.involuntary_switches += one.involuntary_switches;
        sum.written_bytes += one.written_bytes;
        sum.resident_bytes += one.resident_bytes;
        sum.anonymous_bytes += one.anonymous_bytes;
        sum.peak_bytes += one.peak_bytes;
    }
    return sum;
}

double machine_busy_s() {
    std::istringstream fields{read_all("/proc/stat")};
    std::string name;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft = 0;
    fields >> name >> user >> nice >> system >> idle >> wait >> interrupts >> soft;
    return ticks(user + nice + system + interrupts + soft);
}

double own_cpu_s() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& of) {
        return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace load

// SPDX-License-Identifier: Apache-2.0
#include <admin/process_metrics.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace broker {
namespace {

constexpr metric_family resident{"process_resident_memory_bytes", metric_type::gauge, "Memory in use, in bytes."};
constexpr metric_family virtual_size{"process_virtual_memory_bytes", metric_type::gauge, "Address space, in bytes."};
constexpr metric_family processor{"process_cpu_seconds_total", metric_type::counter, "User and system time."};
constexpr metric_family open_files{"process_open_fds", metric_type::gauge, "Open file descriptors."};
constexpr metric_family files_max{"process_max_fds", metric_type::gauge, "Limit of open file descriptors."};

double seconds(timeval time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

void add_memory(metric_list& list) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen("/proc/self/statm", "re"), &std::fclose);
    unsigned long long total = 0;
    unsigned long long in_memory = 0;
    if (!file || std::fscanf(file.get(), "%llu %llu", &total, &in_memory) != 2) return;
    auto const page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    list.add(resident, static_cast<double>(in_memory) * page);
    list.add(virtual_size, static_cast<double>(total) * page);
}

void add_files(metric_list& list) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) list.add(files_max, static_cast<double>(limit.rlim_cur));
    std::error_code error;
    std::filesystem::directory_iterator files("/proc/self/fd", error);
    if (error) return;
    // One of them is the listing's own.
    double count = -1;
    for (; files != std::filesystem::directory_iterator(); files.increment(error)) ++count;
    list.add(open_files, count);
}

}  // namespace

void add_process_metrics(metric_list& list) {
    add_memory(list);
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) list.add(processor, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    add_files(list);
}

}  // namespace broker

// SPDX-License-Identifier: Apache-2.0
#include <server/mapped_reads.hpp>

#include <settings/exit.hpp>

#include <chronik/base/assert.hpp>
#include <chronik/posix/descriptor.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

// Whatever the handler of the signal calls is on the list of functions that are safe there (signal-safety(7)), or
// touches nothing but its arguments.

namespace broker {
namespace {

constexpr std::size_t page_bytes_min = 4096;

/// Takes a hexadecimal number off the front of the text.
std::uint64_t take_number(std::string_view& text) {
    std::uint64_t value = 0;
    for (; !text.empty(); text.remove_prefix(1)) {
        char const c = text.front();
        if (c >= '0' && c <= '9') {
            value = value * 16 + static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value * 16 + static_cast<std::uint64_t>(c - 'a' + 10);
        } else {
            break;
        }
    }
    return value;
}

void skip_spaces(std::string_view& text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
}

std::string_view take_word(std::string_view& text) {
    skip_spaces(text);
    auto const word = text.substr(0, std::min(text.find(' '), text.size()));
    text.remove_prefix(word.size());
    return word;
}

void read_one(std::byte const& there) {
    [[maybe_unused]] std::byte const seen = *static_cast<std::byte const volatile*>(&there);
}

/// One line, put together without memory of its own; what is too long is cut.
class line_of_text {
public:
    void add(std::string_view text) {
        auto const fits = std::min(text.size(), bytes_.size() - used_);
        std::copy_n(text.data(), fits, bytes_.data() + used_);
        used_ += fits;
    }
    void add(std::uint64_t number) {
        std::array<char, 20> digits{};
        std::size_t at = digits.size();
        do {
            digits[--at] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        add(std::string_view{digits.data() + at, digits.size() - at});
    }
    void write_to(int target) const {
        std::size_t written = 0;
        while (written < used_) {
            auto const size = ::write(target, bytes_.data() + written, used_ - written);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return;  // there is nobody left to tell
            written += static_cast<std::size_t>(size);
        }
    }

private:
    std::array<char, 5120> bytes_{};
    std::size_t used_ = 0;
};

bool find_mapping(mapping_search& search) {
    chronik::posix::descriptor const maps{::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    std::array<char, 4096> piece;
    while (true) {
        auto const size = ::read(maps.number(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        if (search.feed({piece.data(), static_cast<std::size_t>(size)})) return true;
    }
}

void on_bus_error(int number, siginfo_t* what, void*) {
    static std::atomic_flag telling;
    bool const is_of_a_read = what->si_code > 0;  // not sent by a process
    if (is_of_a_read && telling.test_and_set()) {
        // Another thread is telling, and ends them all.
        while (true) ::pause();
    }
    mapping_search search{reinterpret_cast<std::uintptr_t>(what->si_addr)};
    if (is_of_a_read && find_mapping(search) && search.file().starts_with('/')) {
        line_of_text line;
        line.add("chronik-broker: cannot read ");
        line.add(search.file());
        line.add(" at byte ");
        line.add(search.position());
        line.add(": the disk does not give what is mapped there, or the file has become shorter; look at the disk, "
                 "then start again\n");
        line.write_to(STDERR_FILENO);
        ::_exit(static_cast<int>(exit_code::storage));
    }
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    ::sigaction(number, &plain, nullptr);
    // A read is tried again when this returns, and raises it again.
    if (!is_of_a_read) ::raise(number);
}

}  // namespace

void end_at_unreadable_pages() {
    struct sigaction ours {};
    ours.sa_sigaction = on_bus_error;
    ours.sa_flags = SA_SIGINFO;
    ::sigemptyset(&ours.sa_mask);
    CHRONIK_ASSERT(::sigaction(SIGBUS, &ours, nullptr) == 0);
}

void read_through(std::span<std::byte const> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += page_bytes_min) read_one(bytes[at]);
    if (!bytes.empty()) read_one(bytes.back());
}

bool mapping_search::feed(std::string_view text) {
    for (char const each : text) {
        if (each != '\n') {
            if (used_ < line_.size()) line_[used_++] = each;
            continue;
        }
        if (has_address({line_.data(), used_})) return true;
        used_ = 0;
    }
    return false;
}

/// `7f1c2c000000-7f1c2c021000 r--s 00001000 fe:00 325835      /var/lib/chronik/journal/segment-00000001.journal`
bool mapping_search::has_address(std::string_view line) {
    auto rest = line;
    auto const begin = take_number(rest);
    if (!rest.starts_with('-')) return false;
    rest.remove_prefix(1);
    auto const end = take_number(rest);
    if (address_ < begin || address_ >= end) return false;
    take_word(rest);  // what may be done there
    auto offset = take_word(rest);
    position_ = take_number(offset) + (address_ - begin);
    take_word(rest);  // the device
    take_word(rest);  // the file's number on it
    skip_spaces(rest);
    file_begin_ = line.size() - rest.size();
    file_end_ = line.size();
    return true;
}

}  // namespace broker

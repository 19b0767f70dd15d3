// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// What is stored is read where it is mapped. When a disk does not give a page of it, or a file has become shorter,
/// there is no call that could return an error: the kernel raises SIGBUS, which ends a process without a word.
namespace broker {

/// From now on such a read ends the process with exit_code::storage, and a line on standard error says of which file it
/// was, and at which byte. The process is over all the same: what was asked for is not there, and nothing goes on
/// without it. Any other SIGBUS ends it as it always did.
///
/// The kernel knows what is mapped where; it is asked when it matters, and nothing is kept for that.
/// threads   call it before there are others; reads may fail in all of them
void end_at_unreadable_pages();

/// Reads a byte of each page: for bytes that a system call could not read (std::errc::bad_address), of which the kernel
/// has not said where they are.
void read_through(std::span<std::byte const> bytes);

/// Looks for the mapping of an address in the text of /proc/self/maps, which comes in pieces. Needs no memory and no
/// lock, since signals may interrupt who has one.
class mapping_search {
public:
    explicit mapping_search(std::uintptr_t address) : address_(address) {}

    /// returns   whether that was enough: it is found
    bool feed(std::string_view text);

    /// Its path; empty if the address is in no file, or in nothing.
    std::string_view file() const { return {line_.data() + file_begin_, file_end_ - file_begin_}; }
    /// Of the address, in the file.
    std::uint64_t position() const { return position_; }

private:
    /// The longest path, and what stands before it.
    static constexpr std::size_t line_bytes_max = 4096 + 128;

    bool has_address(std::string_view line);

    std::uintptr_t address_;
    std::array<char, line_bytes_max> line_{};
    std::size_t used_ = 0;
    std::size_t file_begin_ = 0;
    std::size_t file_end_ = 0;
    std::uint64_t position_ = 0;
};

}  // namespace broker

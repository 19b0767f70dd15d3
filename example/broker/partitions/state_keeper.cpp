// SPDX-License-Identifier: Apache-2.0
#include <partitions/state_keeper.hpp>

#include <algorithm>
#include <chrono>

namespace broker::partitions {

using chronik::result;
using chronik::shared_bytes;

namespace {

constexpr chronik::duration write_interval = std::chrono::seconds{5};

}  // namespace

saved_states state_keeper::load() const {
    auto const bytes = [&]() -> result<shared_bytes> {
        auto where = where_();
        if (!where) return std::unexpected(where.error());
        auto file = where->open(file_name, chronik::wal::access::read);
        if (!file) return std::unexpected(file.error());
        auto const size = file->size();
        if (!size) return std::unexpected(size.error());
        if (*size > saved_header_bytes + saved_bytes_max) return chronik::failure(chronik::errc::too_large);
        std::vector<std::byte> all(*size);
        auto const got = file->read_at(0, all);
        if (!got) return std::unexpected(got.error());
        return shared_bytes{std::move(all)};
    }();
    if (!bytes && bytes.error() == std::errc::no_such_file_or_directory) return {};
    auto states = bytes ? decode_states(*bytes) : std::unexpected(bytes.error());
    if (states) return *std::move(states);
    log_.warn("cannot use {}/{}: {}; the partitions' logs are read instead", data_dir_, file_name,
              states.error().message());
    return {};
}

bool state_keeper::look() {
    auto const& replicas = partitions_->replicas();
    bool changed = std::erase_if(states_, [&](auto const& each) { return !replicas.contains(each.first); }) > 0;
    for (auto const& [group, one] : replicas) {
        auto const at = one->applied();
        auto& known = states_[group];
        // What is not durable here yet, a crash may take from under it.
        if (known.index == at || at > one->core().durable_index() || !one->state().is_whole_state()) continue;
        auto const term = one->core().term_at(at);
        if (!term) continue;
        known = {at, encode(save(group, {at, *term, one->high_watermark()}, one->state()))};
        changed = true;
    }
    return changed;
}

std::vector<shared_bytes> state_keeper::all() const {
    std::vector<shared_bytes> states;
    for (auto const& [group, one] : states_) {
        if (!one.bytes.empty()) states.push_back(one.bytes);
    }
    // Small ones first: what has no room is read from the log.
    std::ranges::sort(states, {}, &shared_bytes::size);
    std::size_t bytes = 0;
    auto const over =
        std::ranges::find_if(states, [&](auto const& each) { return (bytes += each.size()) > saved_bytes_max; });
    states.erase(over, states.end());
    return states;
}

void state_keeper::sweep(chronik::time_point now) {
    if (writing_ || now < next_) return;
    next_ = now + write_interval;
    if (!look()) return;
    writing_ = true;
    auto done = std::make_shared<result<void>>();
    run_([where = where_, states = all(), done] { *done = write(where, states); },
         [this, done, alive = alive_] {
             if (!*alive) return;
             writing_ = false;
             report(*done);
         });
}

void state_keeper::write_last() {
    if (look()) report(write(where_, all()));
}

result<void> state_keeper::write(opener const& open, std::vector<shared_bytes> const& states) {
    auto where = open();
    if (!where) return std::unexpected(where.error());
    std::string const unfinished = std::string{file_name} + ".new";
    auto file = where->create(unfinished);
    if (!file) return std::unexpected(file.error());
    if (auto done = file->write_at(0, encode_states(states)); !done) return done;
    if (auto done = file->sync(); !done) return done;
    if (auto done = where->rename(unfinished, file_name); !done) return done;
    return where->sync();
}

void state_keeper::report(result<void> const& done) const {
    if (!done) log_.warn("cannot write {}/{}: {}", data_dir_, file_name, done.error().message());
}

}  // namespace broker::partitions

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/testing/findings.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

namespace chronik::testing {

/// How much a node says without telling anything.
///
/// Whoever lacks a long log gets it in as many frames as the limits make of it, however fast that goes, and answers for
/// each. So a frame with news is free: the first one of a term that brings a node the entries up to some index, or
/// acknowledges them; and the same for each piece of a snapshot. Where frames are lost or overtake each other, a whole
/// window of them may have to go again for each that gets through. What is said more often than that is said by who
/// gets nowhere.
///
/// window       how long is counted, each time
/// frames_max   a storm is that many frames without news within it, and inflight_messages_max more for each with news
class storm_check {
public:
    storm_check(duration window, std::uint64_t frames_max, std::size_t inflight_messages_max, findings& found)
        : window_(window), frames_max_(frames_max), repeats_of_news_(inflight_messages_max), found_(&found) {}

    /// One message of the frame that is about to leave.
    void carries(node_id from, group_id group, node_id to, raft::message const& what) {
        auto const news = news_of(what);
        if (!news) return;
        told& before = told_[{from, to, group}];
        if (before.term != raft::term_of(what)) before = {raft::term_of(what), {}};
        has_news_ |= before.all.insert(*news).second;
    }

    /// The frame leaves, with all that it carries.
    void leaves(node_id from, time_point now) {
        auto const [place, first] = sent_.try_emplace(from);
        sent& lately = place->second;
        if (first || now - lately.since >= window_) lately = {now, 0, frames_max_};
        if (std::exchange(has_news_, false)) {
            lately.allowed += repeats_of_news_;
        } else if (++lately.repeats == lately.allowed) {
            found_->report("node " + std::to_string(from.value) + ": a storm of frames that tell nothing new");
        }
    }

    /// The node has lost what it was told, and has to be told again.
    void forgets(node_id node) {
        std::erase_if(told_, [node](auto const& each) {
            return std::get<0>(each.first) == node || std::get<1>(each.first) == node;
        });
    }

private:
    /// The kind of the message, and what it is about.
    using piece = std::tuple<std::size_t, log_index, std::uint64_t>;
    struct told {
        log_term term;
        std::set<piece> all;
    };
    struct sent {
        time_point since{};
        std::uint64_t repeats = 0;
        std::uint64_t allowed = 0;
    };

    static std::optional<piece> news_of(raft::message const& what) {
        auto const about = [&](log_index index, std::uint64_t offset) { return piece{what.index(), index, offset}; };
        if (auto const* carried = std::get_if<raft::append_request>(&what); carried && !carried->entries.empty())
            return about(carried->entries.back().index, 0);
        if (auto const* done = std::get_if<raft::append_response>(&what); done && done->success)
            return about(done->match_index, 0);
        if (auto const* carried = std::get_if<raft::snapshot_chunk>(&what); carried && !carried->data.empty())
            return about(carried->info.last_index, carried->offset);
        if (auto const* done = std::get_if<raft::snapshot_answer>(&what)) return about(done->last_index, done->offset);
        return std::nullopt;
    }

    duration window_;
    std::uint64_t frames_max_;
    std::uint64_t repeats_of_news_;
    findings* found_;
    std::map<std::tuple<node_id, node_id, group_id>, told> told_;
    std::map<node_id, sent> sent_;
    bool has_news_ = false;  ///< the frame that is about to leave
};

}  // namespace chronik::testing

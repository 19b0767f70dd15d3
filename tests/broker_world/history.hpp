// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// A partition, as clients name it.
struct place {
    std::string topic;
    std::int32_t partition = 0;

    auto operator<=>(place const&) const = default;
};

inline std::string to_string(place const& of) { return of.topic + "-" + std::to_string(of.partition); }

/// What a producer is promised.
enum class guarantee : std::uint8_t {
    exactly_once,  ///< idempotent, acks=all: sent again until it is acknowledged
    all,           ///< acks=all, sent once
    leader,        ///< acks=1, sent once: may be lost with the leader
    none,          ///< acks=0
};

/// What producers sent and heard, what the logs have, and what consumers read, held against each other as it comes.
///
/// A value is a number that is sent in one record of one partition. What is in a log is told by the first node that has
/// applied it; that all nodes have the same is looked at by state_checks.
/// source   Jepsen's kafka workload: no aborted read, no lost write, no duplicate, no inconsistent offset
/// threads  one
class history {
public:
    using value = std::uint64_t;

    explicit history(chronik::testing::findings& found) : found_(&found) {}

    /// A producer is about to send a new value.
    value send(place const& where, guarantee how, std::uint32_t producer) {
        values_.push_back({where, how, producer, {}, {}, false});
        return values_.size() - 1;
    }
    /// It has heard that the record is there. `offset`   -1 where that was not said
    void acknowledged(value which, std::int64_t offset) {
        auto& one = values_.at(which);
        ++acknowledged_;
        if (offset >= 0) one.told_at = offset;
        bool const must_be_there = one.how == guarantee::exactly_once || one.how == guarantee::all;
        if (must_be_there && !one.is_at) return report(one.where, which, "is acknowledged and not committed");
        if (one.is_at && one.told_at && *one.is_at != *one.told_at)
            report(one.where, which, "is acknowledged at an offset where it is not");
    }
    /// It has heard that the record is not there, and never will be.
    void refused(value which) {
        auto& one = values_.at(which);
        one.refused = true;
        if (one.is_at) report(one.where, which, "is in the log, and its producer heard that it is not");
    }

    /// The first node has applied a record.
    void committed(place const& where, std::int64_t offset, std::string const& text) {
        auto& log = logs_[where];
        auto const which = number_of(text);
        if (offset != static_cast<std::int64_t>(log.size()))
            return report(where, which,
                          "is at offset " + std::to_string(offset) + ", where the log has others or a gap");
        log.push_back(which);
        if (which >= values_.size()) return report(where, which, "was sent by nobody");
        auto& one = values_[which];
        if (one.where != where) report(where, which, "was sent to " + to_string(one.where));
        if (one.is_at) report(where, which, "is in the log twice");
        one.is_at = offset;
        if (one.refused) report(where, which, "is in the log, and its producer heard that it is not");
        if (one.told_at && *one.told_at != offset) report(where, which, "is at another offset than was acknowledged");
        auto const [last, is_first] = last_of_.try_emplace({one.producer, where}, which);
        if (!is_first && last->second >= which) report(where, which, "is behind a later one of its producer");
        last->second = which;
    }

    /// A consumer has read a record.
    void fetched(place const& where, std::int64_t offset, std::string const& text) {
        ++read_;
        auto const& log = logs_[where];
        auto const which = number_of(text);
        bool const is_there = offset >= 0 && offset < static_cast<std::int64_t>(log.size());
        if (!is_there || log[static_cast<std::size_t>(offset)] != which)
            report(where, which, "was read at offset " + std::to_string(offset) + ", where it is not committed");
    }
    /// A leader of this epoch has said where its readers stop.
    void shown(place const& where, std::int32_t epoch, std::int64_t high_watermark) {
        auto& seen = shown_[where];
        auto const [own, is_new] = seen.try_emplace(epoch, range{high_watermark, high_watermark});
        own->second.least = std::min(own->second.least, high_watermark);
        own->second.most = std::max(own->second.most, high_watermark);
        for (auto const& [other, of] : seen) {
            bool const goes_back = (other < epoch && of.most > high_watermark) ||
                                   (other > epoch && of.least < high_watermark);
            if (goes_back)
                return found_->report(to_string(where) + ": the high watermark of epoch " + std::to_string(epoch) +
                                      " is " + std::to_string(high_watermark) + ", and epoch " + std::to_string(other) +
                                      " had another");
        }
    }

    /// Everything is whole again: what was acknowledged is there.
    void expect_all_acknowledged() {
        for (value which = 0; which < values_.size(); ++which) {
            auto const& one = values_[which];
            bool const must_be_there = one.how == guarantee::exactly_once || one.how == guarantee::all;
            if (must_be_there && one.told_at && !one.is_at) report(one.where, which, "is acknowledged and lost");
        }
    }

    /// The offset behind the last record that is committed.
    std::int64_t end_of(place const& where) const {
        auto const found = logs_.find(where);
        return found == logs_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
    }

    std::uint64_t sent() const { return values_.size(); }
    std::uint64_t acknowledged() const { return acknowledged_; }
    std::uint64_t read() const { return read_; }

private:
    struct sent_value {
        place where;
        guarantee how;
        std::uint32_t producer;
        std::optional<std::int64_t> told_at;  ///< the offset that was acknowledged
        std::optional<std::int64_t> is_at;    ///< the offset in the log
        bool refused;
    };
    struct range {
        std::int64_t least;
        std::int64_t most;
    };

    /// Larger than any that is sent, for what is no number.
    static value number_of(std::string const& text) {
        value number = 0;
        for (char const each : text) {
            if (each < '0' || each > '9') return ~value{0};
            number = number * 10 + static_cast<value>(each - '0');
        }
        return text.empty() ? ~value{0} : number;
    }
    void report(place const& where, value which, std::string const& what) {
        found_->report(to_string(where) + ": value " + std::to_string(which) + " " + what);
    }

    chronik::testing::findings* found_;
    std::vector<sent_value> values_;
    std::map<place, std::vector<value>> logs_;  ///< by offset
    std::map<std::pair<std::uint32_t, place>, value> last_of_;
    std::map<place, std::map<std::int32_t, range>> shown_;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t read_ = 0;
};

}  // namespace broker::world

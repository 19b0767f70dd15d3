// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/machine/session_commands.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace chronik::machine {

/// What a group promises its clients. Part of the replicated state: the same on every member.
struct session_limits {
    /// At the limit, a new session takes the place of the one that was not used for longest.
    std::size_t sessions_max = 4096;
    /// Serials of one session that may be without an acknowledged answer; as many answers are kept for it.
    std::size_t window = 32;
    /// A session that sent nothing for longer is gone, by the stamps in the log; 0: never for this reason.
    std::uint64_t idle_ms_max = 60 * 60 * 1000;
};

/// What became of a command of a session.
enum class session_status : std::uint8_t {
    opened,           ///< session has its id
    closed,           ///< the place is free
    applied,          ///< applied now; value is the machine's answer
    repeated,         ///< was applied before; value is the answer of that time
    expired_session,  ///< was open once and is gone: what is unanswered may or may not have been applied
    unknown_session,  ///< no such session was ever opened
    forgotten,        ///< the client said it had the answer; it is not kept, and nothing was applied
    outside_window,   ///< too far ahead of the oldest unanswered command: wait for answers; nothing was applied
    malformed,        ///< no command of a session; nothing was applied
    unsupported,      ///< of a newer release: this node must stop applying, its state would differ
};

/// An answer that is kept until the client has it.
template <class Result>
struct kept_answer {
    session_serial serial;
    Result value{};

    static constexpr auto schema = boost::hana::make_tuple(schema::field<"serial", &kept_answer::serial>{},
                                                           schema::field<"value", &kept_answer::value>{});
    bool operator==(kept_answer const&) const = default;
};

/// One client's session. last_used is the index of its newest entry, last_stamp the log's time then.
template <class Result>
struct session {
    session_id id;
    log_index last_used;
    stamp_ms last_stamp;
    session_serial answered_below{1};
    std::vector<kept_answer<Result>> answers;  ///< by serial, ascending; all in [answered_below, + window)

    static constexpr auto schema = boost::hana::make_tuple(
        schema::field<"id", &session::id>{}, schema::field<"last_used", &session::last_used>{},
        schema::field<"last_stamp", &session::last_stamp>{},
        schema::field<"answered_below", &session::answered_below>{},
        schema::field<"answers", &session::answers>{});
    bool operator==(session const&) const = default;

    /// Where the answer to `serial` is, or belongs.
    auto place_of(session_serial serial) {
        return std::ranges::lower_bound(answers, serial, {}, &kept_answer<Result>::serial);
    }
    void forget_below(session_serial serial) {
        if (serial <= answered_below) return;
        answered_below = serial;
        answers.erase(answers.begin(), place_of(serial));
    }
};

/// All that a session_table knows, as a snapshot has it. docs/formats/session_commands.md
template <class Result>
struct kept_sessions {
    stamp_ms time;
    session_id newest;
    std::vector<session<Result>> sessions;  ///< by id, ascending

    static constexpr auto schema = boost::hana::make_tuple(schema::field<"time", &kept_sessions::time>{},
                                                           schema::field<"newest", &kept_sessions::newest>{},
                                                           schema::field<"sessions", &kept_sessions::sessions>{});
    bool operator==(kept_sessions const&) const = default;
};

/// Who has a session, and which answers are kept: a function of the log alone.
///
/// The log's time is the latest stamp so far, so it never runs backwards. A session whose client sends nothing is
/// removed when that time has passed it by, or when its place is needed: always the one that was used least recently.
/// source   Ongaro's thesis section 6.3
template <class Result>
class session_table {
public:
    using session_type = session<Result>;

    explicit session_table(session_limits limits) : limits_(limits) {
        CHRONIK_ASSERT(limits_.sessions_max > 0);
        CHRONIK_ASSERT(limits_.window > 0);
    }

    std::size_t size() const { return sessions_.size(); }
    session_limits const& limits() const { return limits_; }
    stamp_ms time() const { return time_; }

    /// The log's time moves on; who was idle for too long goes. The first thing that every entry does.
    void advance(stamp_ms stamp) {
        time_ = std::max(time_, stamp);
        if (limits_.idle_ms_max == 0) return;
        while (!by_use_.empty()) {
            session_type const& oldest = sessions_.at(by_use_.begin()->second);
            if (time_ - oldest.last_stamp <= limits_.idle_ms_max) return;
            remove(oldest.id);
        }
    }

    session_id open(log_index at) {
        if (sessions_.size() >= limits_.sessions_max) remove(by_use_.begin()->second);
        session_id const fresh{at.value};
        sessions_.emplace(fresh, session_type{fresh, at, time_, session_serial{1}, {}});
        by_use_.emplace(at, fresh);
        newest_ = fresh;
        return fresh;
    }

    /// The session, counted as used at `at`; null if there is none: absent() says why.
    session_type* use(session_id which, log_index at) {
        auto const found = sessions_.find(which);
        if (found == sessions_.end()) return nullptr;
        session_type& used = found->second;
        by_use_.erase(used.last_used);
        by_use_.emplace(at, which);
        used.last_used = at;
        used.last_stamp = time_;
        return &used;
    }

    bool close(session_id which) { return remove(which); }

    session_status absent(session_id which) const {
        return which == session_id{} || which > newest_ ? session_status::unknown_session
                                                        : session_status::expired_session;
    }

    kept_sessions<Result> kept() const {
        kept_sessions<Result> all{time_, newest_, {}};
        all.sessions.reserve(sessions_.size());
        for (auto const& [id, each] : sessions_) all.sessions.push_back(each);
        return all;
    }

    /// errors   errc::malformed if no table can have kept this; then nothing has changed
    result<void> restore(kept_sessions<Result>&& all) {
        session_table restored{limits_};
        restored.time_ = all.time;
        restored.newest_ = all.newest;
        for (session_type& each : all.sessions) {
            session_id const id = each.id;
            bool const in_order = restored.sessions_.empty() || restored.sessions_.rbegin()->first < id;
            if (!in_order || id == session_id{} || id > all.newest || !could_be(each, all.time) ||
                !restored.by_use_.emplace(each.last_used, id).second)
                return failure(errc::malformed);
            restored.sessions_.emplace(id, std::move(each));
        }
        *this = std::move(restored);
        return {};
    }

private:
    static bool could_be(session_type const& one, stamp_ms time) {
        if (one.last_stamp > time || one.answered_below == session_serial{}) return false;
        session_serial least = one.answered_below;
        for (auto const& each : one.answers) {
            if (each.serial < least) return false;
            least = each.serial + 1;
        }
        return true;
    }

    bool remove(session_id which) {
        auto const found = sessions_.find(which);
        if (found == sessions_.end()) return false;
        by_use_.erase(found->second.last_used);
        sessions_.erase(found);
        return true;
    }

    session_limits limits_;
    stamp_ms time_;
    session_id newest_;
    std::map<session_id, session_type> sessions_;
    std::map<log_index, session_id> by_use_;  ///< the least recently used first; an entry uses one session at most
};

}  // namespace chronik::machine

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/options.hpp>

#include <optional>

namespace chronik::raft {

/// The log is the lease: a leader whose entry of its own term is committed, and was appended less than
/// options::lease_duration ago, knows that nobody else has committed anything since.
///
/// Because a new leader commits nothing until the lease of every entry in its log has surely ended. Its log has all
/// that was committed before it, so the entry that the old leader leans on is among them; it received that entry, or
/// found it on its disk, after the old leader had appended it. No clock is compared with another, only their rates.
///
/// Holds while every member runs with options::reads == lease, the same lease_duration, and a clock that neither
/// stops (not even while the machine sleeps) nor runs wrong by more than options::clock_error_ppm.
/// source   Davis, Demirbas, Deng: "LeaseGuard: Raft Leases Done Right" (arXiv 2512.15659), without its inherited
///          leases and without timestamps in entries: the time of receipt is later, so we wait longer, never shorter
class lease {
public:
    /// This member leads from now on.
    ///
    /// newest   when entries of another leader have come last; those that the disk held at the start came before that
    void begin(options const& settings, time_point newest, bool log_is_empty) {
        appended_.reset();
        fresh_until_ = time_point{};
        bool const waits = settings.reads == read_mode::lease && !log_is_empty;
        deferred_until_ = waits ? newest + longest(settings) : never;
    }

    /// Until then nothing may be committed; `never` when that is over.
    time_point deferred_until() const { return deferred_until_; }
    bool may_commit(time_point now) {
        if (now >= deferred_until_) deferred_until_ = never;
        return deferred_until_ == never;
    }

    /// now   not later than the append was
    void appended(log_index at, time_point now) {
        if (!appended_) appended_ = {at, now};
    }
    void committed(log_index index, options const& settings) {
        if (!appended_ || appended_->index > index) return;
        fresh_until_ = appended_->at + settings.lease_duration;
        appended_.reset();
    }
    bool is_fresh(time_point now) const { return now < fresh_until_; }
    /// An entry is on its way to be committed and will renew the lease.
    bool is_being_renewed() const { return appended_.has_value(); }

    /// How long a lease may last on this clock, when that one is slow and this one fast.
    static duration longest(options const& settings) {
        auto const error = static_cast<duration::rep>(settings.clock_error_ppm);
        duration const wrong = settings.lease_duration / (1'000'000 - error) * 2 * error;
        return settings.lease_duration + wrong + duration{2 * error};
    }

private:
    struct mark {
        log_index index;
        time_point at;
    };
    time_point deferred_until_ = never;
    time_point fresh_until_{};
    std::optional<mark> appended_;
};

}  // namespace chronik::raft

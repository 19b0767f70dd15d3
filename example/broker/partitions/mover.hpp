// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <log/log.hpp>
#include <metadata/image.hpp>
#include <partitions/directory.hpp>

#include <chronik/base/time.hpp>
#include <chronik/cluster/movement.hpp>

#include <map>
#include <optional>
#include <vector>

namespace broker::partitions {

/// Carries out what the metadata want moved, where this node leads: newcomers learn the log, then they and those that
/// leave change places, then the preferred replica leads, and then the metadata are told.
///
/// Every step follows from the metadata's image and from the group's own configuration, so whoever leads next goes on
/// with it. What is remembered here only keeps a handover that fails from being tried for ever.
/// threads   the loop's
class mover {
public:
    mover(chronik::node_id self, host& logs, directory& partitions, logger log)
        : self_(self), logs_(&logs), partitions_(&partitions), log_(std::move(log)) {}

    /// Takes the next step of every move that is due; call it after directory::look, which says who holds what.
    ///
    /// returns   moves that are over: to be told to the metadata, again if that does not get through
    std::vector<metadata::finished_move> look(metadata::image const& image, chronik::time_point now);

private:
    struct attempt {
        chronik::log_index since;            ///< the wish that it is about
        chronik::log_term asked;             ///< a handover was tried in this term
        chronik::time_point next_word{};     ///< when it is said again what the move waits for
    };
    struct move {
        metadata::partition const& wanted;
        replica const& led;
        attempt& tried;
        std::vector<chronik::node_id> caught_up;
    };

    std::optional<metadata::finished_move> step(move of, chronik::time_point now);
    void change(move& of, chronik::cluster::change const& to, chronik::time_point now);
    std::optional<metadata::finished_move> finish(move& of, chronik::time_point now);
    bool hand_over(move& of, chronik::node_id to, chronik::time_point now);
    void say_why(move& of, chronik::cluster::wait const& why, chronik::time_point now);

    chronik::node_id self_;
    host* logs_;
    directory* partitions_;
    logger log_;
    std::map<chronik::group_id, attempt> attempts_;
};

}  // namespace broker::partitions

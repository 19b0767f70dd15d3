// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "speech.hpp"

#include <paper/paper_fixture.hpp>

#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::transcripts {

/// The words of one command; each reader takes the next and notes when it is not what was wanted.
class words {
public:
    explicit words(std::string const& line) : in_(line) { next_word(); }

    bool at_end() const { return word_.empty(); }
    bool good() const { return good_; }
    /// Takes the word if it is the next.
    bool take(std::string_view wanted) {
        if (word_ != wanted) return false;
        next_word();
        return true;
    }
    std::uint32_t number() {
        bool const digits = !word_.empty() && word_.find_first_not_of("0123456789") == std::string::npos;
        good_ = good_ && digits;
        auto const value = digits ? static_cast<std::uint32_t>(std::stoul(word_)) : 0U;
        next_word();
        return value;
    }
    node_id node() { return {number()}; }
    std::vector<node_id> nodes() {
        std::vector<node_id> list;
        while (is_number()) list.push_back(node());
        return list;
    }
    bool is_number() const { return !word_.empty() && word_.find_first_not_of("0123456789") == std::string::npos; }
    /// 1->2 or 1-2
    std::pair<node_id, node_id> way() {
        auto const dash = word_.find('-');
        good_ = good_ && dash != std::string::npos && dash > 0;
        if (!good_) return {};
        words left{word_.substr(0, dash)};
        words right{word_.substr(word_.find_first_not_of("->", dash))};
        next_word();
        return {left.node(), right.node()};
    }
    duration time() {
        auto const unit = word_.find_first_not_of("0123456789");
        good_ = good_ && unit != std::string::npos && unit > 0;
        if (!good_) return {};
        auto const count = std::stol(word_.substr(0, unit));
        auto const name = word_.substr(unit);
        good_ = name == "ms" || name == "s";
        next_word();
        return paper::milliseconds{name == "s" ? count * 1000 : count};
    }
    /// "in quotes", to the end of the line
    std::string text() {
        std::string rest = word_;
        std::string more;
        std::getline(in_, more);
        rest += more;
        word_.clear();
        good_ = good_ && rest.size() >= 2 && rest.front() == '"' && rest.back() == '"';
        return good_ ? rest.substr(1, rest.size() - 2) : std::string{};
    }

private:
    void next_word() {
        word_.clear();
        in_ >> word_;
    }
    std::istringstream in_;
    std::string word_;
    bool good_ = true;
};

/// Carries out the commands of one transcript on real cores and says what they do.
class stage {
public:
    stage() {
        world_.on_event = [this](node_id node, raft::event const& e) {
            // What it writes says for whom it votes.
            if (!std::holds_alternative<raft::voted>(e)) tell(say(node) + " " + say(e));
        };
        world_.on_write = [this](node_id node, raft::write const& w) { tell(say(node) + " " + say(w)); };
        world_.on_send = [this](paper::letter const& mail) { tell(say(mail)); };
    }

    /// What the members did, a line each; one line beginning with "not understood" for an unknown command.
    std::vector<std::string> carry_out(std::string const& command) {
        said_.clear();
        words line{command};
        quiet_ = line.take("quietly");
        bool const known = perform(line) && line.good() && line.at_end();
        quiet_ = false;
        if (!known) return {"not understood: " + command};
        return std::exchange(said_, {});
    }

private:
    bool perform(words& line) {
        if (line.take("members")) return members(line);
        if (line.take("nodes")) return members(line) && start_all();
        if (line.take("start")) return start(line);
        if (line.take("disks")) return disks(line);
        if (line.take("newcomers")) return newcomers(line);
        if (line.take("crash")) return crash(line.node());
        if (line.take("damage")) return damage(line);
        if (line.take("show")) return show();
        if (line.take("pass")) return world_.now += line.time(), true;
        if (line.take("cut")) return cut(line.way());
        if (line.take("isolate")) return world_.isolate(line.node()), true;
        if (line.take("heal")) return world_.heal(), true;
        if (line.take("deliver")) return deliver(line);
        if (line.take("drop")) return drop(line);
        if (line.take("elect")) return elect(with_node(line));
        if (line.take("campaign")) return on_node(line, [&](node_id node) { world_.campaign(node); });
        if (line.take("wake")) return on_node(line, [&](node_id node) { wake(node); });
        if (line.take("tick")) return tick(line);
        if (line.take("persist")) return on_node(line, [&](node_id node) { world_.sync(node); });
        if (line.take("propose")) return propose(line);
        if (line.take("transfer")) return transfer(line);
        if (line.take("change")) return change(line);
        if (line.take("snapshot")) return snapshot(line);
        return false;
    }

    node_id with_node(words& line) {
        node_id const node = line.node();
        return world_.alive(node) ? node : no_node;
    }
    bool on_node(words& line, auto&& what) {
        node_id const node = with_node(line);
        if (node == no_node) return false;
        what(node);
        return true;
    }

    bool members(words& line) {
        world_.configuration = {.voters = line.nodes(), .learners = {}};
        if (line.take("learners")) world_.configuration.learners = line.nodes();
        return raft::is_valid(world_.configuration);
    }
    bool start_all() { return world_.start_all(), true; }

    /// start 1; start 1 blank; start 1 log 1 1 2; start 1 log 1 1 2 term 3
    bool start(words& line) {
        node_id const node = line.node();
        if (world_.alive(node)) return false;
        if (line.take("blank")) {
            world_.start_blank(node);
        } else if (!world_.configuration.contains(node) && !world_.members.contains(node)) {
            return false;
        } else if (line.take("log")) {
            std::vector<std::uint64_t> terms;
            while (line.is_number()) terms.push_back(line.number());
            raft::hard_state hard;
            if (line.take("term")) hard.term = log_term{line.number()};
            world_.start(node, paper::memory_store::of(terms, hard));
        } else {
            world_.start(node);
        }
        return true;
    }
    /// What its disk has forgotten, a crash has not: it is down, and comes back in doubt.
    bool damage(words& line) {
        node_id const node = line.node();
        if (world_.alive(node) || !world_.members.contains(node) || !line.take("keeping")) return false;
        auto& disk = world_.at(node).disk;
        std::size_t const kept = line.number();
        if (kept > disk.entries.size()) return false;
        disk.entries.resize(kept);
        disk.hard = {disk.entries.empty() ? log_term{} : disk.entries.back().term, no_node};
        world_.at(node).doubt = {++doubts_};
        return true;
    }
    bool disks(words& line) {
        if (line.take("slow")) return world_.slow_disks = true;
        if (!line.take("fast")) return false;
        world_.slow_disks = false;
        return true;
    }
    bool newcomers(words& line) {
        world_.settings.new_voters = raft::promotion::when_caught_up;
        return line.take("learn");
    }
    bool crash(node_id node) {
        if (!world_.alive(node)) return false;
        world_.crash(node);
        return true;
    }
    bool cut(std::pair<node_id, node_id> way) {
        world_.cut.insert(way);
        world_.cut.insert({way.second, way.first});
        return true;
    }

    void wake(node_id node) {
        time_point const due = world_.core_of(node).wake_at();
        if (due != never) world_.now = std::max(world_.now, due);
        world_.tick(node);
    }
    bool tick(words& line) {
        node_id const node = with_node(line);
        if (node == no_node) return false;
        if (!line.at_end()) world_.now += line.time();
        world_.tick(node);
        return true;
    }
    bool elect(node_id node) {
        if (node == no_node) return false;
        world_.campaign(node);
        world_.deliver_all();
        return true;
    }

    /// deliver: until nothing is under way; deliver once: only what is now; deliver 1->2: the oldest on that way.
    bool deliver(words& line) {
        if (line.at_end()) return world_.deliver_all(), true;
        if (line.take("once")) {
            for (std::size_t left = world_.wire.size(); left > 0; --left) world_.deliver(0);
            return true;
        }
        auto const found = oldest_on(line.way());
        if (found == world_.wire.end()) return tell("nothing is on this way"), true;
        world_.deliver(static_cast<std::size_t>(found - world_.wire.begin()));
        return true;
    }
    bool drop(words& line) {
        if (line.at_end()) return world_.lose_all(), true;
        auto const way = line.way();
        std::erase_if(world_.wire, [&](auto const& mail) { return mail.from == way.first && mail.to == way.second; });
        return true;
    }
    std::deque<paper::letter>::iterator oldest_on(std::pair<node_id, node_id> way) {
        return std::ranges::find_if(world_.wire, [&](paper::letter const& mail) {
            return mail.from == way.first && mail.to == way.second;
        });
    }

    bool propose(words& line) {
        node_id const node = with_node(line);
        std::string const text = line.text();
        if (node == no_node || !line.good()) return false;
        refuse(world_.propose(node, text));
        return true;
    }
    bool transfer(words& line) {
        node_id const from = with_node(line);
        node_id const to = line.node();
        if (from == no_node) return false;
        refuse(world_.transfer(from, to));
        return true;
    }
    /// change 1 voters 1 2 4 learners 5 6 promoting 5
    bool change(words& line) {
        node_id const node = with_node(line);
        raft::configuration target;
        if (!line.take("voters")) return false;
        target.voters = line.nodes();
        if (line.take("learners")) target.learners = line.nodes();
        if (line.take("promoting")) target.promoting = line.nodes();
        if (line.take("witnesses")) target.witnesses = line.nodes();
        if (node == no_node) return false;
        refuse(world_.change(node, target));
        return true;
    }
    /// snapshot 1 of 6 keeping 5 "text": the state up to 6, and the log from 5 on
    bool snapshot(words& line) {
        node_id const node = with_node(line);
        log_index const last{line.take("of") ? line.number() : 0};
        log_index const kept{line.take("keeping") ? line.number() : 0};
        std::string const text = line.text();
        if (node == no_node || !line.good()) return false;
        if (last == log_index{} || kept == log_index{} || kept > last + 1) return false;
        if (last > world_.core_of(node).commit_index()) return false;
        world_.take_snapshot(node, last, kept - 1, text);
        return true;
    }
    template <class Value>
    void refuse(result<Value> const& done) {
        if (!done) tell("refused: " + done.error().message());
    }

    /// Every log by its terms, as the paper draws it, with a bar behind what is known to be committed. (6) stands for
    /// what was compacted.
    bool show() {
        for (auto& [node, member] : world_.members) {
            if (!member.core) {
                tell(say(node) + " is down");
                continue;
            }
            auto const& core = *member.core;
            std::string drawn;
            if (core.base_index() != log_index{}) drawn = " (" + say(core.base_index()) + ")";
            for (log_index at = core.base_index() + 1; at <= core.last_index(); ++at) {
                if (at == core.commit_index() + 1) drawn += " |";
                drawn += " " + std::to_string(core.term_at(at)->value);
            }
            if (core.commit_index() == core.last_index()) drawn += " |";
            std::string role = say(core.current_role());
            role.resize(9, ' ');
            tell(say(node) + "  " + role + "  " + say(core.term()) + "  log" + drawn);
        }
        return true;
    }

    void tell(std::string sentence) {
        if (!quiet_) said_.push_back(std::move(sentence));
    }

    static raft::options options() {
        raft::options chosen = paper::quick_options();
        chosen.snapshot_chunk_bytes = 10;
        return chosen;
    }

    paper::world world_{0, options()};
    std::vector<std::string> said_;
    std::uint64_t doubts_ = 0;
    bool quiet_ = false;
};

}  // namespace chronik::transcripts

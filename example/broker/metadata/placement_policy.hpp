// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_tags.hpp>
#include <metadata/commands.hpp>

#include <chronik/assign/policies.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::metadata {

/// What a topic's configuration chronik.placement says: where replicas may be. Models chronik::assign::member_policy.
///
///   policy = [ rule { ";" rule } ]
///   rule   = ( "pin" | "exclude" ) ":" tag { "," tag } | "spread" ":" KEY
///   tag    = KEY | KEY "=" VALUE
///
/// pin       only on brokers with one of these tags; each pin counts
/// exclude   on no broker with one of these tags
/// spread    every replica of a partition on another value of this tag; at most one
///
/// A tag without a value is met by every value. Brokers have "node" and "rack" besides what they were given.
class placement_policy {
public:
    static constexpr std::string_view config_name = "chronik.placement";

    /// errors   what completes "Invalid value ... for configuration chronik.placement: "
    static std::expected<placement_policy, std::string> read(std::string_view text);

    bool asks_nothing() const { return rules_.empty(); }
    /// Only a strategy that looks at racks can honour it then.
    bool spreads() const { return !rules_.empty() && rules_.back().kind == rule_kind::spread; }

    chronik::result<void> apply(std::vector<chronik::assign::member>& members, std::uint32_t replicas) const {
        for (rule const& each : rules_)
            if (auto const done = apply(each, members, replicas); !done) return done;
        return {};
    }

    /// Why so many replicas cannot be placed among these, in words for the client; empty: they can.
    std::string refusal(std::vector<chronik::assign::member> members, std::uint32_t replicas) const;

    /// Why these cannot be the replicas of one partition; empty: they can. Nodes that are no members are not judged.
    std::string breach(std::span<chronik::assign::member const> members, std::span<node_id const> replicas) const;

private:
    enum class rule_kind : std::uint8_t { pin, exclude, spread };
    struct wanted_tag {
        std::string name;
        std::string value{};
        bool any_value = true;

        bool is_met_by(chronik::assign::member const& by) const {
            std::string const* const held = by.find_tag(name);
            return held != nullptr && (any_value || *held == value);
        }
    };
    struct rule {
        rule_kind kind = rule_kind::pin;
        std::vector<wanted_tag> tags;
        std::string text;

        bool is_met_by(chronik::assign::member const& by) const {
            return std::ranges::any_of(tags, [&](wanted_tag const& each) { return each.is_met_by(by); });
        }
    };

    static std::expected<rule, std::string> read_rule(std::string_view text);
    static std::expected<wanted_tag, std::string> read_tag(std::string_view text);
    static chronik::result<void> apply(rule const& one, std::vector<chronik::assign::member>& members,
                                       std::uint32_t replicas);

    std::vector<rule> rules_;  ///< what is spread comes last
};

static_assert(chronik::assign::member_policy<placement_policy>, "what a topic may ask for is a policy of the library");

/// The text of a topic's policy; empty: it has none.
inline std::string_view policy_text(std::span<config_entry const> configs) {
    auto const found = std::ranges::find(configs, placement_policy::config_name, &config_entry::name);
    return found == configs.end() ? std::string_view{} : std::string_view{found->value};
}

namespace detail {

inline std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// What stands before `end` in `text`, which loses it and the end; all of it where there is no end.
inline std::string_view take_until(std::string_view& text, char end) {
    std::size_t const at = std::min(text.find(end), text.size());
    auto const taken = without_blanks(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

inline bool is_node_number(std::string_view text) {
    std::int32_t number = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && number > 0 && text.front() != '0';
}

/// "2 brokers (1, 4)"; of many only the first.
inline std::string listed(std::string_view what, std::vector<std::string> const& each) {
    constexpr std::size_t shown_max = 10;
    std::string out = std::to_string(each.size()) + " " + std::string{what} + (each.size() == 1 ? "" : "s");
    if (each.empty()) return out;
    out += " (";
    for (std::size_t at = 0; at < std::min(each.size(), shown_max); ++at) out += (at == 0 ? "" : ", ") + each[at];
    return out + (each.size() > shown_max ? ", ...)" : ")");
}

}  // namespace detail

inline std::expected<placement_policy, std::string> placement_policy::read(std::string_view text) {
    placement_policy out;
    if (detail::without_blanks(text).empty()) return out;
    for (bool more = true; more;) {
        more = text.find(';') != text.npos;
        auto one = read_rule(detail::take_until(text, ';'));
        if (!one) return std::unexpected(std::move(one.error()));
        out.rules_.push_back(std::move(*one));
    }
    if (std::ranges::count(out.rules_, rule_kind::spread, &rule::kind) > 1)
        return std::unexpected("replicas can be spread by one tag only");
    // What is spread is what the others leave.
    auto const spread = std::ranges::find(out.rules_, rule_kind::spread, &rule::kind);
    if (spread != out.rules_.end()) std::rotate(spread, spread + 1, out.rules_.end());
    return out;
}

inline std::expected<placement_policy::rule, std::string> placement_policy::read_rule(std::string_view text) {
    using named = std::pair<std::string_view, rule_kind>;
    static constexpr std::array kinds{named{"pin", rule_kind::pin}, named{"exclude", rule_kind::exclude},
                                      named{"spread", rule_kind::spread}};
    std::string_view rest = text;
    auto const kind = std::ranges::find(kinds, detail::take_until(rest, ':'), &named::first);
    if (kind == kinds.end() || text.find(':') == text.npos)
        return std::unexpected("'" + std::string{text} + "' is none of pin:TAG,... exclude:TAG,... and spread:KEY");
    rule out{kind->second, {}, std::string{text}};
    for (bool more = true; more;) {
        more = rest.find(',') != rest.npos;
        auto tag = read_tag(detail::take_until(rest, ','));
        if (!tag) return std::unexpected(std::move(tag.error()));
        out.tags.push_back(std::move(*tag));
    }
    bool const is_key = out.tags.size() == 1 && out.tags.front().any_value;
    if (out.kind == rule_kind::spread && !is_key)
        return std::unexpected("'" + out.text + "': to spread by takes one key, without a value");
    return out;
}

inline std::expected<placement_policy::wanted_tag, std::string> placement_policy::read_tag(std::string_view text) {
    bool const has_value = text.find('=') != text.npos;
    auto const [name, value] = as_tag(text);
    if (!is_tag_word(name) || (has_value && !is_tag_word(value)))
        return std::unexpected("'" + std::string{text} + "' is not a tag, which is KEY or KEY=VALUE");
    if (name == node_tag && has_value && !detail::is_node_number(value))
        return std::unexpected("'" + std::string{text} + "' names no broker; that is " + std::string{node_tag} +
                               "=ID");
    return wanted_tag{name, value, !has_value};
}

inline chronik::result<void> placement_policy::apply(rule const& one, std::vector<chronik::assign::member>& members,
                                                     std::uint32_t replicas) {
    using namespace chronik::assign;
    if (one.kind == rule_kind::spread) return spread_by_tag{one.tags.front().name}.apply(members, replicas);
    std::vector<node_id> meeting;
    for (member const& each : members)
        if (one.is_met_by(each)) meeting.push_back(each.node);
    if (one.kind == rule_kind::pin) return pin{std::move(meeting)}.apply(members, replicas);
    return exclude{std::move(meeting)}.apply(members, replicas);
}

inline std::string placement_policy::refusal(std::vector<chronik::assign::member> members,
                                             std::uint32_t replicas) const {
    for (rule const& each : rules_) {
        std::set<std::string> values;
        for (auto const& member : members)
            if (auto const* const value = member.find_tag(each.tags.front().name)) values.insert(*value);
        bool const done = apply(each, members, replicas).has_value();
        if (done && members.size() >= replicas) continue;
        std::string const wanted = " for " + std::to_string(replicas) + (replicas == 1 ? " replica" : " replicas");
        if (each.kind == rule_kind::spread)
            return "'" + each.text + "' finds " +
                   detail::listed("value", std::vector<std::string>(values.begin(), values.end())) + wanted;
        std::vector<std::string> left;
        for (auto const& member : members) left.push_back(std::to_string(member.node.value));
        return "'" + each.text + "' leaves " + detail::listed("broker", left) + wanted;
    }
    return {};
}

inline std::string placement_policy::breach(std::span<chronik::assign::member const> members,
                                            std::span<node_id const> replicas) const {
    for (rule const& each : rules_) {
        std::map<std::string, node_id> taken;
        for (node_id const node : replicas) {
            auto const member = std::ranges::find(members, node, &chronik::assign::member::node);
            if (member == members.end()) continue;
            std::string const named = "broker " + std::to_string(node.value);
            bool const is_met = each.is_met_by(*member);
            if (is_met == (each.kind == rule_kind::exclude)) return named + " is not what '" + each.text + "' allows";
            if (each.kind != rule_kind::spread) continue;
            auto const [other, is_new] = taken.emplace(*member->find_tag(each.tags.front().name), node);
            if (!is_new)
                return named + " and broker " + std::to_string(other->second.value) + " share " +
                       each.tags.front().name + " " + other->first + ", against '" + each.text + "'";
        }
    }
    return {};
}

}  // namespace broker::metadata

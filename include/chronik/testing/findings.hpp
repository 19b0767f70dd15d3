// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::testing {

/// Breaches of what must hold, each a sentence; the first is the one to read, those after it are its consequences.
class findings {
public:
    static constexpr std::size_t violations_max = 16;  ///< kept; later ones tell nothing new

    /// From now on a sentence without these words is no breach: what would one check find alone?
    void hear_only(std::string words) { words_ = std::move(words); }

    void report(std::string violation) {
        if (violation.find(words_) == std::string::npos) return;
        if (violations_.size() < violations_max) violations_.push_back(std::move(violation));
    }
    bool empty() const { return violations_.empty(); }
    std::vector<std::string> const& violations() const { return violations_; }

    static std::string about(group_id group, std::string const& what) {
        return "group " + std::to_string(group.value) + ": " + what;
    }
    static std::string at(node_id node, group_id group, log_index index, std::string const& what) {
        std::string const where = node == no_node ? "" : " on node " + std::to_string(node.value);
        return about(group, "index " + std::to_string(index.value) + where + " " + what);
    }

private:
    std::vector<std::string> violations_;
    std::string words_;
};

/// Whether both are breaches of the same promise, by whomever: the same sentence but for numbers, and lists of them.
inline bool are_alike(std::string_view one, std::string_view other) {
    auto const words_of = [](std::string_view sentence) {
        std::string words{sentence};
        std::erase_if(words, [](char each) { return std::string_view{"0123456789,"}.contains(each); });
        return words;
    };
    return words_of(one) == words_of(other);
}

}  // namespace chronik::testing

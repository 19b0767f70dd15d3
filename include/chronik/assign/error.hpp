// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>

namespace chronik::assign {

/// Why a placement was refused. Nothing was placed.
enum class errc {
    no_partitions = 1,  ///< asked for zero partitions or zero replicas: correct the request
    too_few_members,    ///< more replicas than members: add members or ask for fewer replicas
    duplicate_member,   ///< the same node twice in the member list: a mistake of the caller's bookkeeping
    weightless_member,  ///< a member of weight zero can hold nothing: leave it out of the list
    too_large,          ///< partitions times replicas is beyond assign::replicas_max
    too_few_allowed,    ///< a policy leaves fewer members than there are replicas: relax it, or ask for fewer
    too_few_values,     ///< a tag to spread by has fewer values than there are replicas: tag more, or ask for fewer
};

class error_category final : public std::error_category {
public:
    char const* name() const noexcept override { return "chronik.assign"; }
    std::string message(int code) const override {
        switch (static_cast<errc>(code)) {
            case errc::no_partitions: return "at least one partition and one replica are needed";
            case errc::too_few_members: return "more replicas were asked for than there are members";
            case errc::duplicate_member: return "a member is listed twice";
            case errc::weightless_member: return "a member has weight zero";
            case errc::too_large: return "more replicas in one placement than the limit";
            case errc::too_few_allowed: return "a placement policy allows fewer members than replicas were asked for";
            case errc::too_few_values: return "a tag to spread by has fewer values than replicas were asked for";
        }
        return "unknown placement error";
    }
};

inline std::error_category const& assign_category() {
    static error_category const category;
    return category;
}

inline std::error_code make_error_code(errc code) { return {static_cast<int>(code), assign_category()}; }

}  // namespace chronik::assign

template <>
struct std::is_error_code_enum<chronik::assign::errc> : std::true_type {};

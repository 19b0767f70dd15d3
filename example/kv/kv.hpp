// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/chronik.hpp>

#include <map>

/// Sets a key; without a value, the key goes.
struct put {
    static constexpr std::uint16_t id = 1;
    std::string key;
    std::optional<std::string> value;
    static constexpr auto schema = boost::hana::make_tuple(chronik::schema::field<"key", &put::key>{},
                                                           chronik::schema::field<"value", &put::value>{});
};
using commands = chronik::machine::command_set<put>;

/// Keys and values that every member agrees on. A put is answered with whether the key was there before.
struct table {
    using result_type = bool;
    std::map<std::string, std::string> values{};

    bool apply(chronik::entry const& committed) {
        auto const command = commands::decode(committed.payload);
        if (!command) return false;
        auto const& [key, value] = std::get<put>(*command);
        return value ? !values.insert_or_assign(key, *value).second : values.erase(key) != 0;
    }
    std::string get(std::string const& key) const { return values.contains(key) ? values.at(key) : "nobody"; }

    struct image {
        std::vector<put> all;
        static constexpr auto schema = boost::hana::make_tuple(chronik::schema::field<"all", &image::all>{});
    };
    chronik::machine::one_chunk snapshot() const {
        image now;
        for (auto const& [key, value] : values) now.all.push_back({key, value});
        return chronik::machine::described_snapshot(now);
    }
    chronik::result<void> restore(chronik::shared_bytes const& bytes) {
        image then;
        if (auto const read = chronik::machine::restore_described(then, bytes); !read) return read;
        values.clear();
        for (auto const& [key, value] : then.all) values[key] = *value;
        return {};
    }
};
using kv = chronik::machine::sessions<table>;  // and every put is applied once

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/schema/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace wire_test {

/// Fills a message with chance values that one version can carry; fields of other versions keep their defaults.
class random_message {
public:
    random_message(std::uint64_t seed, chronik::schema::version at) : chance_(seed), version_(at) {}

    template <class Message>
    Message make() {
        Message message;
        fill(message, false);
        return message;
    }

private:
    template <class V>
    void fill(V& value, bool nullable) {
        namespace kind = chronik::schema::detail;
        if constexpr (kind::optional_value<V>) {
            value.reset();
            if (!nullable || chance_.chance(70)) fill(value.emplace(), false);
        } else if constexpr (kind::scalar_value<V>) {
            auto const number = chance_.chance(20) ? ~std::uint64_t{0} >> chance_.below(64) : chance_();
            value = kind::from_number<V>(static_cast<kind::number_of<V>>(number));
        } else if constexpr (kind::array_value<V>) {
            value.resize(static_cast<std::size_t>(chance_.below(4)));
            for (auto& each : value) fill(each, true);
        } else if constexpr (kind::string_value<V>) {
            value.assign(static_cast<std::size_t>(chance_.below(200)), static_cast<char>(chance_.below(256)));
        } else if constexpr (std::same_as<V, chronik::shared_bytes>) {
            value = bytes();
        } else if constexpr (std::same_as<V, chronik::schema::shared_chain>) {
            value = {};
            for (auto left = chance_.below(4); left > 0; --left) value.add(bytes());
        } else if constexpr (std::same_as<V, chronik::schema::uuid>) {
            for (auto& each : value.bytes) each = static_cast<std::byte>(chance_.below(256));
        } else {
            kind::visit_fields<V>([&]<class... Fields>(Fields...) { (field<V, Fields>(value), ...); });
        }
    }

    template <class Owner, class Field>
    void field(Owner& owner) {
        if (!Field::options.present.contains(version_)) return;
        if (Field::options.tagged.contains(version_) && chance_.chance(30)) return;
        fill(Field::of(owner), Field::options.nullable.contains(version_));
    }

    chronik::shared_bytes bytes() {
        std::vector<std::byte> made(static_cast<std::size_t>(chance_.below(300)));
        for (auto& each : made) each = static_cast<std::byte>(chance_.below(256));
        return chronik::shared_bytes{std::move(made)};
    }

    chronik::random chance_;
    chronik::schema::version version_;
};

}  // namespace wire_test

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bodies of codec.hpp. Only messages/*.cpp include this: a codec costs more to compile than its handler.
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/print.hpp>

#include <wire/codec.hpp>
#include <wire/kafka_format.hpp>
#include <wire/limits.hpp>

namespace broker::wire {

template <class Message>
kafka_format format_of(schema::version at) {
    return {.flexible = at >= Message::flexible_since};
}

template <class Message>
chronik::result<Message> decode(chronik::shared_bytes const& body, schema::version at) {
    constexpr schema::decode_limits limits{.allocated_bytes_max = decoded_bytes_max, .nesting_max = nesting_max};
    return schema::decode<Message>(body, at, format_of<Message>(at), limits);
}

template <class Message>
chronik::result<void> encode(Message const& message, schema::version at, gather_writer& out) {
    return schema::encode(message, at, format_of<Message>(at), out);
}

template <class Message>
std::string print(Message const& message) {
    return schema::print(message);
}

}  // namespace broker::wire

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/schema/versions.hpp>

#include <wire/gather_writer.hpp>

#include <string>

namespace broker::wire {

namespace schema = chronik::schema;

/// Reads a message body of Kafka's. Each message's codec is compiled once, in messages/<api>.cpp.
///
/// returns   the message; records in it are slices of `body`
/// errors    errc::unsupported_version, errc::malformed (also for bytes behind the message), errc::too_large
template <class Message>
[[nodiscard]] chronik::result<Message> decode(chronik::shared_bytes const& body, schema::version at);

/// Appends a message body.
///
/// errors   errc::unsupported_version if this version cannot say what the message holds, errc::too_large
template <class Message>
[[nodiscard]] chronik::result<void> encode(Message const& message, schema::version at, gather_writer& out);

/// The message as a person reads it, for logs.
template <class Message>
std::string print(Message const& message);

}  // namespace broker::wire

// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/heartbeat.hpp>

namespace broker::wire {

template chronik::result<heartbeat::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<heartbeat::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(heartbeat::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(heartbeat::response const&, schema::version, gather_writer&);
template std::string print(heartbeat::request const&);
template std::string print(heartbeat::response const&);

}  // namespace broker::wire

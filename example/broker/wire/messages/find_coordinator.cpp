// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/find_coordinator.hpp>

namespace broker::wire {

template chronik::result<find_coordinator::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<find_coordinator::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(find_coordinator::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(find_coordinator::response const&, schema::version, gather_writer&);
template std::string print(find_coordinator::request const&);
template std::string print(find_coordinator::response const&);

}  // namespace broker::wire

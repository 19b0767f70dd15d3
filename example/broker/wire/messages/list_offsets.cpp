// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/list_offsets.hpp>

namespace broker::wire {

template chronik::result<list_offsets::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<list_offsets::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(list_offsets::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(list_offsets::response const&, schema::version, gather_writer&);
template std::string print(list_offsets::request const&);
template std::string print(list_offsets::response const&);

}  // namespace broker::wire

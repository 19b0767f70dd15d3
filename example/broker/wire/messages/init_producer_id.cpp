// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/init_producer_id.hpp>

namespace broker::wire {

template chronik::result<init_producer_id::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<init_producer_id::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(init_producer_id::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(init_producer_id::response const&, schema::version, gather_writer&);
template std::string print(init_producer_id::request const&);
template std::string print(init_producer_id::response const&);

}  // namespace broker::wire

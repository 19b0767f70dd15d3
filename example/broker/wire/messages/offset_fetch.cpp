// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/offset_fetch.hpp>

namespace broker::wire {

template chronik::result<offset_fetch::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<offset_fetch::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(offset_fetch::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(offset_fetch::response const&, schema::version, gather_writer&);
template std::string print(offset_fetch::request const&);
template std::string print(offset_fetch::response const&);

}  // namespace broker::wire

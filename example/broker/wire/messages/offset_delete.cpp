// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/offset_delete.hpp>

namespace broker::wire {

template chronik::result<offset_delete::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<offset_delete::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(offset_delete::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(offset_delete::response const&, schema::version, gather_writer&);
template std::string print(offset_delete::request const&);
template std::string print(offset_delete::response const&);

}  // namespace broker::wire

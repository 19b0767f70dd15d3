// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/produce.hpp>

namespace broker::wire {

template chronik::result<produce::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<produce::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(produce::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(produce::response const&, schema::version, gather_writer&);
template std::string print(produce::request const&);
template std::string print(produce::response const&);

}  // namespace broker::wire

// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/metadata.hpp>

namespace broker::wire {

template chronik::result<metadata::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<metadata::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(metadata::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(metadata::response const&, schema::version, gather_writer&);
template std::string print(metadata::request const&);
template std::string print(metadata::response const&);

}  // namespace broker::wire

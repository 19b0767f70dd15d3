// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/fetch.hpp>

namespace broker::wire {

template chronik::result<fetch::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<fetch::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(fetch::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(fetch::response const&, schema::version, gather_writer&);
template std::string print(fetch::request const&);
template std::string print(fetch::response const&);

}  // namespace broker::wire

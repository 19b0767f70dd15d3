// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/offset_commit.hpp>

namespace broker::wire {

template chronik::result<offset_commit::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<offset_commit::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(offset_commit::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(offset_commit::response const&, schema::version, gather_writer&);
template std::string print(offset_commit::request const&);
template std::string print(offset_commit::response const&);

}  // namespace broker::wire

// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/delete_records.hpp>

namespace broker::wire {

template chronik::result<delete_records::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<delete_records::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(delete_records::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(delete_records::response const&, schema::version, gather_writer&);
template std::string print(delete_records::request const&);
template std::string print(delete_records::response const&);

}  // namespace broker::wire

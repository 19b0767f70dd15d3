// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/describe_configs.hpp>

namespace broker::wire {

template chronik::result<describe_configs::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<describe_configs::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(describe_configs::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(describe_configs::response const&, schema::version, gather_writer&);
template std::string print(describe_configs::request const&);
template std::string print(describe_configs::response const&);

}  // namespace broker::wire

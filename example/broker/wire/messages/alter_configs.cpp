// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/alter_configs.hpp>

namespace broker::wire {

template chronik::result<alter_configs::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<alter_configs::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(alter_configs::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(alter_configs::response const&, schema::version, gather_writer&);
template std::string print(alter_configs::request const&);
template std::string print(alter_configs::response const&);

}  // namespace broker::wire

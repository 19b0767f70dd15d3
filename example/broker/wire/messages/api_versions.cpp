// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/api_versions.hpp>

namespace broker::wire {

template chronik::result<api_versions::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<api_versions::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(api_versions::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(api_versions::response const&, schema::version, gather_writer&);
template std::string print(api_versions::request const&);
template std::string print(api_versions::response const&);

}  // namespace broker::wire

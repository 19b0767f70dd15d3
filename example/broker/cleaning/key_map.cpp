// SPDX-License-Identifier: Apache-2.0
#include <cleaning/key_map.hpp>

#include <chronik/base/assert.hpp>

#include <openssl/evp.h>

#include <algorithm>

namespace broker::cleaning {

namespace {

std::size_t slots_for(std::size_t bytes_max, std::uint64_t keys) {
    auto const room = std::max<std::size_t>(bytes_max / key_map::slot_bytes, 16);
    // A tenth stays free, so that a search ends soon.
    return keys > room ? room : std::min<std::size_t>(room, keys + keys / 8 + 16);
}

}  // namespace

key_map::key_map(std::size_t bytes_max, std::uint64_t keys)
    : slots_(slots_for(bytes_max, keys)), used_max_(slots_.size() - slots_.size() / 10), hasher_(EVP_MD_CTX_new()) {
    CHRONIK_ASSERT(hasher_ != nullptr);
}

key_map::~key_map() { EVP_MD_CTX_free(hasher_); }

key_map::digest key_map::hash(std::span<std::byte const> key) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> whole;
    bool const done = EVP_DigestInit_ex(hasher_, EVP_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(hasher_, key.data(), key.size()) == 1 &&
                      EVP_DigestFinal_ex(hasher_, whole.data(), nullptr) == 1;
    CHRONIK_ASSERT(done);
    digest first;
    std::memcpy(first.data(), whole.data(), sizeof first);
    return first;
}

std::size_t key_map::place_of(digest const& of) const {
    std::size_t at = of[0] % slots_.size();
    while (slots_[at].offset != -1 && slots_[at].of != of) at = at + 1 == slots_.size() ? 0 : at + 1;
    return at;
}

bool key_map::put(std::span<std::byte const> key, std::int64_t offset) {
    auto const of = hash(key);
    slot& place = slots_[place_of(of)];
    if (place.offset == -1) {
        if (is_full()) return false;
        ++used_;
        place.of = of;
    }
    place.offset = offset;
    return true;
}

std::optional<std::int64_t> key_map::find(std::span<std::byte const> key) const {
    slot const& place = slots_[place_of(hash(key))];
    return place.offset == -1 ? std::nullopt : std::optional{place.offset};
}

}  // namespace broker::cleaning

// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/shared_bytes.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace {

using chronik::shared_bytes;

TEST(shared_bytes, takes_over_a_vector_without_copying) {
    std::vector<std::byte> storage(100);
    std::byte const* const where = storage.data();

    EXPECT_EQ(shared_bytes{std::move(storage)}.data(), where);
}

TEST(shared_bytes, a_slice_keeps_the_whole_alive) {
    shared_bytes slice;
    std::weak_ptr<void const> whole;
    {
        shared_bytes const text = shared_bytes::copy_of("hello world");
        whole = text.owner();
        slice = text.slice(6, 5);
    }
    EXPECT_EQ(slice.text(), "world");
    EXPECT_FALSE(whole.expired());

    slice = {};
    EXPECT_TRUE(whole.expired());
}

TEST(shared_bytes, a_copy_shares_the_bytes) {
    shared_bytes const one = shared_bytes::copy_of("x");
    shared_bytes const two = one;

    EXPECT_EQ(one.data(), two.data());
}

TEST(shared_bytes, another_view_of_the_same_owner_is_no_other_reference) {
    auto const owner = std::make_shared<std::vector<std::byte>>(4);
    std::span<std::byte const> const whole{*owner};
    shared_bytes shown;

    shown.show(owner, whole.first(2));
    shown.show(owner, whole.last(1));

    EXPECT_EQ(shown.data(), whole.data() + 3);
    EXPECT_EQ(shown.size(), 1U);
    EXPECT_EQ(owner.use_count(), 2);

    shown.show(std::make_shared<std::vector<std::byte>>(1), {});
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(shared_bytes, equality_is_of_bytes_not_of_owners) {
    EXPECT_EQ(shared_bytes::copy_of("x"), shared_bytes::copy_of("x"));
    EXPECT_NE(shared_bytes::copy_of("x"), shared_bytes::copy_of("xy"));
    EXPECT_EQ(shared_bytes{}, shared_bytes::copy_of(""));
    EXPECT_TRUE(shared_bytes{}.empty());
}

}  // namespace

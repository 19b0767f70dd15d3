// SPDX-License-Identifier: Apache-2.0
#include "../../laws/sink_laws.hpp"

#include <chronik/testing/disk.hpp>
#include <chronik/wal/mapped_sink.hpp>
#include <chronik/wal/staged_sink.hpp>

#include <gtest/gtest.h>

namespace chronik::wal {
namespace {

template <class Sink>
class wal_sinks : public ::testing::Test {
protected:
    chronik::testing::disk disk_{1};
    chronik::testing::disk_directory files_ = disk_.directory();
};
using sinks = ::testing::Types<staged_sink, mapped_sink>;
TYPED_TEST_SUITE(wal_sinks, sinks);

}  // namespace

TYPED_TEST(wal_sinks, what_is_committed_is_in_the_segments_after_the_flush) {
    chronik::laws::what_is_committed_is_in_the_segments_after_the_flush<TypeParam>(this->files_);
}
TYPED_TEST(wal_sinks, a_claim_without_a_commit_is_no_part_of_the_flush) {
    chronik::laws::a_claim_without_a_commit_is_no_part_of_the_flush<TypeParam>(this->files_);
}
TYPED_TEST(wal_sinks, what_comes_after_the_take_is_of_the_next_flush) {
    chronik::laws::what_comes_after_the_take_is_of_the_next_flush<TypeParam>(this->files_);
}

}  // namespace chronik::wal

#include "server/shared/replacement_ledger.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <new>

using namespace baton;
using namespace baton::shared;

namespace {

/// In pages that a child shares.
template <class Value>
class Shared {
public:
    Shared()
        : pages_(::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
        BOOST_REQUIRE(pages_ != MAP_FAILED);
        value_ = new (pages_) Value();
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(pages_, sizeof(Value)); }
    Value* operator->() { return value_; }

private:
    void* pages_;
    Value* value_;
};

ReplacementRecord record(ReplacementOrder order, ReplacementResult result, std::uint32_t from = 1) {
    ReplacementRecord record;
    record.order = order;
    record.result = result;
    record.from = from;
    record.ended_at = from;
    return record;
}

struct Pair {
    std::uint64_t one = 0;
    std::uint64_t other = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(published)

BOOST_AUTO_TEST_CASE(nothing_is_read_before_the_first_write) {
    Published<Pair> value;
    BOOST_TEST(!value.read().has_value());
    value.write({1, 2});
    BOOST_REQUIRE(value.read().has_value());
    BOOST_TEST(value.read()->one == 1U);
    BOOST_TEST(value.read()->other == 2U);
}

BOOST_AUTO_TEST_CASE(a_reader_never_sees_half_of_a_value) {
    Shared<Published<Pair>> value;
    value->write({0, 0});
    const pid_t writer = ::fork();
    if (writer == 0) {
        for (std::uint64_t i = 1; i <= 200'000; ++i) value->write({i, i});
        ::_exit(0);
    }
    bool whole = true;
    while (::waitpid(writer, nullptr, WNOHANG) == 0) {
        const auto seen = value->read();
        whole = whole && (!seen || seen->one == seen->other);
    }
    BOOST_TEST(whole);
    BOOST_REQUIRE(value->read().has_value());
    BOOST_TEST(value->read()->one == 200'000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(replacement_ledger)

BOOST_AUTO_TEST_CASE(each_order_is_counted_by_how_it_ended) {
    ReplacementLedger ledger;
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::ok));
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::ok));
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::rolled_back));
    ledger.add(record(ReplacementOrder::reload, ReplacementResult::failed));
    BOOST_TEST(ledger.count(ReplacementOrder::upgrade, ReplacementResult::ok) == 2U);
    BOOST_TEST(ledger.count(ReplacementOrder::upgrade, ReplacementResult::rolled_back) == 1U);
    BOOST_TEST(ledger.count(ReplacementOrder::upgrade, ReplacementResult::failed) == 0U);
    BOOST_TEST(ledger.count(ReplacementOrder::reload, ReplacementResult::failed) == 1U);
    BOOST_TEST(ledger.count(ReplacementOrder::rollback, ReplacementResult::ok) == 0U);
}

BOOST_AUTO_TEST_CASE(the_last_of_each_order_is_kept) {
    ReplacementLedger ledger;
    BOOST_TEST(!ledger.last(ReplacementOrder::upgrade).has_value());
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::ok, 3));
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::failed, 4));
    ledger.add(record(ReplacementOrder::reload, ReplacementResult::ok, 5));
    BOOST_TEST(ledger.last(ReplacementOrder::upgrade)->from == 4U);
    BOOST_TEST((ledger.last(ReplacementOrder::upgrade)->result == ReplacementResult::failed));
    BOOST_TEST(ledger.last(ReplacementOrder::reload)->from == 5U);
}

BOOST_AUTO_TEST_CASE(a_refused_reload_does_not_change_when_the_last_good_one_was) {
    ReplacementLedger ledger;
    BOOST_TEST(ledger.last_good_reload() == 0);
    ledger.add(record(ReplacementOrder::reload, ReplacementResult::ok, 7));
    ledger.add(record(ReplacementOrder::reload, ReplacementResult::failed, 8));
    ledger.add(record(ReplacementOrder::upgrade, ReplacementResult::ok, 9));
    BOOST_TEST(ledger.last_good_reload() == 7);
}

BOOST_AUTO_TEST_CASE(a_trial_that_has_ended_is_not_told) {
    ReplacementLedger ledger;
    BOOST_TEST(!ledger.trial().has_value());
    TrialRecord trial;
    trial.phase = TrialRecord::Phase::canary;
    trial.share = 100;
    ledger.write_trial(trial);
    BOOST_REQUIRE(ledger.trial().has_value());
    BOOST_TEST(ledger.trial()->share == 100);
    ledger.write_trial({});
    BOOST_TEST(!ledger.trial().has_value());
}

BOOST_AUTO_TEST_CASE(what_drained_adds_up_and_the_last_drain_is_the_last_one) {
    ReplacementLedger ledger;
    ledger.add_drain(3, std::chrono::seconds{2});
    ledger.add_drain(4, std::chrono::seconds{1});
    BOOST_TEST(ledger.drained() == 7U);
    BOOST_TEST((ledger.last_drain() == std::chrono::seconds{1}));
}

BOOST_AUTO_TEST_SUITE_END()

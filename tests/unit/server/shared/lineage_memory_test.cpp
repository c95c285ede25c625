#include "server/shared/lineage_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::shared;

namespace {

LineageMemory fresh() {
    auto memory = LineageMemory::create();
    BOOST_REQUIRE(memory.has_value());
    return std::move(*memory);
}

LineageMemory attached_to(const LineageMemory& memory) {
    auto other = LineageMemory::attach(Fd{::dup(memory.descriptor())});
    BOOST_REQUIRE(other.has_value());
    return std::move(*other);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lineage_memory)

BOOST_AUTO_TEST_CASE(a_total_survives_the_release_of_its_slot) {
    auto memory = fresh();
    auto* const first = memory.claim(1, 0);
    auto* const second = memory.claim(1, 1);
    first->add(Counter::requests, 5);
    second->add(Counter::requests, 2);
    BOOST_TEST(memory.total(Counter::requests) == 7U);
    memory.release(*first);
    BOOST_TEST(memory.total(Counter::requests) == 7U);
    memory.release(*second);
    BOOST_TEST(memory.total(Counter::requests) == 7U);
}

BOOST_AUTO_TEST_CASE(a_gauge_falls_with_the_release_of_its_slot) {
    auto memory = fresh();
    auto* const slot = memory.claim(1, 0);
    slot->add(Gauge::connections, 3);
    BOOST_TEST(memory.total(Gauge::connections) == 3);
    memory.release(*slot);
    BOOST_TEST(memory.total(Gauge::connections) == 0);
}

BOOST_AUTO_TEST_CASE(a_claimed_slot_is_empty_whoever_had_it_before) {
    auto memory = fresh();
    auto* const slot = memory.claim(1, 0);
    slot->add(Counter::requests, 5);
    slot->add(Gauge::websockets, 5);
    memory.release(*slot);
    auto* const again = memory.claim(2, 7);
    BOOST_TEST(again == slot);
    BOOST_TEST(again->value(Counter::requests) == 0U);
    BOOST_TEST(again->value(Gauge::websockets) == 0);
    BOOST_TEST(again->generation.load() == 2U);
    BOOST_TEST(again->index.load() == 7U);
    BOOST_TEST((again->state.load() == WorkerState::starting));
}

BOOST_AUTO_TEST_CASE(slots_that_were_never_claimed_are_not_looked_at) {
    auto memory = fresh();
    BOOST_TEST(memory.slots().empty());
    auto* const first = memory.claim(1, 0);
    memory.claim(1, 1);
    memory.release(*first);
    BOOST_TEST(memory.slots().size() == 2U);
    memory.claim(2, 0);
    BOOST_TEST(memory.slots().size() == 2U);
    BOOST_TEST(attached_to(memory).slots().size() == 2U);
}

BOOST_AUTO_TEST_CASE(looks_make_no_memory_real_that_nobody_has_used) {
    auto memory = fresh();
    memory.claim(1, 0);
    auto* const generation = memory.claim_generation(1);
    memory.total(Counter::requests);
    memory.total(Counter::requests, *generation);
    memory.total(Gauge::connections);
    memory.latencies(*generation);
    struct stat status {};
    BOOST_REQUIRE(::fstat(memory.descriptor(), &status) == 0);
    BOOST_TEST(status.st_blocks * 512 < 256 * 1024);
    BOOST_TEST(status.st_size > 4 * 1024 * 1024);
}

BOOST_AUTO_TEST_CASE(claiming_ends_when_all_slots_are_taken) {
    auto memory = fresh();
    for (std::size_t i = 0; i < LineageMemory::max_workers; ++i) BOOST_REQUIRE(memory.claim(1, 0) != nullptr);
    BOOST_TEST(memory.claim(1, 0) == nullptr);
    memory.release(memory.slots()[17]);
    BOOST_TEST(memory.claim(1, 0) == &memory.slots()[17]);
}

BOOST_AUTO_TEST_CASE(a_successor_sees_and_continues_what_its_predecessor_counted) {
    auto memory = fresh();
    memory.claim(1, 0)->add(Counter::bytes_sent, 100);
    BOOST_TEST(memory.next_generation() == 1U);
    auto other = attached_to(memory);
    BOOST_TEST(other.total(Counter::bytes_sent) == 100U);
    BOOST_TEST(other.next_generation() == 2U);
    BOOST_TEST(other.started_at() == memory.started_at());
    other.claim(2, 0)->add(Counter::bytes_sent, 1);
    BOOST_TEST(memory.total(Counter::bytes_sent) == 101U);
}

BOOST_AUTO_TEST_CASE(a_lineage_without_its_memory_goes_on_counting_generations) {
    auto memory = fresh();
    memory.number_from(8);
    BOOST_TEST(memory.next_generation() == 8U);
    memory.number_from(3);
    BOOST_TEST(memory.next_generation() == 9U);
}

BOOST_AUTO_TEST_CASE(a_generation_slot_is_free_again_when_its_state_says_so) {
    auto memory = fresh();
    for (std::size_t i = 0; i < LineageMemory::max_generations; ++i)
        BOOST_REQUIRE(memory.claim_generation(static_cast<std::uint32_t>(i)) != nullptr);
    BOOST_TEST(memory.claim_generation(99) == nullptr);
    memory.generations()[3].state.store(GenerationState::free);
    auto* const slot = memory.claim_generation(99);
    BOOST_TEST(slot == &memory.generations()[3]);
    BOOST_TEST(slot->master_pid.load() == ::getpid());
}

BOOST_AUTO_TEST_CASE(a_generation_keeps_what_its_ended_workers_have_counted) {
    auto memory = fresh();
    auto* const generation = memory.claim_generation(7);
    auto* const first = memory.claim(7, 0);
    auto* const second = memory.claim(7, 1);
    memory.claim(8, 0)->add(Counter::connections_moved_in, 9);
    first->add(Counter::connections_moved_out, 5);
    second->add(Counter::connections_moved_out, 2);
    memory.release(*first);
    BOOST_TEST(memory.total(Counter::connections_moved_out, *generation) == 7U);
    memory.release(*second);
    BOOST_TEST(memory.total(Counter::connections_moved_out, *generation) == 7U);
    BOOST_TEST(memory.total(Counter::connections_moved_in, *generation) == 0U);
    BOOST_TEST(memory.total(Counter::connections_moved_out) == 7U);
}

BOOST_AUTO_TEST_CASE(a_generation_begins_with_nothing_counted_whoever_had_its_slot_before) {
    auto memory = fresh();
    auto* const slot = memory.claim_generation(7);
    memory.claim(7, 0)->add(Counter::connections_moved_out, 5);
    memory.release(memory.slots()[0]);
    slot->state.store(GenerationState::free);
    auto* const next = memory.claim_generation(8);
    BOOST_TEST(next == slot);
    BOOST_TEST(memory.total(Counter::connections_moved_out, *next) == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_drain_did_not_take_has_ended_by_itself) {
    auto memory = fresh();
    auto* const generation = memory.claim_generation(7);
    auto* const worker = memory.claim(7, 0);
    worker->add(Gauge::connections, 8);
    worker->add(Gauge::websockets, 2);
    BOOST_TEST(memory.open_connections(*generation) == 10U);
    BOOST_TEST(memory.drained_connections(*generation) == 0U);
    generation->had_at_drain.store(10);
    worker->add(Gauge::connections, -6);
    worker->add(Counter::connections_moved_out, 3);
    worker->add(Counter::drain_closed, 1);
    BOOST_TEST(memory.taken_connections(*generation) == 4U);
    BOOST_TEST(memory.drained_connections(*generation) == 2U);
    memory.release(*worker);
    BOOST_TEST(memory.drained_connections(*generation) == 6U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_the_lineages_memory_is_refused) {
    auto memory = fresh();
    const auto size = ::lseek(memory.descriptor(), 0, SEEK_END);
    Fd wrong_size{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    BOOST_TEST(!LineageMemory::attach(std::move(wrong_size)).has_value());
    Fd wrong_content{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    BOOST_REQUIRE(::ftruncate(wrong_content.get(), size) == 0);
    BOOST_TEST(!LineageMemory::attach(Fd{::dup(wrong_content.get())}).has_value());
    Fd pipe_end{::dup(STDERR_FILENO)};
    BOOST_TEST(!LineageMemory::attach(std::move(pipe_end)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/escrow/escrow_memory.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>
#include <utility>

using namespace baton;
using namespace baton::escrow;

namespace {

constexpr std::uint16_t kind = 3;
constexpr Place place{1, 17};

/// The worker's view and the master's.
struct Shared {
    Shared() : Shared(*EscrowMemory::create(4)) {}
    explicit Shared(const Fd& memory)
        : descriptor(memory.duplicate()),
          worker(std::move(*EscrowMemory::map(memory.duplicate()))),
          master(std::move(*EscrowMemory::map(memory.duplicate()))) {}
    void put(std::string_view parcel = "what it is") {
        BOOST_REQUIRE(worker.write(place, kind, parcel));
        worker.validate(place);
    }
    /// Flips a bit of the cell, as a stray write of a worker might.
    void damage(std::size_t offset) {
        void* const bytes = ::mmap(nullptr, worker.cells() * EscrowMemory::cell_size, PROT_READ | PROT_WRITE,
                                   MAP_SHARED, descriptor.get(), 0);
        BOOST_REQUIRE(bytes != MAP_FAILED);
        static_cast<char*>(bytes)[place.cell * EscrowMemory::cell_size + offset] ^= 4;
        ::munmap(bytes, worker.cells() * EscrowMemory::cell_size);
    }
    Fd descriptor;
    EscrowMemory worker, master;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(escrow_memory)

BOOST_AUTO_TEST_CASE(a_valid_parcel_is_read_as_it_was_written) {
    Shared memory;
    memory.put("all that it is");
    const auto parcel = memory.master.read(place);
    BOOST_REQUIRE(parcel.has_value());
    BOOST_TEST(parcel->fields == "all that it is");
    BOOST_TEST(parcel->kind == kind);
}

BOOST_AUTO_TEST_CASE(a_parcel_counts_only_once_it_has_been_validated) {
    Shared memory;
    BOOST_TEST(!memory.master.read(place).has_value());
    memory.worker.write(place, kind, "half of it");
    BOOST_TEST(!memory.master.read(place).has_value());
}

BOOST_AUTO_TEST_CASE(a_parcel_that_was_invalidated_counts_again_only_when_it_is_written_and_validated_again) {
    Shared memory;
    memory.put("before");
    memory.worker.invalidate(place.cell);
    BOOST_TEST(!memory.master.read(place).has_value());
    memory.put("after");
    BOOST_TEST(memory.master.read(place)->fields == "after");
}

BOOST_AUTO_TEST_CASE(writing_invalidates_by_itself) {
    Shared memory;
    memory.put();
    memory.worker.write(place, kind, "and a process that dies here has left nothing valid");
    BOOST_TEST(!memory.master.read(place).has_value());
}

BOOST_AUTO_TEST_CASE(a_cell_of_another_connection_says_nothing_of_this_one) {
    Shared memory;
    memory.put();
    BOOST_TEST(!memory.master.read({place.cell, place.serial + 1}).has_value());
    BOOST_TEST(!memory.master.read({place.cell + 1, place.serial}).has_value());
    BOOST_TEST(!memory.master.read({place.cell, 0}).has_value());
    BOOST_TEST(!memory.master.read({4, place.serial}).has_value());
}

BOOST_AUTO_TEST_CASE(a_parcel_with_one_wrong_bit_is_refused) {
    const std::string parcel(1001, 'x');
    // The length, the kind, the first and the last byte of the parcel.
    for (const std::size_t offset : {16U, 20U, 22U, 22U + 1000U}) {
        Shared memory;
        memory.put(parcel);
        memory.damage(offset);
        BOOST_TEST(!memory.master.read(place).has_value(), "at " << offset);
    }
}

BOOST_AUTO_TEST_CASE(a_parcel_that_is_too_long_for_a_cell_changes_nothing) {
    Shared memory;
    memory.put("short");
    BOOST_TEST(!memory.worker.write(place, kind, std::string(EscrowMemory::longest_parcel + 1, 'x')));
    BOOST_TEST(memory.master.read(place)->fields == "short");
    memory.put(std::string(EscrowMemory::longest_parcel, 'x'));
    BOOST_TEST(memory.master.read(place)->fields.size() == EscrowMemory::longest_parcel);
}

BOOST_AUTO_TEST_CASE(a_wiped_cell_holds_no_byte_of_what_was_there) {
    Shared memory;
    memory.put("a key");
    memory.worker.wipe(place.cell);
    BOOST_TEST(!memory.master.read(place).has_value());
    std::string bytes(EscrowMemory::cell_size, 'x');
    BOOST_REQUIRE(::pread(memory.descriptor.get(), bytes.data(), bytes.size(),
                          place.cell * EscrowMemory::cell_size) == static_cast<ssize_t>(bytes.size()));
    BOOST_TEST(bytes.find("key") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_has_stored_last_is_what_is_found) {
    Shared memory;
    memory.put();
    const pid_t child = ::fork();
    if (child == 0) {
        auto own = EscrowMemory::map(memory.descriptor.duplicate());
        own->write({2, 18}, kind, "the child's");
        own->validate({2, 18});
        own->invalidate(place.cell);
        ::raise(SIGKILL);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(WIFSIGNALED(status));
    BOOST_TEST(memory.master.read({2, 18})->fields == "the child's");
    BOOST_TEST(!memory.master.read(place).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

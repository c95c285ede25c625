/// What a worker tells its master about connections in escrow, over a SEQPACKET pair of its own.
///
/// Both ends run the very same binary (a worker is forked without exec), so a message is a plain struct.
#pragma once

#include "server/escrow/escrow_memory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace baton::escrow {

/// A connection has two sides.
inline constexpr std::size_t sockets_of_connection = 2;

struct Notice {
    enum class Kind : std::uint8_t {
        deposit,  ///< with the sockets of each connection, client's first
        withdraw  ///< they have ended or gone elsewhere: the master closes what it holds
    };
    /// The descriptors of all fit one message.
    static constexpr std::size_t most_places = 64;
    Kind kind = Kind::deposit;
    std::uint16_t count = 0;
    std::array<Place, most_places> places;

    std::span<const Place> all() const { return {places.data(), count}; }
    bool is_full() const { return count == most_places; }
    void add(const Place& place) { places[count++] = place; }
};

/// What a worker needs for its escrow.
struct EscrowEnds {
    Fd memory;
    Fd channel;
};

struct EscrowChannel {
    Fd master;
    Fd worker;
};
Result<EscrowChannel> make_escrow_channel();

enum class Told : std::uint8_t {
    whole,
    later,  ///< the master has not read enough yet, or no more descriptors may be under way
    gone,   ///< the master is
};
/// Never waits. `sockets` stay the caller's.
Told tell(int channel, const Notice& notice, std::span<const int> sockets = {});

enum class HeardNotice : std::uint8_t { notice, nothing, gone };
/// Never waits. There are fewer `sockets` than were sent when this process has no room for more.
HeardNotice hear(int channel, Notice& notice, std::vector<Fd>& sockets);

}  // namespace baton::escrow

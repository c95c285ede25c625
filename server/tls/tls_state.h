/// All that an encrypted transport knows beside its socket: what a parcel carries.
#pragma once

#include "server/tls/alert.h"
#include "server/tls/key_memory.h"
#include "server/tls/message_reader.h"
#include "server/tls/tls_info.h"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::tls {

/// What a record layer knows beside its keys.
struct RecordLayerState {
    std::uint64_t warm_bytes = 0;
    std::uint32_t allowance = 0;
    std::uint32_t empty_records = 0;
    MessageReader messages;
    bool update_is_last = false;
};

/// Of a connection that lives: one that has failed is not handed over.
struct TlsState {
    /// Only one process may go on sealing with them. Null when there was no memory for a copy: nobody can go
    /// on with it then, and the connection stays where it is.
    HeldKeys keys;
    RecordLayerState layer;
    TlsInfo info;
    std::string received;         ///< ciphertext that makes no whole record yet, or was not opened yet
    std::string sealed;           ///< records that must leave first, as they are
    bool closed_by_peer = false;  ///< its close_notify has come
    bool close_told = false;      ///< … and was reported
    bool shutting_down = false;   ///< our close_notify is sealed; FIN follows the last record
    bool fin_sent = false;
};

}  // namespace baton::tls

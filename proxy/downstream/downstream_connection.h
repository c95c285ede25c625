/// A client's connection, whatever it speaks.
#pragma once

#include "proxy/http/client_address.h"
#include "server/event/event_loop.h"
#include "server/net/listener.h"
#include "server/net/transport.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <boost/intrusive/list.hpp>
#include <memory>

namespace baton {

/// A connection's place in its worker's lists. It is destroyed by the loop at the end of a turn.
class DownstreamConnection
    : public Disposable,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// The generation ends: an idle connection gets one more answer until `order.idle_grace_until`.
    virtual void begin_drain() = 0;
    /// Lets it stand still, outside every list, if it can go on in another process and is of one of these
    /// kinds; null if not, or not yet.
    virtual upgrade::Movable* freeze_if_movable(upgrade::ParcelKinds) { return nullptr; }
    /// Ends it now, whatever it does (the drain's deadline has passed, or its descriptor is needed).
    virtual void close_now() = 0;
};

using DownstreamConnectionList =
    boost::intrusive::list<DownstreamConnection, boost::intrusive::constant_time_size<false>>;

/// What is known of a connection from its first moment, before any byte of it was read.
struct AcceptedConnection {
    std::unique_ptr<Transport> transport;
    const config::Listener* listener = nullptr;
    std::size_t listener_index = 0;  ///< into Config::listeners
};

}  // namespace baton

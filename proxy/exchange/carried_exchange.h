/// What an exchange brings along from the process in which it began.
#pragma once

#include "config/config.h"
#include "proxy/exchange/owned_record.h"

#include <array>
#include <string>

namespace baton {

/// Decisions that are not taken again, and texts that the exchange's views point into.
struct CarriedExchange {
    explicit CarriedExchange(const AccessRecord& from) : record(from) {}
    OwnedRecord record;
    std::string host_name, path, sent_path, traceparent;
    std::array<std::string, 10> groups;  ///< of the route's regex
    config::Timeouts timeouts;
    config::Limits limits;
};

}  // namespace baton

/// An access record that outlives its exchange: a tunnel's, written again when it closes.
#pragma once

#include "proxy/exchange/access_record.h"

#include <string>

namespace baton {

/// Holds a copy of all texts of a record in one piece of memory.
class OwnedRecord {
public:
    explicit OwnedRecord(const AccessRecord& record);
    OwnedRecord(const OwnedRecord&) = delete;
    OwnedRecord& operator=(const OwnedRecord&) = delete;
    AccessRecord& operator*() { return record_; }
    const AccessRecord& operator*() const { return record_; }
    AccessRecord* operator->() { return &record_; }

private:
    AccessRecord record_;
    std::string texts_;
};

}  // namespace baton

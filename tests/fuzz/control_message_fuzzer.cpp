/// Any bytes on the control channel are refused or are a message that can be written and read back unchanged.
#include "upgrade/control_message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace baton::upgrade;
    const auto message = decode(std::as_bytes(std::span(data, size)));
    if (!message) return 0;
    const std::string written = encode(*message);
    if (written.size() > longest_control_message) std::abort();
    const auto again = decode(std::as_bytes(std::span(written)));
    if (!again || *again != *message) std::abort();
    return 0;
}

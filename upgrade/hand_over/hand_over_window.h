/// What one window carries: parcels one behind the other, each with a head of 8 bytes (kind, number of
/// descriptors, length of the fields), and the descriptors of all of them in the same order.
#pragma once

#include "upgrade/hand_over/parcel.h"
#include "upgrade/hand_over/secret_buffer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace baton::upgrade {

class Movable;

/// A window that is being filled and sent.
class OutgoingWindow {
public:
    enum class Fit : std::uint8_t {
        added,
        too_large,  ///< no window holds this one
        no_descriptors_left,
        out_of_memory,
    };

    /// Packs the connection behind the others unless the window then had more than `most_descriptors`; the
    /// window is unchanged when it does not fit.
    Fit add(const Movable& connection, std::size_t most_descriptors);
    /// No further parcel is begun.
    bool is_full() const;
    std::size_t parcels() const { return parcels_; }
    std::string_view bytes() const { return bytes_.view(); }
    std::span<const int> descriptors() const { return descriptors_; }
    void wipe();

private:
    Fit pack(const Movable& connection, std::size_t most_descriptors);

    SecretBuffer bytes_;
    std::vector<int> descriptors_;
    std::size_t parcels_ = 0;
};

/// A parcel in a window that has arrived; views the window's bytes.
struct WindowParcel {
    ParcelKind kind = 0;
    std::size_t descriptors = 0;
    std::string_view fields;
};

/// Nothing unless `bytes` are exactly that many parcels with exactly that many descriptors.
std::optional<std::vector<WindowParcel>> read_window(std::string_view bytes, std::size_t parcels,
                                                     std::size_t descriptors);

}  // namespace baton::upgrade

#include "upgrade/hand_over/hand_over_window.h"

#include "upgrade/hand_over/hand_over_message.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <array>
#include <new>

namespace baton::upgrade {
namespace {

void put(char* to, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

std::uint32_t get(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return value;
}

}  // namespace

OutgoingWindow::Fit OutgoingWindow::add(const Movable& connection, std::size_t most_descriptors) {
    const std::size_t begun = bytes_.size();
    const std::size_t descriptors_before = descriptors_.size();
    const Fit fit = pack(connection, most_descriptors);
    if (fit == Fit::added) {
        ++parcels_;
    } else {
        bytes_.shrink(begun);
        descriptors_.resize(descriptors_before);
    }
    return fit;
}

OutgoingWindow::Fit OutgoingWindow::pack(const Movable& connection, std::size_t most_descriptors) {
    const std::size_t begun = bytes_.size();
    const std::size_t descriptors_before = descriptors_.size();
    try {
        static constexpr std::array<char, parcel_head_size> head{};
        bytes_.append({head.data(), head.size()});
        FieldWriter fields{bytes_};
        connection.pack(fields, descriptors_);
    } catch (const std::bad_alloc&) {
        return Fit::out_of_memory;
    }
    const std::size_t length = bytes_.size() - begun;
    const std::size_t descriptors = descriptors_.size() - descriptors_before;
    if (length > longest_parcel || descriptors > most_descriptors_of_parcel) return Fit::too_large;
    if (descriptors_.size() > most_descriptors) return Fit::no_descriptors_left;
    char* const head = bytes_.data() + begun;
    put(head, connection.kind(), 2);
    put(head + 2, descriptors, 2);
    put(head + 4, length - parcel_head_size, 4);
    return Fit::added;
}

bool OutgoingWindow::is_full() const {
    return parcels_ == most_parcels || bytes_.size() >= full_window;
}

void OutgoingWindow::wipe() {
    bytes_.clear();
    descriptors_.clear();
    parcels_ = 0;
}

std::optional<std::vector<WindowParcel>> read_window(std::string_view bytes, std::size_t parcels,
                                                     std::size_t descriptors) {
    std::vector<WindowParcel> read;
    while (!bytes.empty()) {
        if (bytes.size() < parcel_head_size || read.size() == parcels) return std::nullopt;
        const std::size_t count = get(bytes.substr(2, 2));
        const std::size_t length = get(bytes.substr(4, 4));
        if (count > most_descriptors_of_parcel || count > descriptors ||
            length > bytes.size() - parcel_head_size)
            return std::nullopt;
        read.push_back({static_cast<ParcelKind>(get(bytes.substr(0, 2))), count,
                        bytes.substr(parcel_head_size, length)});
        descriptors -= count;
        bytes.remove_prefix(parcel_head_size + length);
    }
    if (read.size() != parcels || descriptors != 0) return std::nullopt;
    return read;
}

}  // namespace baton::upgrade

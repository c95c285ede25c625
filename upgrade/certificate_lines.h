/// The certificates of the serving generation in `baton status`.
#pragma once

#include "server/event/clock.h"
#include "server/log/json_writer.h"
#include "server/tls/certificate_keeper.h"

#include <span>
#include <string>

namespace baton::upgrade {

/// Bytes that `write_certificates` needs at most.
std::size_t json_size(std::span<const tls::CertificateStatus> certificates);
/// The key `certificates` with an array.
void write_certificates(JsonWriter& json, std::span<const tls::CertificateStatus> certificates, WallTime now);
/// A table; nothing without certificates.
void append_certificates(std::string& text, std::span<const tls::CertificateStatus> certificates,
                         WallTime now);

}  // namespace baton::upgrade

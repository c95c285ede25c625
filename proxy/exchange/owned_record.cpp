#include "proxy/exchange/owned_record.h"

namespace baton {

OwnedRecord::OwnedRecord(const AccessRecord& record) : record_(record) {
    std::string_view* const texts[] = {
        &record_.id,          &record_.trace_id,     &record_.client_ip,   &record_.peer_ip,
        &record_.listener,    &record_.protocol,     &record_.method,      &record_.scheme,
        &record_.host,        &record_.path,         &record_.query,       &record_.referer,
        &record_.user_agent,  &record_.matched_host, &record_.route,       &record_.route_identity,
        &record_.upstream,    &record_.endpoint,     &record_.detail,      &record_.closed_by,
        &record_.tls_version, &record_.tls_cipher,   &record_.server_name, &record_.client_certificate,
    };
    std::size_t total = 0;
    for (const auto* text : texts) total += text->size();
    texts_.reserve(total);  // the views would not survive a reallocation
    for (auto* text : texts) {
        const std::size_t at = texts_.size();
        texts_.append(*text);
        *text = std::string_view{texts_}.substr(at);
    }
}

}  // namespace baton

#include "config/key_rows.h"
#include "config/keys.h"
#include "config/tls_checks.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::array certificate_keys{
    text("name", into<&CertificateFiles::name>, {}, "What hosts and `default_certificate` call it."),
    value("cert", Type::file_path, into<&CertificateFiles::cert>, {},
          "PEM: the certificate, then its intermediates.")
        .required(),
    value("key", Type::file_path, into<&CertificateFiles::key>, {}, "PEM, not encrypted.").required(),
    value("ocsp", Type::file_path, into<&CertificateFiles::ocsp>, {}, "DER response that is stapled."),
};
constexpr Block certificate_block{"certificates[]", "certificate", "A certificate with its key.",
                                  certificate_keys};

constexpr std::array session_tickets_keys{
    boolean("enabled", into<&SessionTickets::enabled>, "true", "Resume sessions by tickets."),
    duration("rotate", into<&SessionTickets::rotate>, "12h",
             "Keys are made in memory, shared by all workers and kept over reload and upgrade; a fresh one "
             "encrypts after this.")
        .between(1000, INT64_MAX),
    integer("keep", into<&SessionTickets::keep>, "2", "Former keys that are still accepted.")
        .between(0, SessionTickets::most_keys - 1),
    value("key_files", Type::file_path, into<&SessionTickets::key_files>, {},
          "80-byte files for a fleet; the first encrypts. No keys are made then, and `rotate` and `keep` say "
          "nothing.")
        .listed(),
};
constexpr Block session_tickets_block{"session_tickets",
                                      "session tickets",
                                      "Tickets by which clients resume their sessions.",
                                      session_tickets_keys,
                                      {},
                                      {},
                                      check_session_tickets};

constexpr std::array tls_keys{
    block("certificates", certificate_block, Fill::on_use, into<&Tls::certificates>,
          "Chosen by the name that the client asks for (SNI) from the names in the certificates.")
        .listed(),
    value("directories", Type::file_path, into<&Tls::directories>, {},
          "Load every `*.crt`/`*.pem` + key pair (certbot `live/*` understood).")
        .listed(),
    boolean("watch", into<&Tls::watch>, "true", "Swap changed certificates without reload."),
    choice(
        "on_error", "fail|skip", into<&Tls::on_error>, "fail",
        "`check` and reload: fail. At cold start always like skip: bad ones are left out, logged as error, "
        "other hosts work."),
    text("default_certificate", with<Tls, bind_default_certificate>, {},
         "Name of the one for unknown or missing SNI.")
        .computed("refuse (unrecognized_name)"),
    choice("min_version", "1.2|1.3", into<&Tls::min_version>, {}, "The least version of TLS.")
        .computed("`1.2`; `1.3` with `profile: modern`"),
    choice("profile", "modern|intermediate", into<&Tls::profile>, "intermediate",
           "Mozilla server-side-TLS profiles."),
    block("session_tickets", session_tickets_block, Fill::with_parent, into<&Tls::session_tickets>,
          "Tickets by which clients resume their sessions."),
    choice("ocsp_stapling", "auto|off", into<&Tls::ocsp_stapling>, "auto",
           "auto = responses that certificates name are sent along."),
};

constexpr std::array client_auth_keys{
    choice("mode", "off|request|require", into<&ClientAuth::mode>, "off",
           "request = a client may show a certificate; require = it must. What is shown must be valid."),
    value("ca", Type::file_path, into<&ClientAuth::ca>, {},
          "PEM bundle of the authorities that clients' certificates come from."),
    value("crl", Type::file_path, into<&ClientAuth::crl>, {}, "PEM of revoked certificates."),
    boolean("forward", into<&ClientAuth::forward>, "false",
            "Send X-Client-Cert-* / Client-Cert (RFC 9440) upstream."),
};
constexpr Block client_auth_block{
    "client_auth",    "client_auth", "Certificates that clients show (mTLS).", client_auth_keys, {}, {},
    check_client_auth};

constexpr std::array host_tls_keys{
    text("certificate", with<HostTls, bind_pinned_certificate>, {}, "Pin one by name.")
        .computed("chosen by SNI from certificate SANs"),
    choice("min_version", "1.2|1.3", into<&HostTls::min_version>, {},
           "The least version of TLS for this host, not below the one of `tls`.")
        .computed("the one of `tls`"),
    block("client_auth", client_auth_block, Fill::with_parent, into<&HostTls::client_auth>, "mTLS."),
};

constexpr std::array hsts_keys{
    duration("max_age", into<&HstsDraft::max_age>, "off", "How long browsers insist on TLS.")
        .between(1000, INT64_MAX)
        .or_word("off"),
    boolean("include_subdomains", into<&HstsDraft::include_subdomains>, "false",
            "Also for every name below the host's."),
    boolean("preload", into<&HstsDraft::preload>, "false",
            "Consent to the browsers' list of sites; needs `include_subdomains` and a year."),
};

constexpr std::array upstream_tls_keys{
    boolean("enabled", into<&UpstreamTls::enabled>, {}, "Whether the servers are spoken to over TLS.")
        .computed("true when any other key is set or the server URL is `https://`"),
    expression("server_name", into<&UpstreamTls::server_name>, {}, "SNI and name to verify.")
        .computed("the server host name"),
    boolean("verify", into<&UpstreamTls::verify>, "true",
            "Verify chain and name. `false` is a warning of `check` (W-TLS-VERIFY)."),
    value("ca", Type::file_path, into<&UpstreamTls::ca>, {}, "PEM bundle.").computed("the system's"),
    value("cert", Type::file_path, into<&UpstreamTls::cert>, {}, "Client certificate, PEM."),
    value("key", Type::file_path, into<&UpstreamTls::key>, {}, "Client key, PEM."),
    choice("min_version", "1.2|1.3", into<&UpstreamTls::min_version>, "1.2", "The least version of TLS."),
};

}  // namespace

constinit const Block tls_block{"tls", "`tls`", "Certificates and the rules for TLS.", tls_keys};
constinit const Block host_tls_block{"hosts[].tls", "host tls",
                                     "Certificate and client authentication of the host.", host_tls_keys};
constinit const Block hsts_block{
    "hsts", "hsts", "Strict-Transport-Security on TLS answers.", hsts_keys, {}, {}, check_hsts};
constinit const Block upstream_tls_block{
    "upstream tls",    "upstream tls", "TLS to upstream servers.", upstream_tls_keys, {}, {},
    check_upstream_tls};

}  // namespace baton::config

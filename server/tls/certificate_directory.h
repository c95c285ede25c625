/// Finds the certificates that lie in a directory.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace baton::tls {

/// Two files that belong together.
struct CertificatePair {
    std::string name;  ///< of the folder, or of the file without its suffix
    std::string cert;
    std::string key;
};

struct DirectoryContent {
    std::vector<CertificatePair> pairs;    ///< sorted by the path of the chain
    std::vector<std::string> unpartnered;  ///< certificates without a key and keys without a certificate
    std::vector<std::string> folders;      ///< of the directory
};

/// Looks for `fullchain.pem` with `privkey.pem`, in the directory itself and in its folders (certbot's
/// `live`), and for `X.crt` or `X.pem` with `X.key` or `X-key.pem`. Names that begin with a dot are not
/// looked at. Fails with the system's words when the directory cannot be read.
tl::expected<DirectoryContent, std::string> look_into(const std::string& directory);

}  // namespace baton::tls

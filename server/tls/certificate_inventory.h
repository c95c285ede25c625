/// Every certificate that the configuration names or that lies in one of its directories, as its files are
/// now: usable, or what is wrong with it.
#pragma once

#include "config/config.h"
#include "server/tls/certificate.h"
#include "server/tls/file_stamp.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::tls {

/// Where a certificate lies. In a directory the origin of each file is that of the directory's key.
struct CertificatePlace {
    /// `tls.certificates[].name`; without it the path of the chain. In a directory: the folder of certbot's
    /// layout, or the file without its suffix.
    std::string name;
    config::FilePath cert;
    config::FilePath key;
    config::FilePath ocsp;
    std::string directory;  ///< that it was found in, empty = none
    std::string key_path;   ///< of the configuration: `tls.certificates[0]`, `tls.directories[1]`
};

/// Something to be told about one file.
struct Remark {
    std::string code;
    config::FilePath file;
    std::string key_path;
    std::string text;  ///< names the file
};

struct CertificateRecord {
    CertificatePlace place;
    std::shared_ptr<const Certificate> certificate;  ///< null = there is none that could be used
    /// Why the files as they are now cannot be used. With a `certificate`: that one is from before.
    std::optional<Remark> fault;
    std::vector<Remark> remarks;
    std::vector<FileStamp> stamps;  ///< of the files when they were read
};

struct CertificateInventory {
    std::vector<CertificateRecord> records;  ///< as configured, then directory by directory, sorted
    std::vector<Remark> directory_faults;    ///< directories that cannot be read
    std::vector<Remark> directory_remarks;   ///< files without their partner
    std::vector<std::string> folders;        ///< in the directories: a certificate may appear there

    /// Those that can be used.
    std::vector<std::shared_ptr<const Certificate>> certificates() const;
};

/// Reads what has changed since `before`; null = everything. A certificate whose files have become unusable
/// stays what it was, with a `fault`. One whose files have gone goes, unless `keeps` (by name) needs it.
/// Never ends with nothing where there was something.
CertificateInventory take_inventory(const config::Tls& settings, const CertificateInventory* before = nullptr,
                                    const std::vector<std::string>& keeps = {});

}  // namespace baton::tls

/// A folder with certificates on disk, and configurations that name them.
#pragma once

#include "config/config.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace baton::test {

class CertificateFolder : public TemporaryFolder {
public:
    void write(const std::string& name, const std::string& content) const {
        const std::filesystem::path target = file(name);
        std::filesystem::create_directories(target.parent_path());
        // By rename, as a careful renewal does: nobody reads half a file.
        const std::string fresh = target.string() + ".fresh";
        std::ofstream(fresh, std::ios::binary) << content;
        std::filesystem::permissions(fresh, std::filesystem::perms{0600});
        std::filesystem::rename(fresh, target);
    }
    void put(const CertificateWish& wish, const std::string& cert, const std::string& key) const {
        write(cert, pem_of(make_certificate(wish).get()));
        write(key, pem_of(test_key(wish.key)));
    }
    void put(const std::string& names, const std::string& cert, const std::string& key) const {
        CertificateWish wish;
        wish.names = names;
        wish.lifetime = 90L * 86400;
        put(wish, cert, key);
    }
    config::FilePath at(const std::string& name, int line = 0) const {
        return {file(name), {line > 0 ? file("baton.yaml") : "", line, line > 0 ? 3 : 0}};
    }
    config::CertificateFiles files(const std::string& own_name, const std::string& cert,
                                   const std::string& key, int line = 0) const {
        return {own_name, at(cert, line), at(key, line), {}};
    }
};

}  // namespace baton::test

#include "server/tls/certificate_inventory.h"

#include "config/read_file.h"
#include "server/tls/certificate_directory.h"
#include "server/tls/pem.h"
#include "server/tls/secret_file.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace baton::tls {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;

/// Reads the files of one certificate.
class Reader {
public:
    explicit Reader(CertificateRecord& record) : record_(record), place_(record.place) {}

    void read() {
        CertificateParts parts;
        parts.name = place_.name;
        parts.file = place_.cert.path;
        if (!read_chain(parts) || !read_key(parts)) return;
        read_ocsp(parts);
        auto loaded = load_certificate(std::move(parts));
        if (!loaded) return fail("E-CERT", place_.cert, loaded.error());
        record_.certificate = std::make_shared<const Certificate>(std::move(*loaded));
        for (const auto& remark : record_.certificate->remarks)
            record_.remarks.push_back(make("W-CERT", place_.cert, remark));
    }

private:
    bool read_chain(CertificateParts& parts) {
        const auto file = config::read_file(place_.cert.path, largest_file);
        if (!file) return fail("E-FILE", place_.cert, "cannot be read: " + file.error()), false;
        auto certificates = parse_certificates(file->text);
        if (!certificates) return fail("E-CERT", place_.cert, certificates.error()), false;
        parts.certificates = std::move(*certificates);
        return true;
    }

    bool read_key(CertificateParts& parts) {
        const auto file = read_secret_file(place_.key.path, largest_file);
        if (!file) return fail("E-FILE", place_.key, "cannot be read: " + file.error()), false;
        if (file->readable_by_all)
            record_.remarks.push_back(
                make("W-WORLD-READABLE", place_.key, "every user of this machine can read this private key"));
        auto key = parse_private_key(file->content.text());
        if (!key) return fail("E-CERT", place_.key, key.error()), false;
        parts.key = std::move(key->key);
        parts.key_der = std::move(key->der);
        return true;
    }

    void read_ocsp(CertificateParts& parts) {
        if (place_.ocsp.empty()) return;
        auto file = config::read_file(place_.ocsp.path, largest_file);
        if (file) {
            parts.ocsp_der = std::move(file->text);
        } else {
            record_.remarks.push_back(make("E-FILE", place_.ocsp, "cannot be read: " + file.error()));
        }
    }

    Remark make(std::string code, const config::FilePath& file, const std::string& text) const {
        return {std::move(code), file, key_path(file), file.path + ": " + text};
    }
    void fail(std::string code, const config::FilePath& file, const std::string& text) {
        record_.fault = make(std::move(code), file, text);
    }
    std::string key_path(const config::FilePath& file) const {
        if (!place_.directory.empty()) return place_.key_path;
        if (&file == &place_.key) return place_.key_path + ".key";
        return place_.key_path + (&file == &place_.ocsp ? ".ocsp" : ".cert");
    }

    CertificateRecord& record_;
    const CertificatePlace& place_;
};

std::vector<FileStamp> stamps_of(const CertificatePlace& place) {
    std::vector<FileStamp> stamps{stamp_of(place.cert.path), stamp_of(place.key.path)};
    if (!place.ocsp.empty()) stamps.push_back(stamp_of(place.ocsp.path));
    return stamps;
}

/// The same for the same place; no path has a NUL in it.
std::string identity_of(const CertificatePlace& place) {
    std::string identity;
    for (const auto* part :
         {&place.name, &place.cert.path, &place.key.path, &place.ocsp.path, &place.directory})
        identity.append(*part).push_back('\0');
    return identity;
}

std::vector<CertificatePlace> configured_places(const config::Tls& settings) {
    std::vector<CertificatePlace> places;
    for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
        const auto& files = settings.certificates[i];
        CertificatePlace place;
        place.name = files.name.empty() ? files.cert.path : files.name;
        place.cert = files.cert;
        place.key = files.key;
        if (settings.ocsp_stapling != config::OcspStapling::off) place.ocsp = files.ocsp;
        place.key_path = "tls.certificates[" + std::to_string(i) + "]";
        places.push_back(std::move(place));
    }
    return places;
}

/// What stands in place of a certificate whose files have gone.
CertificateRecord without_files(const CertificateRecord& before, const std::string& text) {
    CertificateRecord kept = before;
    kept.fault = Remark{"E-FILE", before.place.cert, before.place.key_path, text};
    kept.stamps.clear();
    return kept;
}

class Stocktaking {
public:
    Stocktaking(const config::Tls& settings, const CertificateInventory* before,
                const std::vector<std::string>& keeps)
        : settings_(settings), keeps_(keeps) {
        if (before == nullptr) return;
        for (const auto& record : before->records) gone_.emplace(identity_of(record.place), &record);
    }

    CertificateInventory take() {
        for (auto& place : configured_places(settings_)) add(std::move(place));
        for (std::size_t i = 0; i < settings_.directories.size(); ++i) add_directory(i);
        keep_what_is_needed();
        return std::move(now_);
    }

private:
    void add(CertificatePlace place) {
        const auto found = gone_.extract(identity_of(place));
        const CertificateRecord* const known = found ? found.mapped() : nullptr;
        auto stamps = stamps_of(place);
        if (known != nullptr && known->stamps == stamps) {
            now_.records.push_back(*known);
            return;
        }
        CertificateRecord record;
        record.place = std::move(place);
        record.stamps = std::move(stamps);
        Reader(record).read();
        if (record.fault && known != nullptr) record.certificate = known->certificate;
        now_.records.push_back(std::move(record));
    }

    void add_directory(std::size_t number) {
        const config::FilePath& directory = settings_.directories[number];
        const std::string key_path = "tls.directories[" + std::to_string(number) + "]";
        const auto content = look_into(directory.path);
        if (!content) {
            const std::string text = directory.path + ": cannot be read: " + content.error();
            now_.directory_faults.push_back({"E-FILE", directory, key_path, text});
            keep_all_of(directory.path, text);
            return;
        }
        for (const auto& pair : content->pairs) {
            CertificatePlace place;
            place.name = pair.name;
            place.cert = {pair.cert, directory.origin};
            place.key = {pair.key, directory.origin};
            place.directory = directory.path;
            place.key_path = key_path;
            add(std::move(place));
        }
        now_.folders.insert(now_.folders.end(), content->folders.begin(), content->folders.end());
        for (const auto& file : content->unpartnered)
            now_.directory_remarks.push_back(
                {"W-CERT", {file, directory.origin}, key_path, file + " has no partner and is not used"});
        keep_half_pairs(directory.path, *content);
    }

    void keep_all_of(const std::string& directory, const std::string& text) {
        keep_if([&](const CertificateRecord& gone) {
            return gone.place.directory == directory ? text : std::string{};
        });
    }

    /// A renewal may be half done.
    void keep_half_pairs(const std::string& directory, const DirectoryContent& content) {
        keep_if([&](const CertificateRecord& gone) -> std::string {
            if (gone.place.directory != directory) return {};
            for (const auto& file : content.unpartnered) {
                if (file == gone.place.cert.path || file == gone.place.key.path)
                    return file + " has lost its partner";
            }
            return {};
        });
    }

    void keep_what_is_needed() {
        std::set<std::string_view> usable;
        for (const auto& record : now_.records) {
            if (record.certificate) usable.insert(record.place.name);
        }
        const bool nothing_left = usable.empty();
        std::set<std::string> needed;
        for (const auto& name : keeps_) {
            if (!usable.contains(name)) needed.insert(name);
        }
        keep_if([&](const CertificateRecord& gone) {
            return nothing_left || needed.contains(gone.place.name)
                       ? gone.place.cert.path + " is gone, and in use"
                       : std::string{};
        });
    }

    /// Takes over those that had a certificate before, are not found any more, and for which `why` has words.
    template <class Why>
    void keep_if(Why why) {
        for (auto next = gone_.begin(); next != gone_.end();) {
            const auto place = next++;
            const CertificateRecord& gone = *place->second;
            if (!gone.certificate) continue;
            const std::string text = why(gone);
            if (text.empty()) continue;
            now_.records.push_back(without_files(gone, text));
            gone_.erase(place);
        }
    }

    const config::Tls& settings_;
    const std::vector<std::string>& keeps_;
    std::map<std::string, const CertificateRecord*> gone_;  // of before, as long as not found again
    CertificateInventory now_;
};

}  // namespace

std::vector<std::shared_ptr<const Certificate>> CertificateInventory::certificates() const {
    std::vector<std::shared_ptr<const Certificate>> usable;
    for (const auto& record : records) {
        if (record.certificate) usable.push_back(record.certificate);
    }
    return usable;
}

CertificateInventory take_inventory(const config::Tls& settings, const CertificateInventory* before,
                                    const std::vector<std::string>& keeps) {
    return Stocktaking(settings, before, keeps).take();
}

}  // namespace baton::tls

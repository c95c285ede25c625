#include "server/tls/certificate_directory.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

namespace baton::tls {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view certbot_chain = "fullchain.pem";
constexpr std::string_view certbot_key = "privkey.pem";
constexpr std::string_view long_key_suffix = "-key.pem";
/// Beyond it somebody has named the wrong directory.
constexpr std::size_t most_entries = 20'000;

struct Listing {
    std::set<std::string> files;
    std::set<std::string> folders;
};

tl::expected<Listing, std::string> list(const std::string& directory) {
    Listing listing;
    std::error_code error;
    std::size_t entries = 0;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with('.')) continue;
        if (++entries > most_entries)
            return tl::unexpected("it has more than " + std::to_string(most_entries) + " entries");
        std::error_code ignored;  // a dangling link counts as a file: its partner tells what is missing
        if (entry->is_directory(ignored)) {
            listing.folders.insert(name);
        } else {
            listing.files.insert(name);
        }
    }
    if (error) return tl::unexpected(error.message());
    return listing;
}

/// `name` without `suffix`; nothing when it does not end so or nothing is left.
std::optional<std::string> without(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix) || name.size() == suffix.size()) return std::nullopt;
    return std::string(name.substr(0, name.size() - suffix.size()));
}

/// The stem of a file that may hold a certificate.
std::optional<std::string> certificate_stem(std::string_view file) {
    if (file.ends_with(long_key_suffix)) return std::nullopt;
    if (auto stem = without(file, ".crt")) return stem;
    return without(file, ".pem");
}

std::optional<std::string> key_stem(std::string_view file) {
    if (auto stem = without(file, long_key_suffix)) return stem;
    return without(file, ".key");
}

bool is_certbot_folder(const Listing& listing) {
    return listing.files.contains(std::string(certbot_chain)) &&
           listing.files.contains(std::string(certbot_key));
}

CertificatePair certbot_pair(const std::string& folder) {
    const fs::path path = (fs::path(folder) / "").parent_path();
    return {path.filename().string(), (path / certbot_chain).string(), (path / certbot_key).string()};
}

void match_files(const std::string& directory, const Listing& listing, DirectoryContent& content) {
    const auto path = [&directory](const std::string& name) { return (fs::path(directory) / name).string(); };
    std::set<std::string> stems;
    for (const auto& file : listing.files) {
        const auto stem = certificate_stem(file);
        if (!stem) continue;
        stems.insert(*stem);
        if (listing.files.contains(*stem + ".key")) {
            content.pairs.push_back({*stem, path(file), path(*stem + ".key")});
        } else if (const auto key = *stem + std::string(long_key_suffix); listing.files.contains(key)) {
            content.pairs.push_back({*stem, path(file), path(key)});
        } else {
            content.unpartnered.push_back(path(file));
        }
    }
    for (const auto& file : listing.files) {
        if (const auto stem = key_stem(file); stem && !stems.contains(*stem))
            content.unpartnered.push_back(path(file));
    }
}

}  // namespace

tl::expected<DirectoryContent, std::string> look_into(const std::string& directory) {
    const auto listing = list(directory);
    if (!listing) return tl::unexpected(listing.error());
    DirectoryContent content;
    if (is_certbot_folder(*listing)) {
        // Its other files are parts of the chain.
        content.pairs.push_back(certbot_pair(directory));
        return content;
    }
    match_files(directory, *listing, content);
    for (const auto& folder : listing->folders) {
        const std::string path = (fs::path(directory) / folder).string();
        content.folders.push_back(path);
        const auto inside = list(path);
        if (!inside) continue;
        if (is_certbot_folder(*inside)) {
            content.pairs.push_back(certbot_pair(path));
        } else if (inside->files.contains(std::string(certbot_chain))) {
            content.unpartnered.push_back((fs::path(path) / certbot_chain).string());
        }
    }
    std::ranges::sort(content.pairs, {}, &CertificatePair::cert);
    std::ranges::sort(content.unpartnered);
    return content;
}

}  // namespace baton::tls

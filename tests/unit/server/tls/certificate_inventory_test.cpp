#include "server/tls/certificate_inventory.h"

#include "tests/support/certificate_folder.h"

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace baton::tls;
using baton::config::Tls;
using baton::test::CertificateFolder;

namespace {

struct World {
    CertificateFolder folder;
    Tls settings;
    CertificateInventory now;

    void take(const std::vector<std::string>& keeps = {}) {
        auto taken = take_inventory(settings, &now, keeps);
        now = std::move(taken);
    }
    const CertificateRecord* find(const std::string& name) const {
        const auto found = std::ranges::find(now.records, name, [](const auto& r) { return r.place.name; });
        return found != now.records.end() ? &*found : nullptr;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& record : now.records) all.push_back(record.place.name);
        return all;
    }
    void expect_names(const std::vector<std::string>& expected) const {
        const auto found = names();
        BOOST_TEST(found == expected, boost::test_tools::per_element());
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_inventory)

BOOST_AUTO_TEST_CASE(a_directory_holds_certbot_folders_and_pairs_of_files) {
    World world;
    world.folder.put("DNS:a.example", "live/a.example/fullchain.pem", "live/a.example/privkey.pem");
    world.folder.put("DNS:b.example", "live/b.crt", "live/b.key");
    world.folder.put("DNS:c.example", "live/c.pem", "live/c-key.pem");
    world.folder.put("DNS:d.example", "live/.hidden.crt", "live/.hidden.key");
    world.folder.write("live/README", "nothing");
    world.folder.write("live/alone.crt", "nothing");
    world.folder.write("live/lost.key", "nothing");
    world.settings.directories.push_back(world.folder.at("live"));
    world.take();
    world.expect_names({"a.example", "b", "c"});
    BOOST_TEST(world.now.certificates().size() == 3u);
    BOOST_REQUIRE(world.now.directory_remarks.size() == 2u);
    BOOST_TEST(world.now.directory_remarks[0].text.find("alone.crt has no partner") != std::string::npos);
    BOOST_TEST(world.now.directory_remarks[1].text.find("lost.key has no partner") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_certbot_folder_can_be_named_itself) {
    World world;
    world.folder.put("DNS:a.example", "live/a.example/fullchain.pem", "live/a.example/privkey.pem");
    world.folder.write("live/a.example/cert.pem", "a part");
    world.folder.write("live/a.example/chain.pem", "a part");
    world.settings.directories.push_back(world.folder.at("live/a.example/"));
    world.take();
    world.expect_names({"a.example"});
    BOOST_TEST(world.now.directory_remarks.empty());
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_read_is_a_fault_and_its_certificates_stay) {
    World world;
    world.settings.directories.push_back(world.folder.at("live"));
    world.take();
    BOOST_TEST(world.now.directory_faults.size() == 1u);
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.take();
    BOOST_TEST(world.now.directory_faults.empty());
    std::filesystem::remove_all(world.folder.file("live"));
    world.take();
    BOOST_TEST(world.now.directory_faults.size() == 1u);
    BOOST_REQUIRE(world.find("a") != nullptr);
    BOOST_TEST(world.find("a")->certificate != nullptr);
    BOOST_TEST(world.find("a")->fault.has_value());
}

BOOST_AUTO_TEST_CASE(what_has_not_changed_is_not_read_again) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.settings.certificates.push_back(world.folder.files("a", "a.crt", "a.key"));
    world.take();
    const auto first = world.find("a")->certificate;
    world.take();
    BOOST_TEST(world.find("a")->certificate == first);
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.take();
    BOOST_TEST(world.find("a")->certificate != first);
}

BOOST_AUTO_TEST_CASE(files_that_became_unusable_keep_the_certificate_that_was_there) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.settings.certificates.push_back(world.folder.files("a", "a.crt", "a.key"));
    world.take();
    const auto first = world.find("a")->certificate;
    world.folder.write("a.crt", "garbage");
    world.take();
    BOOST_TEST(world.find("a")->certificate == first);
    BOOST_REQUIRE(world.find("a")->fault.has_value());
    BOOST_TEST(world.find("a")->fault->code == "E-CERT");
    std::filesystem::remove(world.folder.file("a.crt"));
    world.take();
    BOOST_TEST(world.find("a")->certificate == first);
    BOOST_TEST(world.find("a")->fault->code == "E-FILE");
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.take();
    BOOST_TEST(!world.find("a")->fault.has_value());
    BOOST_TEST(world.find("a")->certificate != first);
}

BOOST_AUTO_TEST_CASE(certificates_appear_in_directories_and_go_unless_they_are_needed) {
    World world;
    world.settings.directories.push_back(world.folder.at("live"));
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.folder.put("DNS:b.example", "live/b.crt", "live/b.key");
    world.take();
    world.folder.put("DNS:c.example", "live/c.crt", "live/c.key");
    std::filesystem::remove(world.folder.file("live/a.crt"));
    std::filesystem::remove(world.folder.file("live/a.key"));
    std::filesystem::remove(world.folder.file("live/b.crt"));
    std::filesystem::remove(world.folder.file("live/b.key"));
    world.take({"b"});
    world.expect_names({"c", "b"});
    BOOST_TEST(world.find("b")->fault.has_value());
}

BOOST_AUTO_TEST_CASE(half_a_pair_is_a_renewal_under_way) {
    World world;
    world.settings.directories.push_back(world.folder.at("live"));
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.folder.put("DNS:b.example", "live/b.crt", "live/b.key");
    world.take();
    std::filesystem::remove(world.folder.file("live/a.key"));
    world.take();
    BOOST_REQUIRE(world.find("a") != nullptr);
    BOOST_TEST(world.find("a")->certificate != nullptr);
    BOOST_TEST(world.find("a")->fault->text.find("has lost its partner") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_last_certificate_stays) {
    World world;
    world.settings.directories.push_back(world.folder.at("live"));
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.take();
    std::filesystem::remove(world.folder.file("live/a.crt"));
    std::filesystem::remove(world.folder.file("live/a.key"));
    world.take();
    BOOST_TEST(world.now.certificates().size() == 1u);
    BOOST_TEST(world.find("a")->fault.has_value());
    world.take();
    BOOST_TEST(world.now.certificates().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_key_for_everybody_to_read_is_remarked) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    std::filesystem::permissions(world.folder.file("a.key"), std::filesystem::perms{0644});
    world.settings.certificates.push_back(world.folder.files("a", "a.crt", "a.key"));
    world.take();
    BOOST_REQUIRE(world.find("a")->remarks.size() == 1u);
    BOOST_TEST(world.find("a")->remarks.front().code == "W-WORLD-READABLE");
    BOOST_TEST(world.find("a")->remarks.front().key_path == "tls.certificates[0].key");
    std::filesystem::permissions(world.folder.file("a.key"), std::filesystem::perms{0640});
    world.take();
    BOOST_TEST(world.find("a")->remarks.empty());
}

BOOST_AUTO_TEST_SUITE_END()

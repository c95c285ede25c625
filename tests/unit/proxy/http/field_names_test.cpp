#include "proxy/http/characters.h"
#include "proxy/http/heads.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::http;

namespace {

template <class Do>
void for_each_known(Do check) {
    for (unsigned id = 1; id < static_cast<unsigned>(FieldId::count_); ++id) check(static_cast<FieldId>(id));
}

std::string in_upper_case(std::string_view text) {
    std::string upper{text};
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(field_names)

BOOST_AUTO_TEST_CASE(every_known_name_leads_to_its_id_in_any_case) {
    for_each_known([](FieldId id) {
        const std::string_view name = field_name(id);
        BOOST_TEST(!name.empty());
        BOOST_TEST((field_id(name) == id), name);
        BOOST_TEST((field_id(in_upper_case(name)) == id), name);
        std::string lower_case{name};
        for (char& c : lower_case) c = lower(c);
        BOOST_TEST((field_id(lower_case) == id), name);
    });
}

BOOST_AUTO_TEST_CASE(a_name_with_any_other_byte_anywhere_is_unknown) {
    for_each_known([](FieldId id) {
        const std::string name{field_name(id)};
        for (std::size_t at = 0; at < name.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string other = name;
                other[at] = static_cast<char>(byte);
                if (equals_without_case(other, name)) continue;
                BOOST_REQUIRE_MESSAGE(field_id(other) != id, name << " with byte " << byte << " at " << at);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_shorter_or_longer_name_is_unknown) {
    for_each_known([](FieldId id) {
        const std::string name{field_name(id)};
        BOOST_TEST((field_id(name.substr(0, name.size() - 1)) != id));
        BOOST_TEST((field_id(name + "s") == FieldId::other));
    });
    for (const auto name : {"", "a", "te ", "X-Other", "a-name-much-longer-than-every-known-name"})
        BOOST_TEST((field_id(name) == FieldId::other), name);
}

BOOST_AUTO_TEST_SUITE_END()

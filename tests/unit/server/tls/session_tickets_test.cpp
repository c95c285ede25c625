#include "server/tls/session_tickets.h"

#include "server/tls/ticket_rotation.h"

#include <openssl/evp.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace baton;
using namespace baton::tls;

namespace {

constexpr std::int64_t start = 1'700'000'000;

struct Contexts {
    Contexts() {
        EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        mac.reset(EVP_MAC_CTX_new(hmac));
        EVP_MAC_free(hmac);
    }
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher{EVP_CIPHER_CTX_new(),
                                                                           &EVP_CIPHER_CTX_free};
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac{nullptr, &EVP_MAC_CTX_free};
};

struct Ticket {
    std::array<std::uint8_t, 16> name{};
    std::array<unsigned char, 16> iv{};
    std::string text;
    std::string tag;
};

/// What OpenSSL does with a cipher and a MAC that are keyed for it.
std::string run(const Contexts& contexts, std::string_view input) {
    std::string output(input.size() + 32, '\0');
    int length = 0;
    int rest = 0;
    auto* const out = reinterpret_cast<unsigned char*>(output.data());
    const auto* const in = reinterpret_cast<const unsigned char*>(input.data());
    BOOST_REQUIRE(EVP_CipherUpdate(contexts.cipher.get(), out, &length, in, static_cast<int>(input.size())) ==
                  1);
    if (EVP_CipherFinal_ex(contexts.cipher.get(), out + length, &rest) != 1) return "not decrypted";
    output.resize(static_cast<std::size_t>(length + rest));
    return output;
}
std::string tag_of(const Contexts& contexts, std::string_view text) {
    std::string tag(32, '\0');
    std::size_t length = 0;
    BOOST_REQUIRE(EVP_MAC_update(contexts.mac.get(), reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size()) == 1);
    BOOST_REQUIRE(EVP_MAC_final(contexts.mac.get(), reinterpret_cast<unsigned char*>(tag.data()), &length,
                                tag.size()) == 1);
    BOOST_TEST(length == 32U);
    return tag;
}

Ticket seal(SessionTickets& tickets, std::string_view session) {
    const Contexts contexts;
    Ticket ticket;
    BOOST_REQUIRE((tickets.prepare_to_seal(ticket.name, ticket.iv.data(), contexts.cipher.get(),
                                           contexts.mac.get()) == TicketVerdict::good));
    ticket.text = run(contexts, session);
    ticket.tag = tag_of(contexts, ticket.text);
    return ticket;
}

/// The session, checked and decrypted; the verdict is `expected`.
std::string open(SessionTickets& tickets, const Ticket& ticket, TicketVerdict expected) {
    const Contexts contexts;
    const auto verdict = tickets.prepare_to_open(ticket.name.data(), ticket.iv.data(), contexts.cipher.get(),
                                                 contexts.mac.get());
    BOOST_TEST((verdict == expected));
    if (verdict == TicketVerdict::unknown) return {};
    BOOST_TEST((tag_of(contexts, ticket.text) == ticket.tag));
    return run(contexts, ticket.text);
}

void rotate(shared::TicketKeyRing& ring, std::int64_t now) {
    BOOST_REQUIRE(look_after_ticket_keys(ring, {std::chrono::hours{1}, 1, {}}, now));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_tickets)

BOOST_AUTO_TEST_CASE(a_ticket_of_one_worker_is_opened_by_another) {
    shared::TicketKeyRing ring;
    rotate(ring, start);
    SessionTickets one(ring);
    SessionTickets another(ring);
    const Ticket ticket = seal(one, "the session");
    BOOST_TEST(open(another, ticket, TicketVerdict::good) == "the session");
    BOOST_TEST(ticket.text.find("session") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_two_tickets_have_the_same_iv) {
    shared::TicketKeyRing ring;
    rotate(ring, start);
    SessionTickets tickets(ring);
    BOOST_TEST((seal(tickets, "a").iv != seal(tickets, "a").iv));
}

BOOST_AUTO_TEST_CASE(a_ticket_of_a_former_key_is_good_and_renewed_until_the_key_is_dropped) {
    shared::TicketKeyRing ring;
    rotate(ring, start);
    SessionTickets tickets(ring);
    const Ticket ticket = seal(tickets, "the session");
    rotate(ring, start + 3600);
    BOOST_TEST(open(tickets, ticket, TicketVerdict::renew) == "the session");
    BOOST_TEST((seal(tickets, "x").name != ticket.name));
    rotate(ring, start + 7200);
    open(tickets, ticket, TicketVerdict::unknown);
}

BOOST_AUTO_TEST_CASE(without_a_key_there_is_no_ticket_and_none_is_known) {
    const shared::TicketKeyRing empty;
    shared::TicketKeyRing ring;
    rotate(ring, start);
    SessionTickets sealing(ring);
    SessionTickets tickets(empty);
    open(tickets, seal(sealing, "x"), TicketVerdict::unknown);
    const Contexts contexts;
    Ticket ticket;
    BOOST_TEST((tickets.prepare_to_seal(ticket.name, ticket.iv.data(), contexts.cipher.get(),
                                        contexts.mac.get()) == TicketVerdict::failed));
}

BOOST_AUTO_TEST_CASE(a_ticket_with_the_name_of_no_key_is_unknown) {
    shared::TicketKeyRing ring;
    rotate(ring, start);
    SessionTickets tickets(ring);
    Ticket ticket = seal(tickets, "x");
    ticket.name[15] ^= 1;
    open(tickets, ticket, TicketVerdict::unknown);
}

BOOST_AUTO_TEST_SUITE_END()

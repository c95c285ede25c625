#include "server/tls/record_protection.h"

#include "server/assert.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <span>

namespace baton::tls {
namespace {

constexpr std::size_t tag_length = 16;
constexpr std::size_t explicit_nonce_length = 8;

using Nonce = std::array<unsigned char, 12>;

void write_number(unsigned char* at, std::uint64_t number) {
    for (std::size_t i = 8; i-- > 0; number >>= 8) at[i] = static_cast<unsigned char>(number);
}

/// RFC 8446 §5.3, RFC 7905 §2: the sequence number, masked with the IV.
Nonce masked_nonce(const TrafficKeys& keys) {
    Nonce nonce{};
    write_number(nonce.data() + 4, keys.sequence);
    std::ranges::transform(nonce, keys.iv, nonce.begin(), [](unsigned char left, std::uint8_t right) {
        return static_cast<unsigned char>(left ^ right);
    });
    return nonce;
}

/// RFC 5288 §3: the salt, then what the record carries.
Nonce explicit_nonce(const TrafficKeys& keys, const unsigned char* carried) {
    Nonce nonce{};
    std::copy_n(keys.iv.begin(), 4, nonce.begin());
    std::copy_n(carried, explicit_nonce_length, nonce.begin() + 4);
    return nonce;
}

/// What is authenticated but not encrypted.
class AdditionalData {
public:
    /// `header` as it is on the wire, `length` of the plaintext.
    AdditionalData(const CipherSuite& suite, const TrafficKeys& keys, const unsigned char* header,
                   std::size_t length) {
        if (suite.version == Version::tls_1_3) {  // RFC 8446 §5.2: the header itself
            std::copy_n(header, record_header_length, bytes_.begin());
            size_ = record_header_length;
            return;
        }
        write_number(bytes_.data(), keys.sequence);  // RFC 5246 §6.2.3.3
        std::copy_n(header, 3, bytes_.begin() + 8);
        bytes_[11] = static_cast<unsigned char>(length >> 8);
        bytes_[12] = static_cast<unsigned char>(length);
        size_ = bytes_.size();
    }
    const unsigned char* data() const { return bytes_.data(); }
    int size() const { return static_cast<int>(size_); }

private:
    std::array<unsigned char, 13> bytes_{};
    std::size_t size_;
};

/// RFC 8446 §5.4: the type is the last byte that is not zero. A record of zeros alone has none.
tl::expected<Content, Alert> strip_padding(const unsigned char* inner, std::size_t length) {
    while (length > 0 && inner[length - 1] == 0) --length;
    if (length == 0) return tl::unexpected(Alert::unexpected_message);
    return Content{static_cast<ContentType>(inner[length - 1]), length - 1};
}

}  // namespace

std::size_t record_overhead(const CipherSuite& suite) {
    const std::size_t beside = suite.version == Version::tls_1_3 ? 1
                               : suite.has_explicit_nonce()      ? explicit_nonce_length
                                                                 : 0;
    return record_header_length + beside + tag_length;
}

RecordSealer::RecordSealer(EVP_CIPHER_CTX* context, const CipherSuite& suite, TrafficKeys& keys,
                           ContentType type, std::size_t length, char* to)
    : context_(context),
      at_(reinterpret_cast<unsigned char*>(to)),
      type_(type),
      inner_type_(suite.version == Version::tls_1_3),
      good_(context != nullptr && keys.sequence != UINT64_MAX) {
    ASSERT(length <= longest_plaintext);
    if (good_) begin(suite, keys, length);
}

void RecordSealer::begin(const CipherSuite& suite, TrafficKeys& keys, std::size_t length) {
    unsigned char* const header = at_;
    const std::size_t behind = record_overhead(suite) - record_header_length + length;
    header[0] = static_cast<unsigned char>(inner_type_ ? ContentType::application_data : type_);
    header[1] = 3;
    header[2] = 3;
    header[3] = static_cast<unsigned char>(behind >> 8);
    header[4] = static_cast<unsigned char>(behind);
    at_ += record_header_length;
    Nonce nonce;
    if (suite.has_explicit_nonce()) {
        write_number(at_, keys.explicit_nonce++);
        nonce = explicit_nonce(keys, at_);
        at_ += explicit_nonce_length;
    } else {
        nonce = masked_nonce(keys);
    }
    const AdditionalData additional{suite, keys, header, length};
    ++keys.sequence;
    int written = 0;
    good_ = EVP_CipherInit_ex2(context_, nullptr, nullptr, nonce.data(), 1, nullptr) == 1 &&
            EVP_EncryptUpdate(context_, nullptr, &written, additional.data(), additional.size()) == 1;
}

void RecordSealer::add(std::string_view piece) {
    int written = 0;
    good_ = good_ &&
            EVP_EncryptUpdate(context_, at_, &written, reinterpret_cast<const unsigned char*>(piece.data()),
                              static_cast<int>(piece.size())) == 1;
    at_ += written;
}

bool RecordSealer::finish() {
    if (inner_type_) {
        const char type = static_cast<char>(type_);
        add({&type, 1});
    }
    int written = 0;
    return good_ && EVP_EncryptFinal_ex(context_, at_, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, tag_length, at_) == 1;
}

tl::expected<Content, Alert> open_record(EVP_CIPHER_CTX* context, const CipherSuite& suite, TrafficKeys& keys,
                                         std::string_view record, char* to) {
    const bool hides_type = suite.version == Version::tls_1_3;
    const std::size_t carried = suite.has_explicit_nonce() ? explicit_nonce_length : 0;
    const std::size_t least = record_header_length + carried + tag_length;
    if (record.size() < least) return tl::unexpected(Alert::bad_record_mac);
    const std::size_t length = record.size() - least;
    if (length > longest_plaintext + (hides_type ? 1 : 0)) return tl::unexpected(Alert::record_overflow);
    if (context == nullptr || keys.sequence == UINT64_MAX) return tl::unexpected(Alert::internal_error);

    const auto* const header = reinterpret_cast<const unsigned char*>(record.data());
    const unsigned char* const sealed = header + record_header_length + carried;
    auto* const out = reinterpret_cast<unsigned char*>(to);
    const Nonce nonce =
        carried > 0 ? explicit_nonce(keys, header + record_header_length) : masked_nonce(keys);
    const AdditionalData additional{suite, keys, header, length};
    std::array<unsigned char, tag_length> tag;
    std::copy_n(sealed + length, tag_length, tag.begin());
    int written = 0;
    const bool authentic =
        EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), 0, nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_length, tag.data()) == 1 &&
        EVP_DecryptUpdate(context, nullptr, &written, additional.data(), additional.size()) == 1 &&
        (length == 0 || EVP_DecryptUpdate(context, out, &written, sealed, static_cast<int>(length)) == 1) &&
        EVP_DecryptFinal_ex(context, out + length, &written) == 1;
    if (!authentic) {
        OPENSSL_cleanse(out, length);
        return tl::unexpected(Alert::bad_record_mac);
    }
    ++keys.sequence;
    if (hides_type) return strip_padding(out, length);
    return Content{static_cast<ContentType>(header[0]), length};
}

}  // namespace baton::tls

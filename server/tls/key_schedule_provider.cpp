#include "server/tls/key_schedule_provider.h"

#include "server/assert.h"
#include "server/tls/hmac.h"
#include "server/tls/key_schedule.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace baton::tls {
namespace {

using Bytes = std::span<const std::uint8_t>;
using KdfPointer = std::unique_ptr<EVP_KDF, OpensslFree<EVP_KDF_free>>;

constexpr const char* name_of_provider = "baton";
constexpr const char* name_of_schedule = OSSL_KDF_NAME_TLS1_3_KDF;

/// Whose handshake OpenSSL is at. Null: nobody wants to know.
RecordState* hearing = nullptr;

/// One step, as libssl asks for it.
struct Step {
    std::optional<int> mode;
    std::optional<Hash> hash;
    Bytes key;
    Bytes salt;
    std::string_view prefix;
    std::string_view label;
    Bytes data;
    bool understood = true;
};

std::optional<Hash> hash_named(std::string_view name) {
    if (name == "SHA2-256" || name == "SHA256") return Hash::sha256;
    if (name == "SHA2-384" || name == "SHA384") return Hash::sha384;
    return std::nullopt;
}

Bytes bytes_of(const OSSL_PARAM& parameter) {
    return {static_cast<const std::uint8_t*>(parameter.data), parameter.data_size};
}

std::string_view text_of(const OSSL_PARAM& parameter) {
    return {static_cast<const char*>(parameter.data), parameter.data_size};
}

bool read_parameter(const OSSL_PARAM& parameter, Step& step) {
    const std::string_view name = parameter.key;
    if (name == OSSL_KDF_PARAM_MODE) {
        int mode = 0;
        if (OSSL_PARAM_get_int(&parameter, &mode) == 1) step.mode = mode;
        return step.mode.has_value();
    }
    if (name == OSSL_KDF_PARAM_DIGEST) {
        if (parameter.data_type == OSSL_PARAM_UTF8_STRING) step.hash = hash_named(text_of(parameter));
        return step.hash.has_value();
    }
    if (parameter.data_type != OSSL_PARAM_OCTET_STRING) return false;
    if (name == OSSL_KDF_PARAM_PREFIX) {
        step.prefix = text_of(parameter);
        return step.prefix == label_prefix;
    }
    if (name == OSSL_KDF_PARAM_LABEL) {
        step.label = text_of(parameter);
        return !step.label.empty() && step.label.size() <= longest_label;
    }
    if (name == OSSL_KDF_PARAM_DATA) {
        step.data = bytes_of(parameter);
        return step.data.size() <= longest_hash;
    }
    if (name == OSSL_KDF_PARAM_KEY) {
        step.key = bytes_of(parameter);
        return !step.key.empty();  // one that is there and empty does not mean zeros
    }
    if (name == OSSL_KDF_PARAM_SALT) {
        step.salt = bytes_of(parameter);
        return !step.salt.empty();
    }
    return false;
}

Step read_step(const OSSL_PARAM* parameters) {
    Step step;
    for (; parameters != nullptr && parameters->key != nullptr; ++parameters) {
        if (!read_parameter(*parameters, step)) step.understood = false;
    }
    return step;
}

/// Exactly what libssl asks for in handshakes with our suites; an exporter may ask for more.
bool is_extraction(const Step& step, std::size_t length) {
    return step.understood && step.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY && step.hash &&
           length == length_of(*step.hash) && (step.salt.empty() || step.salt.size() == length) &&
           step.label == "derived" && step.prefix == label_prefix && step.data.empty();
}

bool is_expansion(const Step& step, std::size_t length) {
    return step.understood && step.mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY && step.hash && length > 0 &&
           length <= length_of(*step.hash) && step.key.size() == length_of(*step.hash) && step.salt.empty() &&
           !step.label.empty() && step.prefix == label_prefix;
}

/// What is not understood here is OpenSSL's to decide.
bool derive_elsewhere(std::span<std::uint8_t> out, const OSSL_PARAM* parameters) {
    const KdfPointer schedule{EVP_KDF_fetch(nullptr, name_of_schedule, "provider!=baton")};
    const std::unique_ptr<EVP_KDF_CTX, OpensslFree<EVP_KDF_CTX_free>> context{
        EVP_KDF_CTX_new(schedule.get())};
    return context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1;
}

void tell(std::string_view label, Bytes secret) {
    const bool of_client = label == "c ap traffic";
    if (hearing == nullptr || (!of_client && label != "s ap traffic")) return;
    const bool reading = of_client == (hearing->role == Role::server);
    TrafficKeys& keys = reading ? hearing->reading : hearing->writing;
    if (secret.size() <= keys.secret.size()) std::ranges::copy(secret, keys.secret.begin());
}

int derive(void*, unsigned char* to, std::size_t length, const OSSL_PARAM parameters[]) {
    const Step step = read_step(parameters);
    const std::span out{to, length};
    bool good = false;
    if (is_extraction(step, length))
        good = extract_secret(*step.hash, step.salt, step.key, out);
    else if (is_expansion(step, length))
        good = expand_label(*step.hash, step.key, step.label, step.data, out);
    else
        good = derive_elsewhere(out, parameters);
    if (good) tell(step.label, out);
    return good ? 1 : 0;
}

/// All parameters come with the step itself: there is nothing to keep. Not null, which would be a failure.
void* begin_derivation(void* provider) {
    return provider;
}

void end_derivation(void*) {}

/// Parameters that came before would have to be kept; to forget them would make wrong keys.
int set_parameters(void*, const OSSL_PARAM parameters[]) {
    return parameters == nullptr || parameters->key == nullptr ? 1 : 0;
}

/// `Function` is the type that OpenSSL declares for what `id` stands for.
template <class Function>
OSSL_DISPATCH entry(int id, std::type_identity_t<Function>* function) {
    return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_ALGORITHM* query(void*, int operation, int* no_store) {
    static const OSSL_DISPATCH schedule[] = {
        entry<OSSL_FUNC_kdf_newctx_fn>(OSSL_FUNC_KDF_NEWCTX, begin_derivation),
        entry<OSSL_FUNC_kdf_freectx_fn>(OSSL_FUNC_KDF_FREECTX, end_derivation),
        entry<OSSL_FUNC_kdf_set_ctx_params_fn>(OSSL_FUNC_KDF_SET_CTX_PARAMS, set_parameters),
        entry<OSSL_FUNC_kdf_derive_fn>(OSSL_FUNC_KDF_DERIVE, derive),
        {0, nullptr},
    };
    static const OSSL_ALGORITHM schedules[] = {
        {name_of_schedule, "provider=baton", schedule, nullptr},
        {nullptr, nullptr, nullptr, nullptr},
    };
    *no_store = 0;
    return operation == OSSL_OP_KDF ? schedules : nullptr;
}

int start(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** offered,
          void** provider) {
    static const OSSL_DISPATCH functions[] = {
        entry<OSSL_FUNC_provider_query_operation_fn>(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
        {0, nullptr},
    };
    *offered = functions;
    *provider = const_cast<OSSL_CORE_HANDLE*>(handle);  // of no use to us, but not null
    return 1;
}

/// Null when OpenSSL refuses.
OSSL_PROVIDER* load_provider() {
    // Its own providers OpenSSL loads when it needs them, unless another is loaded and nobody asks to retain
    // them.
    constexpr int retain_others = 1;
    if (OSSL_PROVIDER_add_builtin(nullptr, name_of_provider, start) != 1) return nullptr;
    return OSSL_PROVIDER_try_load(nullptr, name_of_provider, retain_others);
}

/// OpenSSL's configuration may ask of everything what ours is not, as `fips=yes`.
bool is_preferred() {
    const KdfPointer found{EVP_KDF_fetch(nullptr, name_of_schedule, key_schedule_query)};
    return found &&
           std::string_view{OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(found.get()))} == name_of_provider;
}

}  // namespace

bool provide_key_schedule() {
    static const OSSL_PROVIDER* const loaded = load_provider();  // never unloaded
    static const bool provided = loaded != nullptr && is_preferred();
    return provided;
}

HearSecrets::HearSecrets(RecordState& keys) {
    ASSERT(hearing == nullptr);
    hearing = &keys;
}

HearSecrets::~HearSecrets() {
    hearing = nullptr;
}

}  // namespace baton::tls

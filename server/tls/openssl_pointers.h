/// OpenSSL's objects with their owners. Included only inside this folder.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace baton::tls {

template <auto free_it>
struct OpensslFree {
    template <class T>
    void operator()(T* object) const {
        free_it(object);
    }
};

using X509Pointer = std::unique_ptr<X509, OpensslFree<X509_free>>;
using X509StorePointer = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using PrivateKeyPointer = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslPointer = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using CipherContextPointer = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;

struct X509ChainFree {
    void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};
using X509ChainPointer = std::unique_ptr<STACK_OF(X509), X509ChainFree>;

}  // namespace baton::tls

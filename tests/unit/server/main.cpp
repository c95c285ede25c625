#define BOOST_TEST_MODULE unit_server
#include "server/tls/freed_memory.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

namespace {

/// As the program does, before a test uses OpenSSL.
struct Program {
    Program() {
        if (!baton::tls::prepare_to_wipe_freed_memory()) std::abort();
    }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Program);

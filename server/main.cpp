/// Wires the program together: the only file of `server/` that looks up to `upgrade/` and `proxy/`.
#include "server/version.h"

#include <cstdio>

int main() {
    std::printf("baton %.*s\n", static_cast<int>(baton::version.size()), baton::version.data());
    return 0;
}

// A program in the place of Baton's binary that does one wrong thing when it is asked to check the
// configuration and one when it is run: -DON_CHECK=… -DON_RUN=…
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static int exit_0() {
    return 0;
}
static int exit_1() {
    std::fputs("something is wrong here\n", stderr);
    return 1;
}
static int exit_78() {
    std::fputs("baton.yaml:1:1: error: a key that only this binary refuses [E-KEY]\n", stderr);
    return 78;
}
static int crash() {
    return std::raise(SIGSEGV);
}
static int hang() {
    for (;;) pause();
}

int main(int argc, char** argv) {
    int (*const any[])() = {exit_0, exit_1, exit_78, crash, hang};
    if (any[0] == nullptr) return 2;  // keeps the behaviours that this build does not use
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "check") == 0) return ON_CHECK();
    }
    return ON_RUN();
}

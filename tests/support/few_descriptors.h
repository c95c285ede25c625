/// Lets this process open only a few descriptors more, for as long as it lives.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace baton {

class FewDescriptors {
public:
    /// `more` numbers above the highest in use stay free; those below it that are free are taken meanwhile.
    explicit FewDescriptors(int more) {
        BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        int highest = STDERR_FILENO;
        for (int number = 0; number < 4096; ++number)
            if (::fcntl(number, F_GETFD) >= 0) highest = number;
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(highest + 1 + more);
        for (int number = 0; number < highest; ++number) {
            if (::fcntl(number, F_GETFD) < 0) fillers_[count_++] = ::dup3(highest, number, O_CLOEXEC);
            BOOST_REQUIRE(count_ < most_fillers);
        }
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;
    ~FewDescriptors() {
        ::setrlimit(RLIMIT_NOFILE, &before_);
        for (int i = 0; i < count_; ++i) ::close(fillers_[i]);
    }

private:
    static constexpr int most_fillers = 1024;
    rlimit before_{};
    int fillers_[most_fillers]{};
    int count_ = 0;
};

}  // namespace baton

/// What the dead workers of a generation have left in escrow, until living ones have adopted it.
#pragma once

#include "upgrade/escrow/settlement.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace baton::upgrade {

class Estates {
public:
    Estates(EventLoop& loop, Heirs heirs);
    ~Estates();
    Estates(const Estates&) = delete;
    Estates& operator=(const Estates&) = delete;

    /// Of a worker that has been reaped.
    void add(std::uint32_t worker, escrow::Estate estate);
    /// A worker has become ready.
    void go_on();
    /// The generation goes: nobody adopts anything any more, and what is left is closed.
    void give_up();

private:
    struct Case;
    void on_over(Case& over);

    EventLoop& loop_;
    Heirs heirs_;
    std::vector<std::unique_ptr<Case>> cases_;
};

}  // namespace baton::upgrade

/// A live connection of this worker that another worker may take over.
#pragma once

#include "upgrade/hand_over/hand_over_sender.h"

#include <optional>

namespace baton::hand_over {

class Candidate : public upgrade::Movable {
public:
    /// The successor does not take it: it ends with this generation.
    void stay() {
        stays_ = true;
        on_staying();
    }
    bool stays() const { return stays_; }
    /// When something was last heard of either side, if it stands still now in a state that another worker
    /// could go on with; nothing while there is something to do. Of kinds that go into escrow.
    virtual std::optional<TimePoint> quiet_since() const { return std::nullopt; }

protected:
    ~Candidate() = default;
    /// It has been told that it goes on here, and now hears that this is for good.
    virtual void on_staying() {}

private:
    bool stays_ = false;
};

}  // namespace baton::hand_over

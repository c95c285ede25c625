/// A live connection of this worker that another worker may take over.
#pragma once

#include "upgrade/hand_over/hand_over_sender.h"

namespace baton::hand_over {

class Candidate : public upgrade::Movable {
public:
    /// The successor does not take it: it ends with this generation.
    void stay() { stays_ = true; }
    bool stays() const { return stays_; }

protected:
    ~Candidate() = default;

private:
    bool stays_ = false;
};

}  // namespace baton::hand_over

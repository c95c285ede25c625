/// A successor that is a generation of this very master: a reload.
#pragma once

#include "upgrade/checker.h"
#include "upgrade/generation.h"
#include "upgrade/successor.h"

#include <functional>
#include <memory>

namespace baton::upgrade {

struct ReloadPlan {
    std::string config_file;
    /// Copies of the listening sockets that serve now.
    std::vector<InheritedSocket> listeners;
    /// Keeps a generation that was given up until its workers have been reaped.
    std::function<void(std::unique_ptr<Generation>)> bury;
    /// Those of this program, which is its own successor.
    ParcelKinds parcel_kinds = 0;
};

/// Preflight: a forked child loads the configuration first, so that one which crashes the parser costs only
/// the child. Its findings are the reason of a refusal.
class SuccessorGeneration final : public Successor, private CheckerHandler, private GenerationHandler {
public:
    SuccessorGeneration(const GenerationGround& ground, ReloadPlan plan, SuccessorObserver& observer);
    ~SuccessorGeneration() override;

    void preflight() override;
    void spawn() override;
    void commit(const Commit& terms) override;
    void abandon() override;
    std::string name() const override;
    std::uint32_t generation() const override { return generation_ ? generation_->number() : 0; }
    pid_t pid() const override;
    ParcelKinds parcel_kinds() const override;
    std::uint32_t worker_count() const override { return generation_->worker_count(); }
    void take_over(std::vector<Fd> links) override { generation_->take_over(std::move(links)); }

    /// After the switch.
    std::unique_ptr<Generation> take_generation() { return std::move(generation_); }

private:
    void on_checked(int status, const std::string& output) override;
    void on_generation_ready(Generation& generation) override;
    void on_generation_failed(Generation& generation, const std::string& reason) override;
    void on_generation_not_accepting(Generation& generation) override;
    void on_generation_gone(Generation& generation) override;

    GenerationGround ground_;
    ReloadPlan plan_;
    SuccessorObserver& observer_;
    std::unique_ptr<Checker> checker_;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const tls::Material> material_;
    std::unique_ptr<Generation> generation_;
};

}  // namespace baton::upgrade

#include "upgrade/successor_generation.h"

#include "server/process/descriptor_limit.h"
#include "server/process/loaded_configuration.h"
#include "server/process/log_files.h"
#include "server/tls/secret_heap.h"

#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace baton::upgrade {
namespace {

constexpr const char* errors_in_front = "the configuration has errors\n";

int check_configuration(const std::string& file) {
    const auto loaded = load_configuration(file, tls::Strictness::refuse);
    if (loaded.ok()) return EX_OK;
    const std::string text = loaded.report();
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    return EX_CONFIG;
}

}  // namespace

SuccessorGeneration::SuccessorGeneration(const GenerationGround& ground, ReloadPlan plan,
                                         SuccessorObserver& observer)
    : ground_(ground), plan_(std::move(plan)), observer_(observer) {}

SuccessorGeneration::~SuccessorGeneration() = default;

void SuccessorGeneration::preflight() {
    checker_ = std::make_unique<Checker>(ground_.loop, ground_.reaper, static_cast<CheckerHandler&>(*this));
    const auto started = checker_->start([this] { return check_configuration(plan_.config_file); });
    if (!started)
        observer_.on_failed(
            1, std::string("cannot start the preflight: ") + std::strerror(started.error().os_error));
}

void SuccessorGeneration::on_checked(int status, const std::string& output) {
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EX_OK) {
        const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG;
        return observer_.on_failed(
            refused ? EX_CONFIG : EX_SOFTWARE,
            refused ? errors_in_front + output : "the check of the configuration " + describe_exit(status));
    }
    // The files may have changed since the child read them.
    auto loaded = load_configuration(plan_.config_file, tls::Strictness::refuse);
    if (!loaded.ok()) return observer_.on_failed(EX_CONFIG, errors_in_front + loaded.report());
    log_left_out(loaded);
    config_ = std::move(loaded.config);
    material_ = std::move(loaded.material);
    if (material_) tls::forbid_dumps();
    observer_.on_preflight_passed();
}

void SuccessorGeneration::spawn() {
    auto privileges = decide_privileges(config_->process);
    if (!privileges) return observer_.on_failed(EX_CONFIG, privileges.error());
    if (auto prepared = prepare_log_files(config_->logging, *privileges); !prepared)
        return observer_.on_failed(EX_CANTCREAT, prepared.error());
    auto listeners = ListenerSet::take(*config_, std::move(plan_.listeners));
    if (!listeners) return observer_.on_failed(listeners.error().exit_code, listeners.error().text);
    set_descriptor_limit(config_->process);
    generation_ = std::make_unique<Generation>(ground_, ground_.memory.next_generation(), config_, material_,
                                               std::move(*listeners), *privileges);
    if (auto started = generation_->start(static_cast<GenerationHandler&>(*this)); !started)
        return observer_.on_failed(1, started.error());
    observer_.on_spawned();
    observer_.on_hello();  // the same binary speaks the same protocol
}

void SuccessorGeneration::commit(const Commit&) {
    generation_->serve();
    observer_.on_accepting();
}

void SuccessorGeneration::abandon() {
    if (checker_) ground_.loop.destroy_later(std::move(checker_));
    if (generation_) plan_.bury(std::move(generation_));
}

std::string SuccessorGeneration::name() const {
    return generation_ ? "generation " + std::to_string(generation_->number()) : "the next generation";
}

ParcelKinds SuccessorGeneration::parcel_kinds() const {
    return config_ && config_->upgrade.handover == config::Handover::off ? 0 : plan_.parcel_kinds;
}

pid_t SuccessorGeneration::pid() const {
    return ::getpid();
}

void SuccessorGeneration::on_generation_ready(Generation&) {
    observer_.on_ready();
}

void SuccessorGeneration::on_generation_failed(Generation&, const std::string& reason) {
    observer_.on_failed(EX_SOFTWARE, reason);
}

void SuccessorGeneration::on_generation_not_accepting(Generation&) {
    // As below.
}

void SuccessorGeneration::on_generation_gone(Generation&) {
    // Only a generation that was killed or drained goes, and then somebody else is its handler.
}

}  // namespace baton::upgrade

/// How a master comes up: the first one by itself, a successor in conversation with its predecessor.
#include "server/log/log.h"
#include "server/process/descriptor_limit.h"
#include "server/process/loaded_configuration.h"
#include "server/process/log_files.h"
#include "server/tls/secret_heap.h"
#include "server/version.h"
#include "upgrade/fault_point.h"
#include "upgrade/lineage_status.h"
#include "upgrade/master.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace baton::upgrade {
namespace {

int exit_code_of(const Failure& failure) {
    return failure.reason == Reason::permission ? EX_NOPERM : EX_CANTCREAT;
}

}  // namespace

void Master::begin() {
    hello_.pid = static_cast<std::uint32_t>(::getpid());
    hello_.version = version;
    hello_.build = commit;
    hello_.parcel_kinds = start_.options.parcel_kinds;
    hello_.features = feature::trials;
    reports_.assume_kept(start_.inheritance.kept);
    if (!start_.inheritance.from_predecessor()) {
        // With the lock of the pid file no other master can be there, though its workers may.
        if (prepare_configuration() && take_pid_file(PidFile::From::nobody) && !look_for_orphans())
            come_up(0);
        return;
    }
    predecessor_.emplace(loop_, std::move(start_.inheritance.control),
                         static_cast<PredecessorHandler&>(*this));
    if (!predecessor_->start(hello_)) fail(EX_OSERR, "cannot watch the control socket");
}

void Master::on_hello(const Hello& hello) {
    reach(FaultPoint::hello_heard);
    // After `baton upgrade --binary` the next USR2 means that file again, whatever argv[0] says.
    if (!hello.binary.empty()) start_.options.executable = hello.binary;
    if (prepare_configuration()) come_up(hello.generation);
}

void Master::come_up(std::uint32_t predecessors_generation) {
    if (!prepare_memory(predecessors_generation)) return;
    // A successor takes it when it is told to serve.
    if (!predecessor_ && !take_admin_socket()) return;
    take_lineage_socket();
    start_first_generation();
}

/// Without it all is well until this master is killed.
void Master::take_lineage_socket() {
    const auto path = LineageSocket::path_beside(config().process.pid_file);
    auto taken = LineageSocket::take(std::move(start_.inheritance.lineage), path);
    if (taken) {
        lineage_socket_ = std::move(*taken);
    } else {
        log::warn("lineage.no_socket").with("path", path).with("error", taken.error());
    }
}

bool Master::prepare_configuration() {
    // Nobody serves yet at a cold start: what can be served must not wait for a certificate that cannot.
    auto loaded = load_configuration(start_.options.config_file,
                                     predecessor_ ? tls::Strictness::refuse : tls::Strictness::cold_start);
    if (!loaded.findings.empty()) {
        const auto text = loaded.report();
        std::fwrite(text.data(), 1, text.size(), stderr);
        if (!loaded.ok() && predecessor_) predecessor_->report_failed(EX_CONFIG, text);
    }
    if (!loaded.ok()) {
        fail(EX_CONFIG, start_.options.config_file + " has errors");
        return false;
    }
    config_ = std::move(loaded.config);
    material_ = std::move(loaded.material);
    if (material_) tls::forbid_dumps();
    if (!prepare_process()) return false;
    log_left_out(loaded);
    return true;
}

bool Master::prepare_process() {
    auto privileges = decide_privileges(config().process);
    if (!privileges) {
        fail(EX_CONFIG, privileges.error());
        return false;
    }
    privileges_ = *privileges;
    if (auto prepared = prepare_log_files(config().logging, *privileges_); !prepared) {
        fail(EX_CANTCREAT, prepared.error());
        return false;
    }
    open_log(0);
    std::error_code error;
    std::filesystem::create_directories(config().process.runtime_dir, error);
    if (error) {
        fail(EX_CANTCREAT, "cannot make " + config().process.runtime_dir + ": " + error.message());
        return false;
    }
    const auto limit = set_descriptor_limit(config().process);
    if (limit < config().process.max_open_files)
        log::warn("process.few_descriptors")
            .with("limit", limit)
            .with("asked", config().process.max_open_files);
    for (const auto& line : start_.inheritance.refused) log::warn("inherit.refused").with("descriptor", line);
    return true;
}

bool Master::prepare_memory(std::uint32_t predecessors_generation) {
    if (start_.inheritance.memory) {
        auto attached = shared::LineageMemory::attach(std::move(start_.inheritance.memory));
        if (attached) {
            memory_.emplace(std::move(*attached));
            return true;
        }
        log::warn("lineage.memory_not_understood").with("error", attached.error());
    }
    auto created = shared::LineageMemory::create();
    if (!created) {
        fail(EX_OSERR,
             std::string("cannot make the lineage's memory: ") + std::strerror(created.error().os_error));
        return false;
    }
    memory_.emplace(std::move(*created));
    memory_->number_from(predecessors_generation + 1);
    return true;
}

void Master::start_first_generation() {
    auto listeners = ListenerSet::take(config(), std::move(start_.inheritance.listeners));
    if (!listeners) return fail(listeners.error().exit_code, listeners.error().text);
    if (!predecessor_ && !adoption_) {
        for (const auto& name : listeners->unused()) log::warn("inherit.unused").with("socket", name);
    }
    const auto number = memory_->next_generation();
    open_log(number);
    current_ = std::make_unique<Generation>(ground(), number, config_, std::move(material_),
                                            std::move(*listeners), *privileges_);
    if (auto started = current_->start(static_cast<GenerationHandler&>(*this)); !started)
        fail(EX_OSERR, started.error());
}

bool Master::take_pid_file(PidFile::From from) {
    auto written = PidFile::write(config().process.pid_file, from);
    if (written) {
        pid_file_ = std::move(*written);
        return true;
    }
    const auto& path = config().process.pid_file;
    fail(exit_code_of(written.error()),
         written.error().reason == Reason::address_in_use
             ? "another instance runs: it holds " + path
             : "cannot write " + path + ": " + std::strerror(written.error().os_error));
    return false;
}

bool Master::take_admin_socket() {
    auto server = admin::ControlServer::create(loop_, admin_path(), *this);
    if (server) {
        admin_ = std::move(*server);
        return true;
    }
    fail(exit_code_of(server.error()),
         "cannot make the admin socket " + admin_path() + ": " + std::strerror(server.error().os_error));
    return false;
}

void Master::on_commit(std::vector<Fd> elders, const Commit& terms) {
    reach(FaultPoint::commit_heard);
    // What may fail comes first: until `report_accepting` the predecessor can still go on.
    if (!take_pid_file(PidFile::From::predecessor) || !take_admin_socket()) return;
    share_ = {0, std::min(terms.share, AcceptShare::whole)};
    enter(Phase::serving);
    predecessor_->report_accepting();
    for (auto& line : elders) elders_.add(std::move(line));
    auto line = predecessor_->take_channel();
    if (terms.on_trial) judge_ = line.get();
    elders_.add(std::move(line));
    predecessor_.reset();
    limit_generations();
    reports_.begin_as_successor();
}

void Master::on_predecessor_lost(const std::string& why) {
    predecessor_.reset();
    fail(EX_UNAVAILABLE, "the predecessor is lost (" + why + "), nobody hands over to this successor");
}

void Master::open_log(std::uint32_t generation) {
    const std::string origin =
        (generation == 0 ? "" : "g" + std::to_string(generation) + "/") + std::string("master");
    if (!log::configure(config().logging, origin))
        std::fprintf(stderr, "baton: cannot open the log %s: %s\n", config().logging.output.c_str(),
                     std::strerror(errno));
}

}  // namespace baton::upgrade

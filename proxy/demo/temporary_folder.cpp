#include "proxy/demo/temporary_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

namespace baton::demo {

Result<TemporaryFolder> TemporaryFolder::create() {
    std::error_code ignored;
    std::filesystem::path place = std::filesystem::temp_directory_path(ignored);
    if (place.empty()) place = "/tmp";
    std::string path = place / "baton-demo-XXXXXX";
    if (!::mkdtemp(path.data())) return system_failure();
    ::chmod(path.c_str(), 0755);
    return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace baton::demo

#include "kokkos_kernels/base/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace locum::log {
namespace {

bool shows_progress = false;

}  // namespace

void start(bool is_root, bool quiet, const std::string& file) {
  std::vector<spdlog::sink_ptr> sinks;
  auto terminal = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  terminal->set_level(is_root && !quiet ? spdlog::level::info : spdlog::level::warn);
  terminal->set_pattern("%v");
  sinks.push_back(terminal);
  if (is_root && !file.empty()) {
    auto copy = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, false);
    copy->set_pattern("%Y-%m-%d %H:%M:%S %v");
    sinks.push_back(copy);
  }
  auto logger = std::make_shared<spdlog::logger>("locum", sinks.begin(), sinks.end());
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  shows_progress = is_root && !quiet && isatty(STDERR_FILENO);
}

void stop() { spdlog::shutdown(); }

void info(std::string_view message) { spdlog::info("{}", message); }
void warn(std::string_view message) { spdlog::warn("warning: {}", message); }
void error(std::string_view message) { spdlog::error("error: {}", message); }

Progress::Progress(std::string title, long total)
    : title_(std::move(title)), total_(total), shown_(shows_progress && total > 0) {}

Progress::~Progress() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
}

void Progress::at(long done, std::string_view detail) {
  if (!shown_) return;
  const int percent = static_cast<int>(100 * done / total_);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  const int filled = percent * 30 / 100;
  std::fprintf(stderr, "\r\033[K%s [%.*s%.*s] %3d %% %.*s", title_.c_str(), filled, "##############################",
               30 - filled, "..............................", percent, static_cast<int>(detail.size()), detail.data());
}

}  // namespace locum::log

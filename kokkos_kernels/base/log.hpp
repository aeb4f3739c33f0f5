// What the program says. Only the root rank speaks; other ranks are silent unless they warn of trouble of their own.
#pragma once

#include <string>
#include <string_view>

namespace locum::log {

// Call once after MPI is up. `file` ("" for none) takes a copy; quiet leaves only warnings on the terminal.
void start(bool is_root, bool quiet, const std::string& file);
void stop();

void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

// A line that is redrawn in place; silent when the output is not a terminal, or off the root rank, or quiet.
class Progress {
 public:
  Progress(std::string title, long total);
  ~Progress();
  void at(long done, std::string_view detail = {});

 private:
  std::string title_;
  long total_;
  int last_percent_ = -1;
  bool shown_;
};

}  // namespace locum::log

#include "apps/report/gnuplot.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

extern char** environ;

namespace locum::apps {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string contents(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char block[65536];
  for (std::size_t got; (got = std::fread(block, 1, sizeof block, file)) > 0;) text.append(block, got);
  return text;
}

// The exit status, or −1 when the time was up.
int wait_for(pid_t child, double limit_s) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

// Script, picture and messages go through unnamed temporary files: no pipe can fill up while nobody reads.
GnuplotResult run_gnuplot(const std::string& program, const std::string& script, double limit_s) {
  GnuplotResult result;
  const File in(std::tmpfile()), out(std::tmpfile()), err(std::tmpfile());
  if (!in || !out || !err || std::fwrite(script.data(), 1, script.size(), in.get()) != script.size() ||
      std::fflush(in.get()) != 0) {
    result.error = std::string("no temporary file for gnuplot: ") + std::strerror(errno);
    return result;
  }
  std::rewind(in.get());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), 0);
  posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), 1);
  posix_spawn_file_actions_adddup2(&actions, fileno(err.get()), 2);
  char* arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    result.error = program + ": " + std::strerror(failed);
    return result;
  }

  const int status = wait_for(child, limit_s);
  result.svg = svg_element(contents(out.get()));
  const std::string said = contents(err.get());
  if (status == -1)
    result.error = program + " took too long and was ended";
  else if (status != 0)
    result.error = program + " failed with code " + std::to_string(status) + ": " + said;
  else if (result.svg.empty())
    result.error = program + " drew nothing: " + said;
  if (!result.error.empty()) result.svg.clear();
  return result;
}

std::string svg_element(const std::string& text) {
  const auto begin = text.find("<svg"), end = text.rfind("</svg>");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return text.substr(begin, end + 6 - begin);
}

}  // namespace locum::apps

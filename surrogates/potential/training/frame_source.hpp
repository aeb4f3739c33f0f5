// Where labelled frames come from: memory, or files that are read when a frame is asked for.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/potential/frame.hpp"

namespace locum::potential {

using ElementSet = std::bitset<128>;  // by atomic number

// What is known of a frame without reading its label.
struct FrameFacts {
  int atoms = 0;
  ElementSet elements;
  std::int64_t trajectory = -1;  // −1: one of its own
  std::int64_t source = 0;       // number of its file
  double weight = 1.0;           // FrameLabel::weight
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // Both the same on every rank.
  virtual std::int64_t size() const = 0;
  virtual FrameFacts facts(std::int64_t k) const = 0;
  // Read by this rank for itself. Throws ConfigError for a label that cannot be learned from, naming frame and file.
  virtual std::shared_ptr<const FrameLabel> label(std::int64_t k) const = 0;
  // The label is held by the source anyway: nobody gains by holding it too.
  virtual bool in_memory(std::int64_t k) const = 0;
  // This rank will ask for no other labels: their memory may be given back.
  virtual void keep_only(const std::function<bool(std::int64_t)>& /*wanted*/) {}
};

// Frames that are all there.
class FramesInMemory final : public FrameSource {
 public:
  // Fields of Atomistic::label with the integer scalars "trajectory" and "source" (both may be missing). `name`: of the
  // file, for messages; "" for none.
  explicit FramesInMemory(const std::vector<FieldSet>& frames, const std::string& name = "");
  std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
  FrameFacts facts(std::int64_t k) const override { return facts_[static_cast<std::size_t>(k)]; }
  std::shared_ptr<const FrameLabel> label(std::int64_t k) const override;
  bool in_memory(std::int64_t) const override { return true; }
  void keep_only(const std::function<bool(std::int64_t)>& wanted) override;

 private:
  std::vector<FrameFacts> facts_;
  std::vector<std::shared_ptr<const FrameLabel>> labels_;
};

// Frames of several sources, in any order; a source of memory must not be shared with another selection.
class FrameSelection final : public FrameSource {
 public:
  // facts: of frame k of the part, its trajectory, source and weight as the whole shall see them.
  void add(std::shared_ptr<FrameSource> part, std::int64_t k, const FrameFacts& facts) {
    frames_.push_back({std::move(part), k, facts});
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(frames_.size()); }
  FrameFacts facts(std::int64_t k) const override { return at(k).facts; }
  std::shared_ptr<const FrameLabel> label(std::int64_t k) const override;
  bool in_memory(std::int64_t k) const override { return at(k).part->in_memory(at(k).index); }
  void keep_only(const std::function<bool(std::int64_t)>& wanted) override;

 private:
  struct Place {
    std::shared_ptr<FrameSource> part;
    std::int64_t index;
    FrameFacts facts;
  };
  const Place& at(std::int64_t k) const { return frames_[static_cast<std::size_t>(k)]; }
  std::vector<Place> frames_;
};

ElementSet element_set(const std::vector<std::int64_t>& atomic_numbers);
// Of all frames that weigh anything, ascending.
std::vector<int> elements_of(const FrameSource& frames);
// "frame 3 of si.xyz"
std::string frame_name(std::int64_t k, const std::string& file);

}  // namespace locum::potential

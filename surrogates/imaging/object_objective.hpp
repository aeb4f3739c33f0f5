// What training makes small: the loss of windows cut from canvases, of all members at once.
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/imaging/labelled_object.hpp"
#include "surrogates/imaging/object_network.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::imaging {

// A data set as a stage of the network sees it, with the answer that is wanted.
struct CanvasSample {
  std::shared_ptr<const LabelledObject> labelled;
  Canvas canvas;
  CanvasAnswer answer;
  std::vector<float> weight;  // (nx, ny): the canvas's, 0 where the label says nothing
};

// Bytes that one data set of so many pixels takes of each rank while a network of so many stages is trained: its object
// and its sample, and where a stage is made from the one before it that one's sample too.
double training_bytes(std::size_t pixels, int stages);

struct WindowSample {
  int canvas = 0;
  Window at;
  int symmetry = 0;
};

class ObjectObjective final : public train::Objective {
 public:
  // Canvases are the same on every rank. model: for the error of frames, where training wants it; may be null
  // otherwise. network: whose engines compute; its parameters are overwritten as training goes on.
  ObjectObjective(Context context, ObjectTrainingConfig config, ObjectNetwork& network,
                  std::shared_ptr<DiffractionModel> model, std::vector<CanvasSample> training,
                  std::vector<CanvasSample> validation);
  ~ObjectObjective() override;

  const std::vector<CanvasSample>& training() const { return training_; }
  const std::vector<CanvasSample>& validation() const { return validation_; }

  std::size_t parameters() const override;
  int samples() const override { return static_cast<int>(windows_.size()); }
  // Windows and their symmetries are drawn anew: functions of the context's seed, the epoch, the data set and the
  // window's number.
  void begin_epoch(int epoch) override { windows_ = drawn_windows(epoch); }
  train::ParameterLayout layout() const override;
  double gradient(std::span<const double> parameters, std::span<const int> batch, std::span<double> gradient) override;
  // "validation/loss", "validation/phase_rmse_rad", "validation/amplitude_rmse" of the network's answer.
  std::map<std::string, double> validate(std::span<const double> parameters) override;

 private:
  struct Batch;
  void load(const std::vector<CanvasSample>& canvases, std::span<const WindowSample> windows, Batch& batch) const;
  double member_gradient(int member, Batch& batch, float scale);
  double add_frames(std::size_t k, const Batch& batch, float scale) const;
  std::vector<WindowSample> drawn_windows(int epoch) const;

  Context context_;
  ObjectTrainingConfig config_;
  ObjectNetwork& network_;
  std::shared_ptr<DiffractionModel> model_;
  std::vector<CanvasSample> training_, validation_;
  std::vector<WindowSample> windows_;
  std::vector<std::shared_ptr<nn::ImageNetwork<float>::Cache>> cache_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace locum::imaging

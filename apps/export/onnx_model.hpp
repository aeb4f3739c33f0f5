// The networks of a model file as ONNX models, with what a reader must know to use them.
#pragma once

#include <vector>

#include "io/onnx.hpp"
#include "surrogates/imaging/object_record.hpp"

namespace locum::apps {

// One model for each stage of the cascade; passes of physics lie between two of them.
//
//   in    "canvas" (batch, 8, nx, ny): the channels of surrogates/imaging/canvas.hpp; sides that `divisor` divides
//   out   "answer" (batch, 2, nx, ny): a and φ (rad) of the factor exp(a + iφ) that the object misses; of a committee,
//         "answer_member0", … one for each of the networks
//
// Folding of pixels and the answer's unit are part of the graph. metadata_props say what the channels mean, the
// configuration and where the model comes from. Throws ConfigError as cascade_from_record does.
std::vector<io::OnnxModel> onnx_models(const FieldTree& record);

}  // namespace locum::apps

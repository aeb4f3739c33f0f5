// Ghost atoms: periodic images and neighbours' atoms within the cut-off around this rank's box.
//
// Exchanged one direction after the other (x, then y, then z; Plimpton, J. Comput. Phys. 117, 1 (1995), §3.2): what
// came along x is passed on along y, so that six messages bring the corners too. A direction with one rank copies to
// itself, in as many layers of images as the cut-off needs.
#pragma once

#include <vector>

#include "solvers/api/atomistic.hpp"
#include "solvers/md/rank_grid.hpp"

namespace locum::md {

class Halo final : public GhostExchange {
 public:
  Halo(const ExecutionSpace& space, const Communicator& comm, const RankGrid& grid);
  Halo(const Halo&) = delete;
  Halo& operator=(const Halo&) = delete;

  // Finds the ghosts of configuration's owned atoms (which lie in this rank's box), appends them to position,
  // atomic_number and id (growing the views) and sets n_ghost. cutoff: Å. Collective.
  void build(Configuration& configuration, double cutoff);

  // Ghost rows of position (≥ n_local + n_ghost, 3), Å, anew from their owners. Collective.
  void update(const View<double* [3]>& position) const;

  void add_to_owners(const View<double* [3]>& values) const override;

  // What one message carries. Public for the kernels.
  struct Swap {
    int to = 0, from = 0;  // ranks; both this one: a copy
    Vec3 shift;            // added to what is sent, Å
    int send_count = 0, receive_count = 0;
    int first_ghost = 0;                        // row where what arrives begins
    View<int*> send;                            // (≥ send_count): rows that are sent
    View<double*> send_buffer, receive_buffer;  // (≥ 5 × count)
    HostView<double*> send_host, receive_host;
  };

 private:
  // Sends `width` numbers for each row of each swap's buffer and receives the other side's; `back`: ghosts return.
  void exchange(const std::vector<Swap>& swaps, int width, bool back) const;

  ExecutionSpace space_;
  Communicator comm_;
  RankGrid grid_;
  std::vector<Swap> swaps_[3];
};

}  // namespace locum::md

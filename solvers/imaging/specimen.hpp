// The specimen under its name in this folder.
#pragma once

#include "solvers/api/specimen.hpp"

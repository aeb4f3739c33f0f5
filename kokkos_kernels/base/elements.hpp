// Chemical elements: symbol ↔ atomic number, standard atomic mass (u; IUPAC 2021, abridged).
#pragma once

#include <string>

namespace locum {

int atomic_number(const std::string& symbol);       // throws ConfigError with the nearest known symbol
std::string element_symbol(int atomic_number);      // 1 … 103; throws ConfigError
double atomic_mass(int atomic_number);              // u

}  // namespace locum

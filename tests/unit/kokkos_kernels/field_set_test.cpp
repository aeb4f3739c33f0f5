#include "kokkos_kernels/base/field_set.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "kokkos_kernels/base/config_fields.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/field_tree.hpp"

namespace locum {
namespace {

TEST(FieldSet, WrongShapeAndWrongTypeAreRefused) {
  FieldSet fields;
  EXPECT_THROW(fields.add("force", "eV/Angstrom", {2, 3}, std::vector<double>(5)), ConfigError);
  fields.add_scalar("energy", "eV", -4.0);
  EXPECT_THROW(fields.integer("energy"), ConfigError);
  EXPECT_THROW(fields.real("enrgy"), ConfigError);
  EXPECT_EQ(fields.real_scalar("energy"), -4.0);
}

TEST(FieldSet, APartOfAnotherComesBackAsItWas) {
  FieldSet inner;
  inner.add("force", "eV/Angstrom", {1, 3}, std::vector<double>{1.5, -2.0, 0.0});
  inner.add_scalar("count", "1", std::int64_t{7});
  FieldSet outer;
  outer.add_scalar("count", "1", std::int64_t{1});
  outer.add_all(inner, "inner.");
  outer.add_all({}, "inner.");  // nothing of nothing
  EXPECT_EQ(outer.fields().size(), 3u);
  EXPECT_EQ(outer.integer_scalar("count"), 1);
  const FieldSet back = outer.part("inner.");
  ASSERT_EQ(back.fields().size(), 2u);
  EXPECT_EQ(back.at("force").shape, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(back.at("force").unit, "eV/Angstrom");
  EXPECT_EQ(back.real("force"), inner.real("force"));
  EXPECT_EQ(back.integer_scalar("count"), 7);
  EXPECT_TRUE(outer.part("other.").fields().empty());
  EXPECT_EQ(outer.part("").fields().size(), 3u);
}

TEST(FieldSet, NamesThatAreTakenAreRefused) {
  FieldSet fields;
  fields.add_scalar("a.energy", "eV", 1.0);
  FieldSet more;
  more.add_scalar("energy", "eV", 2.0);
  EXPECT_THROW(fields.add_all(more, "a."), ConfigError);
  EXPECT_EQ(fields.real_scalar("a.energy"), 1.0);
  fields.add_all(more);
  EXPECT_EQ(fields.real_scalar("energy"), 2.0);
}

struct Numbers {
  bool on = true;
  int count = 3;
  std::int64_t many = 1ll << 40;
  double length = 0.25;  // Angstrom
  std::vector<double> shares = {0.5, 0.125};
  std::vector<std::int64_t> sizes = {};
  void visit(ConfigVisitor& v) {
    v.value({"on", "", ""}, on);
    v.value({"count", "", "", {0, 10}}, count);
    v.value({"many", "", ""}, many);
    v.value({"length", "Angstrom", "", {0.0, 1.0}}, length);
    v.value({"shares", "", "", {0.0, 1.0}}, shares);
    v.value({"sizes", "", ""}, sizes);
  }
};

TEST(ConfigFields, NumbersComeBackAsTheyWere) {
  FieldSet fields;
  Numbers{}.visit(*config_to_fields(fields));
  EXPECT_EQ(fields.at("length").unit, "Angstrom");
  EXPECT_EQ(fields.at("count").unit, "1");
  Numbers back{false, 0, 0, 0.0, {}, {4, 5}};
  back.visit(*config_from_fields(fields, "group test"));
  EXPECT_TRUE(back.on);
  EXPECT_EQ(back.count, 3);
  EXPECT_EQ(back.many, 1ll << 40);
  EXPECT_EQ(back.length, 0.25);
  EXPECT_EQ(back.shares, (std::vector<double>{0.5, 0.125}));
  EXPECT_TRUE(back.sizes.empty());
}

TEST(ConfigFields, NumbersOutOfRangeAndMissingOnesAreRefused) {
  for (const double bad : {1.5, std::numeric_limits<double>::quiet_NaN()}) {
    Numbers wrong;
    wrong.shares.push_back(bad);
    FieldSet fields;
    wrong.visit(*config_to_fields(fields));
    Numbers back;
    try {
      back.visit(*config_from_fields(fields, "group test"));
      ADD_FAILURE() << bad << " was taken";
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("shares"), std::string::npos) << error.what();
      EXPECT_EQ(error.where(), "group test");
    }
  }
  Numbers back;
  EXPECT_THROW(back.visit(*config_from_fields({}, "group test")), ConfigError);
}

TEST(ConfigFields, WordsAreRefused) {
  std::string word;
  FieldSet fields;
  EXPECT_THROW(config_to_fields(fields)->value({"word", "", ""}, word), ConfigError);
}

TEST(FieldTree, AMissingGroupIsNamed) {
  FieldTree tree;
  tree.groups["range"].add_scalar("low", "1", 0.5);
  tree.attributes["kind"] = "test";
  EXPECT_EQ(tree.group("range").real_scalar("low"), 0.5);
  EXPECT_EQ(tree.attribute("kind"), "test");
  EXPECT_EQ(tree.attribute("version"), "");
  try {
    tree.group("calibration", "is this the file of a test?");
    ADD_FAILURE() << "it was there";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("calibration"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace locum

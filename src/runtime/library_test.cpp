#include "runtime/library.hpp"

#include <gmock/gmock.h>

namespace runtime {
namespace {

using ::testing::HasSubstr;

TEST(Library, GivesFunctionsByName) {
  auto library = Library::load("libm.so.6");
  ASSERT_TRUE(library.has_value()) << library.error().message;
  double (*root)(double) = nullptr;
  ASSERT_TRUE(library->find("sqrt", root).complete());
  EXPECT_EQ(root(4), 2);
}

TEST(Library, NamesWhatIsMissing) {
  const auto none = Library::load("libstandfast-none.so.1");
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("libstandfast-none.so.1"));

  auto library = Library::load("libm.so.6");
  double (*root)(double) = nullptr;
  void (*other)() = nullptr;
  const auto complete = library->find("no_such_function", other).find("sqrt", root).complete();
  ASSERT_FALSE(complete.has_value());
  EXPECT_THAT(complete.error().message, HasSubstr("no_such_function"));
}

}  // namespace
}  // namespace runtime

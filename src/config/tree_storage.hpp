// What a Tree owns, and how a place finds its way back to a file.
//
// A line as the tree sees it (a chunk, but see below) is glued together from pieces: text of a file, text of definitions,
// values of sequences. Each piece is a Segment that points at a Source. Sources form chains: the text of $X
// leads to the `${X}` that used it, which stands in a file or in the text of another definition. How the file
// itself came to be read, and which turn of a ~SEQ it was, is the chunk's Frame. Sources and frames are
// shared, so 65,024 instances out of one definition cost eight octets for each piece of a line.
//
// Most lines are one piece of the file being read. They have neither segments nor sources, and no chunk of their own: one
// chunk says where in the frame's file they begin, and offsets count from there.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/arena.hpp"
#include "config/tree.hpp"

namespace config {

inline constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

struct SourceFile {
  std::string name;
  std::string text;
  mutable std::vector<std::uint32_t> line_starts = {};  // filled when the first position is asked for
};

/// Where a definition is written: its `$NAME`.
struct DefinitionSite {
  std::string_view name;
  std::uint32_t file = 0;
  std::uint32_t offset = 0;
};

struct Source {
  static constexpr std::uint32_t literal = none;  // for `definition`: text that stands for itself
  static constexpr std::uint32_t value =
      none - 1;  // a parameter that no line defines: of a sequence, or predefined

  std::uint32_t parent =
      none;  // the use of the definition whose text this is; none: text of the file as such
  std::uint32_t file = 0;
  std::uint32_t offset = 0;  // octets from the start of the file
  std::uint32_t length = 0;
  std::uint32_t definition = literal;  // of a use: which definition it had at the time
};

struct Segment {
  std::uint32_t offset = 0;  // where the piece starts within the line
  std::uint32_t source = 0;
};

/// Why lines are being read: a file included from somewhere, one turn of a sequence.
struct Frame {
  enum class Kind : std::uint8_t { file, sequence };
  Kind kind = Kind::file;
  std::uint32_t parent = none;
  Place from = {};            // the include line, the ~SEQ; chunk none: the main file
  std::uint32_t length = 0;   // of what stands there
  std::uint32_t file = none;  // that is read
  std::string_view variable = {}, value = {};
};

/// Without segments: lines of the frame's file as they stand there, from the octet `first` on.
struct Chunk {
  std::uint32_t first = 0;  // segment, or octet
  std::uint32_t frame = 0;
  std::uint32_t segments = 0;
};
static_assert(sizeof(Chunk) == 12);

struct Tree::Storage {
  Arena arena;
  std::vector<Statement> top;
  std::deque<SourceFile> sources_of_text;  // one a file, whatever the number of times it is included
  std::vector<std::string> names;          // of those, in the order they were read
  std::vector<DefinitionSite> definitions;
  std::vector<Source> sources;
  std::vector<Segment> segments;
  std::vector<Chunk> chunks;
  std::vector<Frame> frames;

  /// A line, and the way back from every octet of it.
  std::uint32_t add_chunk(std::span<const Segment> pieces, std::uint32_t frame);
  /// Where a line begins that is one piece of the frame's file and starts at octet `offset` of it.
  Place add_plain_line(std::uint32_t offset, std::uint32_t frame);
  std::uint32_t add_source(const Source& source);
  /// For a problem with something that never became part of a line.
  Place place_of(std::uint32_t source, std::uint32_t frame);
  Place place_in_file(std::uint32_t file, std::size_t offset, std::size_t length, std::uint32_t frame);

  /// The piece of text an octet of a line comes from.
  struct Found {
    Source source;
    std::uint32_t delta = 0;  // octets from the start of the source
  };
  std::optional<Found> find(Place place) const;

  Position position(Place place, std::size_t length) const;
  std::vector<Diagnostic::Related> trail(Place place) const;

 private:
  Position in_file(std::uint32_t file, std::size_t begin, std::size_t end) const;
  Source use_in_file(Source source) const;
};

}  // namespace config

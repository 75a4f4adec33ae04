// A table of nftables that balances where the kernel has no IPVS: the rules are lvs/nft_rules.hpp's business, libnftables carries
// them, one transaction for all commands of a call. What others do to the table is noticed by its text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lvs/table.hpp"
#include "runtime/data_plane.hpp"

struct nft_ctx;

namespace runtime {

class NftPlane : public DataPlane {
 public:
  /// Takes over what a predecessor left: connections go on.
  static core::Result<NftPlane> open();

  std::string_view name() const override { return "nftables"; }
  core::Result<net::ipvs::Listing> list() override;
  /// Connections are not counted here, so nothing is listed: servers drain as long as they may.
  core::Result<net::ipvs::Listing> list(std::span<const net::ipvs::ServiceKey> services) override;
  core::Result<std::vector<Refusal>> apply(std::span<const net::ipvs::Command> commands) override;

 private:
  struct Close {
    void operator()(nft_ctx* context) const;
  };
  using Keys = std::map<net::ipvs::ServiceKey, std::vector<std::size_t>>;  // and the commands about each

  explicit NftPlane(nft_ctx* context) : context_(context) {}
  core::Result<std::string> run(const std::string& text);
  core::Result<std::string> run_listing(const std::string& text, unsigned flags);
  void read_table();
  std::string fingerprint();
  std::string text_for(const Keys& keys, const lvs::Table& next, const lvs::Table& before);
  std::string base(const lvs::Table& next);

  std::unique_ptr<nft_ctx, Close> context_;
  lvs::Table table_;
  std::string fingerprint_;
};

}  // namespace runtime

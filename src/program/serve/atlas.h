// The database of places that the operator supplied, read again when its files change.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "authority/verify/verifier.h"

namespace jeton::serve {

// One thread at a time.
class Atlas {
 public:
  Atlas(verify::Verifier& verifier, std::vector<std::string> paths);
  // Reads the files where one of them is another than it was. Where they cannot be read, what was read before stays.
  Status refresh();

 private:
  std::string stamp() const;
  verify::Verifier& verifier_;
  const std::vector<std::string> paths_;
  std::string read_;
};

}  // namespace jeton::serve

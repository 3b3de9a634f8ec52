#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/disk.h"
#include "io/task.h"
#include "log/checkpoint_format.h"

// A storage's checkpoint on the disk: docs/formats/checkpoint.md.
namespace polylog::log {

// `directory` is the storage's. Nothing when there has never been one. Errors: corrupt (unreadable,
// or of another data directory), io_failed.
io::Task<base::Result<std::optional<Checkpoint>>> read_checkpoint(io::Disk& disk,
                                                                  std::string directory,
                                                                  base::Uuid data_directory_id);
// Replaces the checkpoint in one step; durable when done. Errors: disk_full, io_failed, with which
// the one before stays.
io::Task<base::Result<void>> write_checkpoint(io::Disk& disk, std::string directory,
                                              base::Slice contents);

}  // namespace polylog::log

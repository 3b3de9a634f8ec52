#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/uuid.h"
#include "io/shard.h"

namespace polylog::broker {

constexpr char kDataDirectoryFile[] = "data-directory";
constexpr size_t kDataDirectoryFileMaxBytes = 4096;

// What a data directory says of itself, in that file: docs/formats/data-directory.md.
struct DataDirectory {
    static constexpr int kVersion = 1;

    base::Uuid id;           // made at random once; every file of the directory carries it
    size_t shard_count = 0;  // how many storages it is divided into
    bool operator==(const DataDirectory&) const = default;
};

// Reads the description, or makes one for an empty directory. Errors: corrupt, unsupported_version
// (made by a newer version), io_failed.
io::Task<base::Result<DataDirectory>> open_data_directory(io::Shard& shard, size_t shard_count);
// Replaces the description; durable when it returns.
io::Task<base::Result<void>> write_data_directory(io::Disk& disk, DataDirectory directory);

std::string encode_data_directory(const DataDirectory& directory);
base::Result<DataDirectory> decode_data_directory(std::string_view text);

}  // namespace polylog::broker

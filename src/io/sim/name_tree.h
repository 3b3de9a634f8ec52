#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/disk.h"
#include "io/sim/stored_file.h"

namespace polylog::sim {

struct Inode;
// Alive as long as a name or an open file leads to it.
using InodeRef = std::shared_ptr<Inode>;
// The entries of one directory, sorted.
using Names = std::map<std::string, InodeRef, std::less<>>;

// A file or a directory, apart from its name.
struct Inode {
    bool is_directory = false;
    StoredFile file;      // files only
    Names names;          // directories only: as the process sees them
    Names durable_names;  // directories only: as a power cut leaves them
    uint32_t open_handles = 0;
    bool named = false;  // reachable by a path
};

// Names and directories, with the least that a journaling file system promises: a create, rename,
// remove or new directory is durable once the directories concerned are synced; until then each may
// survive a power cut or not, but whole, and never one that rests on another (the same name, or a
// moved directory) without it. Syncing a file does nothing for its name. Errors as io::Disk. Paths
// are relative with '/' between parts; "." is the root, and "" is not found, as on Linux.
class NameTree {
public:
    // Told of every file or directory that lost its name to a remove or a rename.
    using OnUnnamed = std::function<void(Inode& inode)>;
    explicit NameTree(OnUnnamed on_unnamed = [](Inode&) {});

    base::Result<InodeRef> find(std::string_view path) const;
    // Null when a power cut now might lose the name.
    InodeRef find_durable(std::string_view path) const;
    // The file of that name, made if there is none.
    base::Result<InodeRef> create_file(std::string_view path);
    base::Result<void> create_directories(std::string_view path);
    base::Result<void> rename(std::string_view from, std::string_view to);
    base::Result<void> remove(std::string_view path);
    base::Result<std::vector<io::DirectoryEntry>> list(std::string_view path) const;

    // Numbers changes in the order they were made.
    uint64_t last_change() const { return last_change_; }
    // Changes to names in that directory up to that one become durable.
    base::Result<void> sync_directory(std::string_view path, uint64_t upto_change);
    void power_cut(RandomStream& stream);
    // Every file, in order of paths.
    void for_each_file(
        const std::function<void(const std::string& path, Inode& file)>& visit) const;

private:
    struct Slot {
        InodeRef directory;
        std::string name;
        bool same_as(const Slot& other) const {
            return directory == other.directory && name == other.name;
        }
    };
    struct SlotChange {
        Slot slot;
        InodeRef target;  // null: the name goes
    };
    struct Change {
        uint64_t number = 0;
        std::vector<SlotChange> slots;
        bool moves_directory = false;
        bool touches(const Slot& slot) const;
        bool touches_any(const std::vector<Slot>& slots_of_others) const;
        void add_slots_to(std::vector<Slot>& others) const;
    };

    base::Result<Slot> slot_of(std::string_view path) const;
    static InodeRef at(const Slot& slot);
    void change(std::vector<SlotChange> slots, bool moves_directory = false);
    static void make_durable(const Change& change);
    void keep_scattered(RandomStream& stream);
    static void forget_unsynced_names(Inode& directory);

    OnUnnamed on_unnamed_;
    InodeRef root_;
    std::vector<Change> unsynced_;
    uint64_t last_change_ = 0;
};

}  // namespace polylog::sim

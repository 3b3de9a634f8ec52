#include "io/sim/name_tree.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"
#include "io/sim/crash.h"

namespace polylog::sim {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// A kernel commits its journal every few seconds anyway; this bounds what is pending.
constexpr size_t kUnsyncedChangesMax = 4096;

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const size_t end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        CHECK(part != "..");
        if (!part.empty() && part != ".") parts.push_back(part);
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

InodeRef look_up(const Names& names, std::string_view name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
}

bool is_inside(std::string_view path, std::string_view directory) {
    const auto inner = parts_of(path);
    const auto outer = parts_of(directory);
    return inner.size() >= outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

}  // namespace

NameTree::NameTree(OnUnnamed on_unnamed)
    : on_unnamed_(std::move(on_unnamed)), root_(std::make_shared<Inode>()) {
    root_->is_directory = true;
    root_->named = true;
}

Result<InodeRef> NameTree::find(std::string_view path) const {
    if (path.empty()) return fail(ErrorCode::not_found, "an empty path");
    InodeRef inode = root_;
    for (const std::string_view part : parts_of(path)) {
        inode = look_up(inode->names, part);  // a file has no names
        if (!inode) return fail(ErrorCode::not_found, std::string(path));
    }
    return inode;
}

InodeRef NameTree::find_durable(std::string_view path) const {
    InodeRef inode = root_;
    for (const std::string_view part : parts_of(path)) {
        inode = look_up(inode->durable_names, part);
        if (!inode) break;
    }
    return inode;
}

Result<InodeRef> NameTree::create_file(std::string_view path) {
    TRY(Slot slot, slot_of(path));
    InodeRef inode = at(slot);
    if (!inode) {
        inode = std::make_shared<Inode>();
        change({{std::move(slot), inode}});
    }
    if (inode->is_directory)
        return fail(ErrorCode::io_failed, fmt::format("{} is a directory", path));
    return inode;
}

Result<void> NameTree::create_directories(std::string_view path) {
    InodeRef directory = root_;
    for (const std::string_view part : parts_of(path)) {
        Slot slot{directory, std::string(part)};
        InodeRef next = at(slot);
        if (!next) {
            next = std::make_shared<Inode>();
            next->is_directory = true;
            change({{std::move(slot), next}});
        }
        if (!next->is_directory)
            return fail(ErrorCode::io_failed, fmt::format("{} holds a file", path));
        directory = std::move(next);
    }
    return {};
}

Result<void> NameTree::rename(std::string_view from, std::string_view to) {
    TRY(Slot source, slot_of(from));
    TRY(Slot target, slot_of(to));
    InodeRef moved = at(source);
    if (!moved) return fail(ErrorCode::not_found, std::string(from));
    if (source.same_as(target)) return {};
    const InodeRef replaced = at(target);
    const bool fits = !replaced ||
                      (replaced->is_directory == moved->is_directory && replaced->names.empty());
    if (!fits || (moved->is_directory && is_inside(to, from))) {
        return fail(ErrorCode::io_failed, fmt::format("cannot rename {} to {}", from, to));
    }
    const bool moves_directory = moved->is_directory;
    change({{std::move(source), nullptr}, {std::move(target), std::move(moved)}}, moves_directory);
    return {};
}

Result<void> NameTree::remove(std::string_view path) {
    TRY(Slot slot, slot_of(path));
    const InodeRef removed = at(slot);
    if (!removed) return fail(ErrorCode::not_found, std::string(path));
    if (!removed->names.empty())
        return fail(ErrorCode::io_failed, fmt::format("{} is not empty", path));
    change({{std::move(slot), nullptr}});
    return {};
}

Result<std::vector<io::DirectoryEntry>> NameTree::list(std::string_view path) const {
    TRY(const InodeRef directory, find(path));
    if (!directory->is_directory)
        return fail(ErrorCode::io_failed, fmt::format("{} is a file", path));
    std::vector<io::DirectoryEntry> entries;
    for (const auto& [name, inode] : directory->names)
        entries.push_back({name, inode->is_directory});
    return entries;
}

Result<void> NameTree::sync_directory(std::string_view path, uint64_t upto_change) {
    TRY(const InodeRef directory, find(path));
    if (!directory->is_directory)
        return fail(ErrorCode::io_failed, fmt::format("{} is a file", path));
    // Backwards, so that what a needed change rests on is needed too.
    std::vector<bool> needed(unsynced_.size());
    std::vector<Slot> needed_slots;
    bool all_older = false;
    for (size_t i = unsynced_.size(); i-- > 0;) {
        const Change& each = unsynced_[i];
        const bool in_directory = each.number <= upto_change &&
                                  std::ranges::any_of(each.slots,
                                                      [&](const SlotChange& slot_change) {
                                                          return slot_change.slot.directory ==
                                                                 directory;
                                                      });
        if (!in_directory && !all_older && !each.touches_any(needed_slots)) continue;
        needed[i] = true;
        each.add_slots_to(needed_slots);
        all_older |= each.moves_directory;
    }
    std::vector<Change> rest;
    for (size_t i = 0; i < unsynced_.size(); ++i) {
        if (needed[i]) {
            make_durable(unsynced_[i]);
        } else {
            rest.push_back(std::move(unsynced_[i]));
        }
    }
    unsynced_ = std::move(rest);
    return {};
}

void NameTree::power_cut(RandomStream& stream) {
    if (!unsynced_.empty()) {
        switch (draw_survival(stream)) {
        case Survival::nothing: break;
        case Survival::everything: std::ranges::for_each(unsynced_, make_durable); break;
        case Survival::prefix: {
            const auto end = unsynced_.begin() +
                             static_cast<ptrdiff_t>(stream.below(unsynced_.size() + 1));
            std::for_each(unsynced_.begin(), end, make_durable);
            break;
        }
        case Survival::scattered: keep_scattered(stream); break;
        }
        unsynced_.clear();
    }
    forget_unsynced_names(*root_);
}

void NameTree::for_each_file(const std::function<void(const std::string&, Inode&)>& visit) const {
    const std::function<void(const std::string&, const Inode&)> walk =
        [&](const std::string& prefix, const Inode& directory) {
            for (const auto& [name, inode] : directory.names) {
                const std::string path = prefix + name;
                if (inode->is_directory) {
                    walk(path + '/', *inode);
                } else {
                    visit(path, *inode);
                }
            }
        };
    walk("", *root_);
}

bool NameTree::Change::touches(const Slot& slot) const {
    return std::ranges::any_of(slots,
                               [&](const SlotChange& each) { return each.slot.same_as(slot); });
}

bool NameTree::Change::touches_any(const std::vector<Slot>& slots_of_others) const {
    return std::ranges::any_of(slots_of_others, [&](const Slot& slot) { return touches(slot); });
}

void NameTree::Change::add_slots_to(std::vector<Slot>& others) const {
    for (const SlotChange& each : slots) others.push_back(each.slot);
}

Result<NameTree::Slot> NameTree::slot_of(std::string_view path) const {
    const auto parts = parts_of(path);
    if (parts.empty()) return fail(ErrorCode::io_failed, "the root has no name");
    InodeRef directory = root_;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
        directory = look_up(directory->names, parts[i]);
        if (!directory || !directory->is_directory)
            return fail(ErrorCode::not_found, std::string(path));
    }
    return Slot{std::move(directory), std::string(parts.back())};
}

InodeRef NameTree::at(const Slot& slot) {
    return look_up(slot.directory->names, slot.name);
}

void NameTree::change(std::vector<SlotChange> slots, bool moves_directory) {
    std::vector<InodeRef> before;
    for (const SlotChange& each : slots) {
        if (InodeRef inode = at(each.slot)) {
            inode->named = false;
            before.push_back(std::move(inode));
        }
        if (each.target) {
            each.slot.directory->names[each.slot.name] = each.target;
            each.target->named = true;
        } else {
            each.slot.directory->names.erase(each.slot.name);
        }
    }
    for (const InodeRef& inode : before) {
        if (!inode->named) on_unnamed_(*inode);
    }
    unsynced_.push_back({++last_change_, std::move(slots), moves_directory});
    if (unsynced_.size() > kUnsyncedChangesMax) {
        std::ranges::for_each(unsynced_, make_durable);
        unsynced_.clear();
    }
}

void NameTree::make_durable(const Change& change) {
    for (const SlotChange& each : change.slots) {
        if (each.target) {
            each.slot.directory->durable_names[each.slot.name] = each.target;
        } else {
            each.slot.directory->durable_names.erase(each.slot.name);
        }
    }
}

void NameTree::keep_scattered(RandomStream& stream) {
    std::vector<Slot> lost;
    for (const Change& each : unsynced_) {
        const bool blocked = each.touches_any(lost) || (each.moves_directory && !lost.empty());
        if (blocked || stream.chance(0.5)) {
            each.add_slots_to(lost);
        } else {
            make_durable(each);
        }
    }
}

void NameTree::forget_unsynced_names(Inode& directory) {
    directory.names = directory.durable_names;
    for (auto& [name, inode] : directory.names) {
        inode->named = true;
        if (inode->is_directory) forget_unsynced_names(*inode);
    }
}

}  // namespace polylog::sim

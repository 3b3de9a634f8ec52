#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/logging.h"
#include "test/log/storage_rig.h"

// What goes offline when the disk fails, and how the operator hears of it.
namespace polylog::log {
namespace {

using base::ErrorCode;
using sim::DiskOperation;
using testing::StorageRig;

// Keeps the errors of this room: "event partition directory".
class ErrorRecords : public base::LogSink {
public:
    ErrorRecords() : LogSink([] { return base::WallTime(); }), installed_(*this) {}

    void write(const base::LogRecord& record) override {
        if (record.level != base::LogLevel::error || record.component != "log") return;
        std::string text(record.event);
        for (const base::LogField& field : record.fields) {
            const auto* value = std::get_if<std::string_view>(&field.value.variant());
            if (value) text.append(" ").append(*value);
            const auto* number = std::get_if<uint64_t>(&field.value.variant());
            if (number) text.append(" ").append(std::to_string(*number));
        }
        records.push_back(std::move(text));
    }

    std::vector<std::string> records;

private:
    base::InstalledLogSink installed_;
};

class Offline : public ::testing::Test {
protected:
    Offline() {
        rig_.open();
        first_ = &rig_.create(StorageRig::id(0));
        second_ = &rig_.create(StorageRig::id(1));
        for (Log* log : {first_, second_}) {
            rig_.append(*log, {.value = std::string(30'000, 'v')});
            rig_.settle(*log);
        }
    }

    ErrorRecords errors_;
    StorageRig rig_;
    Log* first_ = nullptr;
    Log* second_ = nullptr;
};

TEST_F(Offline, AFailedWriteAheadLogIsOneRecordForAllItsPartitions) {
    const auto before = rig_.read_all(*first_);
    rig_.disk().inject({.operation = DiskOperation::write, .path = ".wal"});
    rig_.append(*first_, {});
    rig_.run_for(std::chrono::seconds(1));
    ASSERT_TRUE(first_->offline());
    ASSERT_TRUE(second_->offline());
    EXPECT_EQ(first_->offline()->code(), ErrorCode::partition_offline);
    EXPECT_EQ(rig_.try_append(*second_, {}).error(), ErrorCode::partition_offline);
    EXPECT_EQ(errors_.records,
              std::vector<std::string>{"write_ahead_log_failed wal/0/fsync fsync 2"});

    rig_.reopen_after(sim::Crash::kill);
    const auto after = rig_.read_all(rig_.log());
    ASSERT_GE(after.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(Offline, AFailedSegmentTakesItsPartitionOfflineAndNoOther) {
    const auto before = rig_.read_all(*first_);
    rig_.disk().inject({.operation = DiskOperation::write, .path = "/0/0"});
    EXPECT_FALSE(rig_.wait(rig_.storage().checkpoint()));
    ASSERT_TRUE(first_->offline());
    EXPECT_FALSE(second_->offline());
    rig_.append(*second_, {});
    rig_.settle(*second_);
    ASSERT_EQ(errors_.records.size(), 1u);
    EXPECT_TRUE(errors_.records[0].starts_with("log_offline orders-0 topics/orders."))
        << errors_.records[0];

    rig_.reopen_after(sim::Crash::kill);
    EXPECT_EQ(rig_.read_all(rig_.log()), before);
}

}  // namespace
}  // namespace polylog::log

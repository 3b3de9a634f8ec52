#include "protocol/aws/move_task_handle.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace polylog::aws {
namespace {

TEST(MoveTaskHandle, ReadsWhatItWrote) {
    const MoveTaskHandle handle{"6f0b", "arn:aws:sqs:us-east-1:000000000000:dead"};
    EXPECT_EQ(MoveTaskHandle::parse(handle.to_string()), handle);
    EXPECT_EQ(base::base64_decode(handle.to_string()),
              R"({"taskId":"6f0b","sourceArn":"arn:aws:sqs:us-east-1:000000000000:dead"})");
}

TEST(MoveTaskHandle, IsRefusedInAnyOtherForm) {
    for (const std::string& text :
         {std::string(), std::string("garbage!"), base::base64_encode(base::as_bytes("{}")),
          base::base64_encode(base::as_bytes("[1]")), std::string(2000, 'A')}) {
        EXPECT_EQ(MoveTaskHandle::parse(text).error(),
                  Fault(FaultKind::invalid_parameter_value,
                        "Value for parameter TaskHandle is invalid."));
    }
}

}  // namespace
}  // namespace polylog::aws

#include "protocol/kafka/producer_ids.h"

namespace polylog::kafka {

io::Task<base::Result<model::ProducerId>> ProducerIds::next() {
    auto turn = co_await one_at_a_time_.lock();
    if (left_ == 0) {
        CO_TRY(const model::ProducerId first,
               co_await broker_.topics().allocate_producer_ids(kBlock));
        next_ = first.value;
        left_ = kBlock;
    }
    --left_;
    co_return model::ProducerId{next_++};
}

}  // namespace polylog::kafka

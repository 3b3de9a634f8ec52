#pragma once

#include "broker/fan_out.h"

namespace polylog::broker {

class Queues;

// The door of a fan-out to this broker's queues, which outlive it. A target that names an
// incarnation means that one, any other whichever has the name.
QueueDoor queue_door(Queues& queues);

}  // namespace polylog::broker

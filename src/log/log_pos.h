/* A place in a partition's log: a log offset and where its bytes are. A value type. */
#ifndef OTTLA_LOG_LOG_POS_H
#define OTTLA_LOG_LOG_POS_H

#include <stdint.h>

#include "model/ids.h"

/* The bytes of records below `offset` end at `pos` in the segment whose base offset is `segment`;
 * a record with this offset, once there is one, begins there or in a later segment. */
struct log_pos {
    log_offset_t offset;
    log_offset_t segment;
    uint64_t pos;
};

#endif

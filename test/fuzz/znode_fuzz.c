/* Bodies of metadata nodes: the first byte chooses the kind. What can be read can be written, and is
 * then read as the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/str.h"
#include "meta/meta.h"
#include "meta/znode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int round_trip(uint8_t kind, struct slice body, struct arena *a, struct str *out)
{
    static struct znode_broker broker;
    struct znode_topic topic;
    struct znode_state state;
    struct znode_config config;
    struct znode_controller controller;
    struct znode_producer_ids ids;
    struct uuid id;
    int rc;

    switch (kind % 7) {
    case 0:
        rc = znode_broker_decode(body, a, &broker);
        return rc == 0 ? znode_broker_encode(&broker, out) : rc;
    case 1:
        rc = znode_topic_decode(body, a, &topic);
        return rc == 0 ? znode_topic_encode(&topic, out) : rc;
    case 2:
        rc = znode_state_decode(body, a, &state);
        return rc == 0 ? znode_state_encode(&state, out) : rc;
    case 3:
        rc = znode_config_decode(body, a, &config);
        return rc == 0 ? znode_config_encode(&config, out) : rc;
    case 4:
        rc = znode_controller_decode(body, &controller);
        return rc == 0 ? znode_controller_encode(&controller, out) : rc;
    case 5:
        rc = znode_producer_ids_decode(body, &ids);
        return rc == 0 ? znode_producer_ids_encode(&ids, out) : rc;
    default:
        rc = znode_cluster_id_decode(body, &id);
        return rc == 0 ? znode_cluster_id_encode(id, out) : rc;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct str first;
    struct str second;

    if (size == 0) {
        return 0;
    }
    arena_init(&a, 8u << 20);
    str_init(&first, 2 * META_BODY_LEN_MAX);
    str_init(&second, 2 * META_BODY_LEN_MAX);
    if (round_trip(data[0], slice_of(data + 1, size - 1), &a, &first) == 0) {
        ASSERT(round_trip(data[0], str_view(&first), &a, &second) == 0);
        ASSERT(slice_eq(str_view(&first), str_view(&second)));
    }
    str_release(&first);
    str_release(&second);
    arena_release(&a);
    return 0;
}

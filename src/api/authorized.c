#include "api/authorized.h"

#include "base/err.h"

/* The protocol's number of an operation and ours. */
struct operation {
    uint8_t bit;
    enum api_operation op;
};

static const struct operation topic_operations[] = {
    {3, API_OP_READ},
    {4, API_OP_WRITE},
    {5, API_OP_CREATE},
    {6, API_OP_DELETE},
    {7, API_OP_ALTER},
    {8, API_OP_DESCRIBE},
    {10, API_OP_DESCRIBE_CONFIGS},
    {11, API_OP_ALTER_CONFIGS},
};

static const struct operation cluster_operations[] = {
    {5, API_OP_CREATE},
    {7, API_OP_ALTER},
    {8, API_OP_DESCRIBE},
    {9, API_OP_CLUSTER_ACTION},
    {10, API_OP_DESCRIBE_CONFIGS},
    {11, API_OP_ALTER_CONFIGS},
    {12, API_OP_IDEMPOTENT_WRITE},
};

static int32_t allowed_bits(const struct api_call *call, enum api_resource resource,
                            struct slice name, const struct operation *ops, size_t cnt)
{
    int32_t bits = 0;

    for (size_t i = 0; i < cnt; i++) {
        if (api_allowed(call, ops[i].op, resource, name)) {
            bits |= (int32_t)(UINT32_C(1) << ops[i].bit);
        }
    }
    return bits;
}

int32_t authorized_topic_operations(const struct api_call *call, struct slice topic)
{
    return allowed_bits(call, API_RESOURCE_TOPIC, topic, topic_operations,
                        ARRAY_CNT(topic_operations));
}

int32_t authorized_cluster_operations(const struct api_call *call)
{
    return allowed_bits(call, API_RESOURCE_CLUSTER, SLICE_LIT("kafka-cluster"), cluster_operations,
                        ARRAY_CNT(cluster_operations));
}

#include "api/api.h"

/*
 * What this broker serves. Advertised, dispatched and overlapped from here alone; a key that is not in
 * the table is neither advertised nor answered. In the order of the keys.
 */
const struct api_entry api_table[] = {
    /* clang-format off */
    {API_PRODUCE,                   0, 13, REQUEST_PRODUCE, produce_handle},
    {API_FETCH,                     4, 18, REQUEST_ALONE,   fetch_handle},
    {API_LIST_OFFSETS,              0, 11, REQUEST_ALONE,   list_offsets_handle},
    {API_METADATA,                  0, 13, REQUEST_ALONE,   metadata_handle},
    {API_API_VERSIONS,              0,  5, REQUEST_ALONE,   api_versions_handle},
    {API_CREATE_TOPICS,             0,  7, REQUEST_ALONE,   create_topics_handle},
    {API_DELETE_TOPICS,             0,  6, REQUEST_ALONE,   delete_topics_handle},
    {API_DESCRIBE_CONFIGS,          0,  4, REQUEST_ALONE,   describe_configs_handle},
    {API_DESCRIBE_CLUSTER,          0,  2, REQUEST_ALONE,   describe_cluster_handle},
    {API_DESCRIBE_TOPIC_PARTITIONS, 0,  0, REQUEST_ALONE,   describe_topic_partitions_handle},
    /* clang-format on */
};

const size_t api_table_cnt = ARRAY_CNT(api_table);

const struct api_entry *api_find(int16_t key)
{
    for (size_t i = 0; i < api_table_cnt; i++) {
        if (api_table[i].key == key) {
            return &api_table[i];
        }
    }
    return NULL;
}

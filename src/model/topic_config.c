/*
 * Every topic setting starts at its broker synonym (in the topic's unit) or its own default; then
 * the overrides are laid over it in their order; then the typed struct is filled in.
 */
#include "model/topic_config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"

static const char *const durability_names[] = {"fsync", "replicated", "memory"};

const char *durability_name(enum durability d)
{
    ASSERT((size_t)d < ARRAY_CNT(durability_names));
    return durability_names[d];
}

/* The value of a setting that the topic itself does not give. */
static struct setting_value value_inherited(const struct settings *s, const struct setting *row)
{
    struct setting_value value = {0, 0};
    enum setting_id id = (enum setting_id)row->broker;
    struct setting_why why;
    int rc;

    if (row->broker == SETTING_NONE) {
        rc = setting_parse(row, slice_cstr(row->dflt), &value, &why);
        ASSERT(rc == 0);
    } else if (row->type == SETTING_TYPE_DOUBLE) {
        value.real = settings_double(s, id);
    } else if (row->type == SETTING_TYPE_BOOL) {
        value.num = settings_bool(s, id);
    } else if (row->words != NULL) {
        /* The broker's row has the same words in the same order. */
        rc = setting_parse(row, slice_cstr(settings_text(s, id)), &value, &why);
        ASSERT(rc == 0);
    } else {
        value.num = settings_family_long(s, id);
    }
    return value;
}

static void config_fill(const struct setting_value *v, struct topic_config *ret)
{
    *ret = (struct topic_config){
        .delete_retention_ms = v[TOPIC_SETTING_DELETE_RETENTION_MS].num,
        .file_delete_delay_ms = v[TOPIC_SETTING_FILE_DELETE_DELAY_MS].num,
        .flush_messages = v[TOPIC_SETTING_FLUSH_MESSAGES].num,
        .flush_ms = v[TOPIC_SETTING_FLUSH_MS].num,
        .max_compaction_lag_ms = v[TOPIC_SETTING_MAX_COMPACTION_LAG_MS].num,
        .min_compaction_lag_ms = v[TOPIC_SETTING_MIN_COMPACTION_LAG_MS].num,
        .message_timestamp_after_max_ms = v[TOPIC_SETTING_MESSAGE_TIMESTAMP_AFTER_MAX_MS].num,
        .message_timestamp_before_max_ms = v[TOPIC_SETTING_MESSAGE_TIMESTAMP_BEFORE_MAX_MS].num,
        .retention_bytes = v[TOPIC_SETTING_RETENTION_BYTES].num,
        .retention_ms = v[TOPIC_SETTING_RETENTION_MS].num,
        .segment_ms = v[TOPIC_SETTING_SEGMENT_MS].num,
        .segment_jitter_ms = v[TOPIC_SETTING_SEGMENT_JITTER_MS].num,
        .min_cleanable_dirty_ratio = v[TOPIC_SETTING_MIN_CLEANABLE_DIRTY_RATIO].real,
        .index_interval_bytes = (int32_t)v[TOPIC_SETTING_INDEX_INTERVAL_BYTES].num,
        .max_message_bytes = (int32_t)v[TOPIC_SETTING_MAX_MESSAGE_BYTES].num,
        .min_insync_replicas = (int32_t)v[TOPIC_SETTING_MIN_INSYNC_REPLICAS].num,
        .segment_bytes = (int32_t)v[TOPIC_SETTING_SEGMENT_BYTES].num,
        .segment_index_bytes = (int32_t)v[TOPIC_SETTING_SEGMENT_INDEX_BYTES].num,
        .compression_gzip_level = (int32_t)v[TOPIC_SETTING_COMPRESSION_GZIP_LEVEL].num,
        .compression_lz4_level = (int32_t)v[TOPIC_SETTING_COMPRESSION_LZ4_LEVEL].num,
        .compression_zstd_level = (int32_t)v[TOPIC_SETTING_COMPRESSION_ZSTD_LEVEL].num,
        /* The words are "producer", then the codecs in the order of their numbers. */
        .compression = (int8_t)(v[TOPIC_SETTING_COMPRESSION_TYPE].num - 1),
        /* The words are in the order of the flags. */
        .cleanup = (uint8_t)v[TOPIC_SETTING_CLEANUP_POLICY].num,
        .message_timestamp_type = (enum timestamp_type)v[TOPIC_SETTING_MESSAGE_TIMESTAMP_TYPE].num,
        .durability = (enum durability)v[TOPIC_SETTING_DURABILITY].num,
        .preallocate = v[TOPIC_SETTING_PREALLOCATE].num != 0,
        .unclean_leader_election_enable = v[TOPIC_SETTING_UNCLEAN_LEADER_ELECTION_ENABLE].num != 0,
    };
    if (ret->retention_bytes < 0) {
        ret->retention_bytes = -1;
    }
}

void topic_config_resolve(const struct settings *s, const struct setting_pair *overrides,
                          size_t override_cnt, struct topic_config *ret_config)
{
    struct setting_value values[TOPIC_SETTING_CNT];
    enum topic_setting_id id;
    struct setting_why why;

    for (size_t i = 0; i < TOPIC_SETTING_CNT; i++) {
        values[i] = value_inherited(s, topic_setting_row((enum topic_setting_id)i));
    }
    for (size_t i = 0; i < override_cnt; i++) {
        if (!slice_is_null(overrides[i].value) && topic_setting_find(overrides[i].name, &id) == 0) {
            int rc = setting_parse(topic_setting_row(id), overrides[i].value, &values[id], &why);

            (void)rc; /* a value that is not legal leaves what was there */
        }
    }
    config_fill(values, ret_config);
}

static int name_refuse(struct slice name, struct setting_why *why)
{
    const char *nearest = topic_setting_nearest(name);
    struct setting_shown shown;

    (void)snprintf(why->text, sizeof(why->text), "unknown topic setting '%s'%s%s%s",
                   setting_shown(&shown, name), nearest != NULL ? "; the nearest known is '" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "'" : "");
    return ERR_NOT_FOUND;
}

int topic_settings_check(const struct settings *s, const struct setting_pair *overrides,
                         size_t override_cnt, struct setting_why *why)
{
    struct topic_config config;
    struct setting_value value;
    enum topic_setting_id id;

    if (override_cnt > SETTINGS_PER_TOPIC_MAX) {
        (void)snprintf(why->text, sizeof(why->text),
                       "%zu settings for one topic, at most %d are allowed", override_cnt,
                       SETTINGS_PER_TOPIC_MAX);
        return ERR_LIMIT;
    }
    for (size_t i = 0; i < override_cnt; i++) {
        int rc;

        if (topic_setting_find(overrides[i].name, &id) != 0) {
            return name_refuse(overrides[i].name, why);
        }
        if (slice_is_null(overrides[i].value)) {
            (void)snprintf(why->text, sizeof(why->text), "%s: the value is null",
                           topic_setting_row(id)->name);
            return ERR_INVALID;
        }
        if (overrides[i].value.len > SETTING_VALUE_LEN_MAX) {
            (void)snprintf(
                why->text, sizeof(why->text), "%s: the value has %zu bytes, at most %d are allowed",
                topic_setting_row(id)->name, overrides[i].value.len, SETTING_VALUE_LEN_MAX);
            return ERR_LIMIT;
        }
        rc = setting_parse(topic_setting_row(id), overrides[i].value, &value, why);
        if (rc != 0) {
            return rc;
        }
    }
    topic_config_resolve(s, overrides, override_cnt, &config);
    if (config.min_compaction_lag_ms > config.max_compaction_lag_ms) {
        (void)snprintf(why->text, sizeof(why->text),
                       "min.compaction.lag.ms %" PRId64
                       " is greater than max.compaction.lag.ms %" PRId64,
                       config.min_compaction_lag_ms, config.max_compaction_lag_ms);
        return ERR_INVALID;
    }
    return 0;
}

/* The last override of the setting that is legal, or NULL. */
static const struct setting_pair *override_find(const struct setting_pair *overrides, size_t cnt,
                                                const struct setting *row)
{
    struct setting_value value;
    struct setting_why why;

    while (cnt > 0) {
        const struct setting_pair *o = &overrides[--cnt];

        if (slice_eq_cstr(o->name, row->name) && !slice_is_null(o->value) &&
            setting_parse(row, o->value, &value, &why) == 0) {
            return o;
        }
    }
    return NULL;
}

static void synonym_prepend(struct setting_view *view, struct setting_synonym synonym)
{
    ASSERT(view->synonym_cnt < SETTING_SYNONYMS_MAX);
    memmove(view->synonyms + 1, view->synonyms, view->synonym_cnt * sizeof(view->synonyms[0]));
    view->synonyms[0] = synonym;
    view->synonym_cnt++;
}

/* The inherited value as text: the broker's own, or the number it means in the topic's unit. */
static struct slice text_inherited(const struct settings *s, struct setting_view *view)
{
    const struct setting *row = view->row;
    bool is_long = row->type == SETTING_TYPE_LONG;
    int len;

    if (row->broker == SETTING_NONE) {
        return slice_cstr(row->dflt);
    }
    if (!is_long) {
        return slice_cstr(settings_text(s, (enum setting_id)row->broker));
    }
    len = snprintf(view->num, sizeof(view->num), "%" PRId64,
                   settings_family_long(s, (enum setting_id)row->broker));
    return slice_of(view->num, (size_t)len);
}

void topic_settings_describe(const struct settings *s, const struct setting_pair *overrides,
                             size_t override_cnt, enum topic_setting_id id,
                             struct setting_view *ret)
{
    const struct setting *row = topic_setting_row(id);
    const struct setting_pair *override = override_find(overrides, override_cnt, row);

    *ret = (struct setting_view){.row = row, .source = SETTING_SOURCE_DEFAULT};
    if (row->broker != SETTING_NONE) {
        ret->synonym_cnt = settings_synonyms(s, (enum setting_id)row->broker, ret->synonyms);
    }
    if (override != NULL) {
        ret->value = override->value;
        synonym_prepend(ret,
                        (struct setting_synonym){row->name, override->value, SETTING_SOURCE_TOPIC});
    } else {
        ret->value = text_inherited(s, ret);
    }
    if (ret->synonym_cnt > 0) {
        ret->source = ret->synonyms[0].source;
    }
}

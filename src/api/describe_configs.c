#include "gen/describe_configs.h"

#include "api/api.h"
#include "api/topics_common.h"
#include "model/topic.h"
#include "model/topic_config.h"

/*
 * DescribeConfigs: the settings of topics and of this broker, with where each value comes from.
 * Everything is told by the table of settings (model/settings.h); here it is only put into messages.
 *
 * A resource is named by its text: a topic by its name, a broker by its id. A broker without a name
 * means the settings given to all brokers at once.
 */

struct describing {
    struct api_call *call;
    const struct image *img;
    struct describe_configs_request rq;
    struct describe_configs_response resp;
};

/* --- one setting --------------------------------------------------------------------------------------- */

/* Copied, because a view converts numbers into itself. */
static int text_take(struct describing *d, struct slice text, struct slice *ret)
{
    *ret = SLICE_NULL;
    if (slice_is_null(text)) {
        return 0;
    }
    *ret = arena_dup(d->call->arena, text);
    return slice_is_null(*ret) ? ERR_NOMEM : 0;
}

static int synonyms_fill(struct describing *d, const struct setting_view *view,
                         struct describe_configs_response_resource_result *out)
{
    int rc = 0;

    out->synonyms =
        describe_configs_response_synonym_new(d->call->arena, (int32_t)view->synonym_cnt);
    if (out->synonyms == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < view->synonym_cnt && rc == 0; i++) {
        struct describe_configs_response_synonym *s = &out->synonyms[out->synonyms_cnt++];

        s->name = slice_cstr(view->synonyms[i].name);
        s->source = (int8_t)view->synonyms[i].source;
        rc = text_take(d, view->synonyms[i].value, &s->value);
    }
    return rc;
}

static int setting_add(struct describing *d, const struct setting_view *view,
                       struct describe_configs_response_result *res)
{
    struct describe_configs_response_resource_result *out = &res->configs[res->configs_cnt++];
    int rc;

    out->name = slice_cstr(view->row->name);
    out->read_only = view->is_read_only;
    out->is_default = view->source == SETTING_SOURCE_DEFAULT;
    out->config_source = (int8_t)view->source;
    out->is_sensitive = view->is_sensitive;
    out->config_type = (int8_t)view->row->type;
    out->documentation = d->rq.include_documentation ? slice_cstr(view->row->doc) : SLICE_NULL;
    rc = text_take(d, view->value, &out->value);
    return rc == 0 && d->rq.include_synonyms ? synonyms_fill(d, view, out) : rc;
}

/* --- resources ------------------------------------------------------------------------------------------ */

static void result_refuse(struct describe_configs_response_result *res, enum kerr error,
                          struct slice why)
{
    res->error_code = (int16_t)error;
    res->error_message = why;
}

/* The rows a resource is asked for, by number. Named ones in the order of the request, once each;
 * names the table does not have are passed over. */
struct rows {
    int *at;
    int32_t cnt;
};

static int rows_reserve(struct describing *d, int32_t max, struct rows *ret,
                        struct describe_configs_response_result *res)
{
    ret->cnt = 0;
    ret->at = arena_calloc(d->call->arena, (size_t)max, sizeof(*ret->at));
    res->configs = describe_configs_response_resource_result_new(d->call->arena, max);
    return ret->at == NULL || res->configs == NULL ? ERR_NOMEM : 0;
}

typedef int (*row_find)(struct slice name, int *ret_row);

static int broker_row_find(struct slice name, int *ret_row)
{
    enum setting_id id;
    int rc = setting_find(name, &id);

    if (rc == 0) {
        *ret_row = (int)id;
    }
    return rc;
}

static int topic_row_find(struct slice name, int *ret_row)
{
    enum topic_setting_id id;
    int rc = topic_setting_find(name, &id);

    if (rc == 0) {
        *ret_row = (int)id;
    }
    return rc;
}

/* There are at most as many different rows as the table has, however many names a client sends. */
static int rows_named(struct describing *d, const struct describe_configs_request_resource *in,
                      row_find find, int32_t table_cnt, struct rows *ret,
                      struct describe_configs_response_result *res)
{
    bool *taken = arena_calloc(d->call->arena, (size_t)table_cnt, sizeof(*taken));
    int rc = rows_reserve(
        d, in->configuration_keys_cnt < table_cnt ? in->configuration_keys_cnt : table_cnt, ret,
        res);

    if (taken == NULL || rc != 0) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < in->configuration_keys_cnt; i++) {
        int row;

        if (find(in->configuration_keys[i], &row) == 0 && !taken[row]) {
            taken[row] = true;
            ret->at[ret->cnt++] = row;
        }
    }
    return 0;
}

static int rows_all(struct describing *d, int32_t table_cnt, struct rows *ret,
                    struct describe_configs_response_result *res)
{
    int rc = rows_reserve(d, table_cnt, ret, res);

    for (int32_t i = 0; rc == 0 && i < table_cnt; i++) {
        ret->at[ret->cnt++] = (int)i;
    }
    return rc;
}

static int rows_choose(struct describing *d, const struct describe_configs_request_resource *in,
                       row_find find, int32_t table_cnt, struct rows *ret,
                       struct describe_configs_response_result *res)
{
    return in->configuration_keys_cnt < 0 ? rows_all(d, table_cnt, ret, res)
                                          : rows_named(d, in, find, table_cnt, ret, res);
}

/* Settings of the past are shown when they are asked for by name, or when somebody still sets them. */
static bool is_shown(const struct setting_view *view,
                     const struct describe_configs_request_resource *in)
{
    return in->configuration_keys_cnt >= 0 || view->row->until == NULL ||
           view->source != SETTING_SOURCE_DEFAULT;
}

static int topic_describe(struct describing *d, const struct describe_configs_request_resource *in,
                          struct describe_configs_response_result *res)
{
    const struct settings *settings = broker_settings(d->call->broker);
    const struct image_topic *t = image_topic_by_name(d->img, in->resource_name);
    char why[TOPIC_NAME_WHY_LEN];
    struct rows rows;
    int rc;

    if (!api_allowed(d->call, API_OP_DESCRIBE_CONFIGS, API_RESOURCE_TOPIC, in->resource_name)) {
        result_refuse(res, KERR_TOPIC_AUTHORIZATION_FAILED,
                      SLICE_LIT("not allowed to see this topic's settings"));
        return 0;
    }
    if (t == NULL && topic_name_check(in->resource_name, why) != 0) {
        result_refuse(res, KERR_INVALID_TOPIC_EXCEPTION, call_text(d->call, why));
        return 0;
    }
    if (t == NULL) {
        result_refuse(res, KERR_UNKNOWN_TOPIC_OR_PARTITION,
                      SLICE_LIT("there is no topic of this name"));
        return 0;
    }
    rc = rows_choose(d, in, topic_row_find, TOPIC_SETTING_CNT, &rows, res);
    for (int32_t i = 0; rc == 0 && i < rows.cnt; i++) {
        struct setting_view view;

        topic_settings_describe(settings, t->config->overrides, t->config->override_cnt,
                                (enum topic_setting_id)rows.at[i], &view);
        if (is_shown(&view, in)) {
            rc = setting_add(d, &view, res);
        }
    }
    return rc;
}

/* A decimal number without sign, zeros in front or anything else, as ids are written. */
static bool broker_is_named(const struct describing *d, struct slice name)
{
    int64_t id = 0;

    if (name.len == 0 || name.len > 10 || (name.len > 1 && name.ptr[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9') {
            return false;
        }
        id = id * 10 + (name.ptr[i] - '0');
    }
    return id == broker_id(d->call->broker);
}

static int broker_describe(struct describing *d, const struct describe_configs_request_resource *in,
                           struct describe_configs_response_result *res)
{
    bool for_all = in->resource_name.len == 0;
    struct rows rows;
    int rc;

    if (!api_allowed(d->call, API_OP_DESCRIBE_CONFIGS, API_RESOURCE_CLUSTER,
                     SLICE_LIT("kafka-cluster"))) {
        result_refuse(res, KERR_CLUSTER_AUTHORIZATION_FAILED,
                      SLICE_LIT("not allowed to see the brokers' settings"));
        return 0;
    }
    if (!for_all && !broker_is_named(d, in->resource_name)) {
        result_refuse(res, KERR_INVALID_REQUEST,
                      SLICE_LIT("the name is not this broker's id: ask the broker that is meant, "
                                "or nobody by leaving it empty"));
        return 0;
    }
    rc = rows_choose(d, in, broker_row_find, SETTING_CNT, &rows, res);
    for (int32_t i = 0; rc == 0 && i < rows.cnt; i++) {
        struct setting_view view;

        settings_describe(broker_settings(d->call->broker), (enum setting_id)rows.at[i], &view);
        /* For all brokers: only what was set for all of them. */
        if (for_all ? view.source == SETTING_SOURCE_DYNAMIC_DEFAULT : is_shown(&view, in)) {
            rc = setting_add(d, &view, res);
        }
    }
    return rc;
}

static int resource_describe(struct describing *d,
                             const struct describe_configs_request_resource *in,
                             struct describe_configs_response_result *res)
{
    switch (in->resource_type) {
    case CONFIG_RESOURCE_TOPIC:
        return topic_describe(d, in, res);
    case CONFIG_RESOURCE_BROKER:
        return broker_describe(d, in, res);
    case CONFIG_RESOURCE_BROKER_LOGGER:
        result_refuse(res, KERR_INVALID_REQUEST,
                      SLICE_LIT("log levels of single loggers are not offered here"));
        return 0;
    case CONFIG_RESOURCE_CLIENT_METRICS:
        result_refuse(res, KERR_INVALID_REQUEST,
                      SLICE_LIT("subscriptions to client metrics are not offered here"));
        return 0;
    case CONFIG_RESOURCE_GROUP:
        result_refuse(res, KERR_INVALID_REQUEST,
                      SLICE_LIT("settings of groups are not offered here"));
        return 0;
    default:
        result_refuse(res, KERR_INVALID_REQUEST,
                      SLICE_LIT("the resource type is none that has settings"));
        return 0;
    }
}

/* --- the request ---------------------------------------------------------------------------------------- */

/* The same resource twice, with whatever keys, is answered once, as in Kafka: its answer is a map. */
static int resources_describe(struct describing *d)
{
    struct seen_set seen;
    int rc;

    d->resp.results = describe_configs_response_result_new(d->call->arena, d->rq.resources_cnt);
    rc = seen_set_init(&seen, d->call->arena, d->rq.resources_cnt, d->img->seed);
    if (d->resp.results == NULL || rc != 0) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < d->rq.resources_cnt && rc == 0; i++) {
        const struct describe_configs_request_resource *in = &d->rq.resources[i];
        uint8_t *key = arena_alloc(d->call->arena, in->resource_name.len + 1);
        struct describe_configs_response_result *res;

        if (key == NULL) {
            return ERR_NOMEM;
        }
        key[0] = (uint8_t)in->resource_type;
        if (in->resource_name.len > 0) {
            memcpy(key + 1, in->resource_name.ptr, in->resource_name.len);
        }
        if (!seen_set_add(&seen, slice_of(key, in->resource_name.len + 1))) {
            continue;
        }
        res = &d->resp.results[d->resp.results_cnt++];
        res->resource_type = in->resource_type;
        res->resource_name = in->resource_name;
        res->error_message = SLICE_NULL;
        rc = resource_describe(d, in, res);
    }
    return rc;
}

void describe_configs_handle(struct api_call *call)
{
    struct describing d = {.call = call, .img = api_image(call)};

    if (!api_decode(call, &d.rq)) {
        return;
    }
    describe_configs_response_init(&d.resp);
    if (resources_describe(&d) != 0) {
        api_close(call, "out of memory for the settings asked for; closing the connection");
        return;
    }
    api_reply(call, &d.resp);
}

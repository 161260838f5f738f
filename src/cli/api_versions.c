/*
 * `ottla api-versions`, which is also kafka-broker-api-versions.sh: what each broker of a cluster
 * serves, and which version of it this program would use.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/json.h"
#include "gen/api_keys.h"
#include "gen/metadata.h"
#include "model/limits.h"

#define ANSWERS_MAX ((size_t)64 * 1024 * 1024)

enum { API_BOOTSTRAP, API_COMMAND_CONFIG, API_JSON, API_ZOOKEEPER, API_OPTION_CNT };

static const struct option options[API_OPTION_CNT] = {
    [API_BOOTSTRAP] = CLI_OPTION_BOOTSTRAP(NULL),
    [API_COMMAND_CONFIG] = {.name = "--command-config",
                            .type = OPTION_TEXT,
                            .value = "FILE",
                            .help = "A file with settings of the client."},
    [API_JSON] = CLI_OPTION_JSON,
    [API_ZOOKEEPER] = {.name = "--zookeeper", .type = OPTION_TEXT, .value = "HOST:PORT"},
};

/* One broker of the cluster, copied out of Metadata. */
struct node {
    int32_t id;
    struct endpoint at;
    struct slice rack; /* may be null */
};

/* ---- One broker, as text -------------------------------------------------------------------- */

static void print_range(int16_t min, int16_t max)
{
    if (min == max) {
        printf("%d", max);
    } else {
        printf("%d to %d", min, max);
    }
}

static const struct client_api *served(const struct client_api *apis, size_t cnt, int key)
{
    for (size_t i = 0; i < cnt; i++) {
        if (apis[i].key == key) {
            return &apis[i];
        }
    }
    return NULL;
}

static void print_known(const struct client *c, int key, const struct client_api *api)
{
    const struct api_key_info *info = &api_key_info[key];
    printf("%s(%d): ", info->name, key);
    if (api == NULL) {
        printf("UNSUPPORTED");
        return;
    }
    print_range(api->min, api->max);
    int16_t usable = client_version(c, (enum api_key)key);
    if (usable >= 0) {
        printf(" [usable: %d]", usable);
    } else {
        printf(" [unusable: node too %s]", api->max < info->request->first ? "old" : "new");
    }
}

/* By key: those we know and the broker serves, or a client should find there; then the unknown ones. */
static void print_apis(const struct client *c)
{
    size_t cnt = 0;
    const struct client_api *apis = client_apis(c, &cnt);
    const char *separator = "";
    printf("(\n\t");
    for (int key = 0; key < API_KEY_CNT; key++) {
        const struct client_api *api = served(apis, cnt, key);
        if (api != NULL || api_key_info[key].class == API_CLASS_CLIENT) {
            printf("%s", separator);
            print_known(c, key, api);
            separator = ",\n\t";
        }
    }
    for (size_t i = 0; i < cnt; i++) {
        if (apis[i].key < 0 || apis[i].key >= API_KEY_CNT) {
            printf("%sUNKNOWN(%d): ", separator, apis[i].key);
            print_range(apis[i].min, apis[i].max);
            separator = ",\n\t";
        }
    }
    printf("\n)\n");
}

static void print_node(const struct client *c, const struct node *n)
{
    char place[ENDPOINT_TEXT_LEN];
    printf("%s (id: %d rack: ", endpoint_format(&n->at, place), n->id);
    if (slice_is_null(n->rack)) {
        printf("null");
    } else {
        printf("%.*s", SLICE_FMT(n->rack));
    }
    printf(") -> ");
    print_apis(c);
}

/* ---- The same as JSON ----------------------------------------------------------------------- */

static json_t *json_of_api(const struct client *c, const struct client_api *api)
{
    bool known = api->key >= 0 && api->key < API_KEY_CNT;
    int16_t usable = known ? client_version(c, (enum api_key)api->key) : -1;
    json_t *name = known ? json_string(api_key_info[api->key].name) : json_null();
    return json_pack("{s:i, s:o, s:i, s:i, s:o}", "key", (int)api->key, "name", name, "min",
                     (int)api->min, "max", (int)api->max, "usable",
                     usable >= 0 ? json_integer(usable) : json_null());
}

static json_t *json_of_node(const struct client *c, const struct node *n)
{
    size_t cnt = 0;
    const struct client_api *apis = client_apis(c, &cnt);
    json_t *list = json_array();
    for (size_t i = 0; i < cnt; i++) {
        list = json_append(list, json_of_api(c, &apis[i]));
    }
    return json_pack("{s:i, s:s, s:i, s:o, s:o}", "id", n->id, "host", n->at.host, "port",
                     (int)n->at.port, "rack", json_of(n->rack), "apis", list);
}

/* ---- The command ---------------------------------------------------------------------------- */

/* The cluster's brokers into the arena. Returns 0, or 1 after a sentence. */
static int find_nodes(const struct cli *cli, struct client *c, struct arena *a,
                      struct node **ret_nodes, size_t *ret_cnt)
{
    struct metadata_request rq = metadata_request_default;
    struct metadata_response rs;
    if (client_call(c, API_METADATA, &rq, &rs, a) != 0) {
        return cli_fail(cli, "%s", client_why(c));
    }
    if (rs.brokers_cnt < 1) {
        return cli_fail(cli, "the broker at %s names no brokers of its cluster", client_broker(c));
    }
    struct node *nodes = arena_calloc(a, (size_t)rs.brokers_cnt, sizeof(*nodes));
    if (nodes == NULL) {
        return cli_fail(cli, "%s", err_text(ERR_NOMEM));
    }
    size_t cnt = 0;
    for (int32_t i = 0; i < rs.brokers_cnt; i++) {
        const struct metadata_response_broker *b = &rs.brokers[i];
        if (b->host.len == 0 || b->host.len > HOST_NAME_LEN_MAX || b->port < 1 ||
            b->port > UINT16_MAX) {
            return cli_fail(cli, "the broker %d of the cluster has no usable address", b->node_id);
        }
        struct node *n = &nodes[cnt++];
        n->id = b->node_id;
        memcpy(n->at.host, b->host.ptr, b->host.len);
        n->at.port = (uint16_t)b->port;
        n->rack = slice_is_null(b->rack) ? SLICE_NULL : arena_dup(a, b->rack);
    }
    *ret_nodes = nodes;
    *ret_cnt = cnt;
    return 0;
}

/* Connects to every broker and prints it, or adds it to *list. A broker that does not answer is a
 * sentence and the exit code; the others are still asked. */
static int visit(const struct cli *cli, struct client *c, const struct node *nodes, size_t cnt,
                 json_t **list)
{
    int rc = 0;
    for (size_t i = 0; i < cnt; i++) {
        struct endpoints only = {.cnt = 1, .at = {nodes[i].at}};
        char place[ENDPOINT_TEXT_LEN];
        endpoint_format(&nodes[i].at, place);
        if ((cnt > 1 || strcmp(client_broker(c), place) != 0) && client_connect(c, &only) != 0) {
            rc = cli_fail(cli, "%s (id: %d): %s", place, nodes[i].id, client_why(c));
        } else if (list != NULL) {
            *list = json_append(*list, json_of_node(c, &nodes[i]));
        } else {
            print_node(c, &nodes[i]);
        }
    }
    return rc;
}

static int show(const struct cli *cli, const struct options *o, struct client *c, struct arena *a)
{
    struct node *nodes = NULL;
    size_t cnt = 0;
    if (find_nodes(cli, c, a, &nodes, &cnt) != 0) {
        return 1;
    }
    if (!options_has(o, API_JSON)) {
        return visit(cli, c, nodes, cnt, NULL);
    }
    json_t *list = json_array();
    int rc = visit(cli, c, nodes, cnt, &list);
    int printed = json_print(cli, json_pack("{s:o}", "brokers", list));
    return rc != 0 ? rc : printed;
}

static int api_versions_run(struct cli *cli, const struct options *o)
{
    if (cli_check_zookeeper(cli, o, API_ZOOKEEPER, API_BOOTSTRAP) != 0) {
        return 1;
    }
    struct client *c = NULL;
    int rc = cli_connect(cli, options_text(o, API_BOOTSTRAP, NULL),
                         options_text(o, API_COMMAND_CONFIG, NULL), &c);
    if (rc != 0) {
        return rc;
    }
    struct arena a;
    arena_init(&a, ANSWERS_MAX);
    rc = show(cli, o, c, &a);
    arena_release(&a);
    client_free(c);
    return rc;
}

const struct cli_command api_versions_command = {
    .name = "api-versions",
    .script = "kafka-broker-api-versions.sh",
    .summary = "Show which requests the brokers serve, in which versions",
    .usage = "[--bootstrap-server HOST:PORT] [--json]",
    .details = "For every broker of the cluster: each request with the versions served and, as "
               "\"usable\",\n"
               "the version this program would speak. The output is Kafka's.",
    .examples = "ottla api-versions\n"
                "ottla api-versions --bootstrap-server localhost:9092 --json",
    .options = options,
    .option_cnt = API_OPTION_CNT,
    .run = api_versions_run,
};

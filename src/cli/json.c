#include "cli/json.h"

#include <stdio.h>

json_t *json_of(struct slice text)
{
    if (slice_is_null(text)) {
        return json_null();
    }
    json_t *value = json_stringn((const char *)text.ptr, text.len);
    return value != NULL ? value : json_null();
}

json_t *json_append(json_t *array, json_t *item)
{
    if (json_array_append_new(array, item) == 0) {
        return array;
    }
    json_decref(array);
    return NULL;
}

json_t *json_put(json_t *object, struct slice key, json_t *item)
{
    char text[512];
    snprintf(text, sizeof(text), "%.*s", SLICE_FMT(key));
    if (json_object_set_new(object, text, item) == 0) {
        return object;
    }
    json_decref(object);
    return NULL;
}

json_t *json_of_ids(const int32_t *ids, int32_t cnt)
{
    json_t *list = cnt < 0 ? json_null() : json_array();
    for (int32_t i = 0; i < cnt; i++) {
        list = json_append(list, json_integer(ids[i]));
    }
    return list;
}

int json_print(const struct cli *cli, json_t *root)
{
    int rc = root == NULL ? -1 : json_dumpf(root, stdout, JSON_INDENT(2));
    json_decref(root);
    if (rc != 0) {
        return cli_fail(cli, "the JSON could not be written");
    }
    fputc('\n', stdout);
    return 0;
}

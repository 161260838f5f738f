/*
 * Small helpers over jansson for the commands' --json. A failed allocation gives NULL, which these
 * functions and json_pack()'s "o" pass on, so that a whole tree is built without checks in between
 * and json_print() notices in the end. One thread.
 */
#ifndef OTTLA_CLI_JSON_H
#define OTTLA_CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "base/slice.h"
#include "cli/cli.h"

/* A text, or null; bytes that are no UTF-8 become null. */
json_t *json_of(struct slice text);
json_t *json_of_ids(const int32_t *ids, int32_t cnt); /* cnt < 0: null */

/* Puts the item at the end of the array, or under a key into the object; both are taken over. Returns
 * the array or object, or NULL. */
json_t *json_append(json_t *array, json_t *item);
json_t *json_put(json_t *object, struct slice key, json_t *item);

/* Prints the tree and drops it. Returns 0, or 1 after a sentence. */
int json_print(const struct cli *cli, json_t *root);

#endif

/*
 * The "authorized operations" that Metadata and its relatives tell a client: a bit for each thing it
 * may do with a resource, numbered as in the protocol's ACLs. Pure functions over api_allowed().
 */
#ifndef OTTLA_API_AUTHORIZED_H
#define OTTLA_API_AUTHORIZED_H

#include <stdint.h>

#include "api/api.h"

/* What stands in the field when nobody asked. */
#define AUTHORIZED_NOT_ASKED INT32_MIN

int32_t authorized_topic_operations(const struct api_call *call, struct slice topic);
int32_t authorized_cluster_operations(const struct api_call *call);

#endif

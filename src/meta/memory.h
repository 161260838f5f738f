/*
 * The metadata tree in memory: deterministic, with several sessions on one tree and faults on order,
 * for tests and the simulator. Nothing here is written anywhere.
 *
 * Owner: a test or the simulator. One thread. With a reactor, answers are delivered by tasks posted to
 * it; without, by memory_tree_run().
 */
#ifndef OTTLA_META_MEMORY_H
#define OTTLA_META_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "meta/meta.h"

struct reactor;
struct memory_tree;

int memory_tree_new(struct memory_tree **ret_tree) WARN_UNUSED;
void memory_tree_free(struct memory_tree *t); /* its sessions were freed before; accepts NULL */

/* r may be NULL. */
int memory_session_open(struct memory_tree *t, struct reactor *r,
                        struct meta **ret_meta) WARN_UNUSED;

/* The session's ephemeral nodes vanish, its watches are lost, its requests fail from now on. */
void memory_session_expire(struct meta *m);

/* Executes and delivers until nothing is left to do. Returns how many callbacks were made. */
size_t memory_tree_run(struct memory_tree *t);

/* One callback at most; false when there is nothing to do. */
bool memory_tree_step(struct memory_tree *t);

enum memory_fault {
    MEMORY_FAULT_NONE,
    MEMORY_FAULT_LOST_REQUEST, /* unknown outcome: not done */
    MEMORY_FAULT_LOST_ANSWER,  /* unknown outcome: done */
    MEMORY_FAULT_DISK,         /* META_DISK_ERROR, not done */
    MEMORY_FAULT_EXPIRE,       /* the session ends instead */
};

/* Asked before each request is executed; NULL: no faults. A read has no difference between the two
 * lost kinds. */
void memory_tree_set_fault(struct memory_tree *t,
                           enum memory_fault (*fault)(void *ctx, const struct meta_request *req),
                           void *ctx);

/* Loses each request and each answer with a probability of one in `one_in`, drawn from the seed. */
void memory_tree_seed_faults(struct memory_tree *t, uint64_t seed, uint32_t one_in);

#endif

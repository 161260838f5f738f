/* What every metadata store must do. A runner opens its store and hands the session over. */
#ifndef OTTLA_TEST_META_CONFORMANCE_H
#define OTTLA_TEST_META_CONFORMANCE_H

#include "meta/meta.h"

struct store_fixture {
    struct meta *meta;
    /* Makes callbacks happen; called until what the test waits for has come. */
    void (*turn)(struct store_fixture *f);
    /* Ends the session, in order, and begins another one on the same data. */
    void (*reopen)(struct store_fixture *f);
};

/* Runs one session after the other through the whole suite. The tree is empty before each. */
void conformance_run(struct store_fixture *(*open)(void), void (*close)(struct store_fixture *f));

#endif

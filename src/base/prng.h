/* A small deterministic generator (splitmix64) for tests,
 * jitter and the simulator. Not for secrets: those come from os_random(). A value type. */
#ifndef OTTLA_BASE_PRNG_H
#define OTTLA_BASE_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state;
};

static inline void prng_init(struct prng *p, uint64_t seed)
{
    p->state = seed;
}

static inline uint64_t prng_next(struct prng *p)
{
    uint64_t z = (p->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A number in [0, limit); limit 0 gives 0. */
static inline uint64_t prng_below(struct prng *p, uint64_t limit)
{
    return limit == 0 ? 0 : prng_next(p) % limit;
}

#endif

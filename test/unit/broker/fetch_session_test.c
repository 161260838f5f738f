/*
 * Fetch sessions at work, over partitions that only pretend: they count who holds and who watches them,
 * how often they are read, and move when the test says so. What a poll costs, who is woken, and who lets
 * go of a deleted partition; and two reactors that hand sessions to and fro while partitions move.
 *
 * The pretenders stand in for broker/partition.o and log/plog_read.o at link time.
 */
#include "broker/fetch_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "broker/fetch_bytes.h"
#include "record/batch.h"

#define PARTS_MAX 1000
#define BATCH_BYTES 100

/* --- partitions that pretend ---------------------------------------------------------------------- */

struct partition {
    struct counter hw;
    struct counter refs;
    struct counter reads;
    struct flag removed;
    struct os_lock *lock;
    struct partition_watcher *watchers;
    size_t watcher_cnt;
};

static struct os *the_os;
static struct os_file *the_file;

static void pretend_init(struct partition *p)
{
    memset(p, 0, sizeof(*p));
    counter_init(&p->hw, 0);
    counter_init(&p->refs, 0);
    counter_init(&p->reads, 0);
    flag_init(&p->removed, false);
    assert_int_equal(os_lock_new(&p->lock), 0);
}

static void pretend_release(struct partition *p)
{
    assert_null(p->watchers);
    assert_int_equal(counter_get(&p->refs), 0);
    os_lock_free(p->lock);
}

static void pretend_tell(struct partition *p)
{
    os_lock_take(p->lock);
    for (struct partition_watcher *w = p->watchers; w != NULL; w = w->next) {
        w->moved(w);
    }
    os_lock_drop(p->lock);
}

static void pretend_move(struct partition *p)
{
    (void)counter_add(&p->hw, 1);
    pretend_tell(p);
}

static void pretend_remove(struct partition *p)
{
    flag_set(&p->removed, true);
    pretend_tell(p);
}

struct plog *partition_log(struct partition *p)
{
    return (struct plog *)(void *)p;
}

void partition_unref(struct partition *p)
{
    if (p != NULL) {
        (void)counter_add(&p->refs, -1);
    }
}

bool partition_is_removed(const struct partition *p)
{
    return flag_get(&p->removed);
}

bool partition_may_have_zstd(const struct partition *p)
{
    (void)p;
    return false;
}

leader_epoch_t partition_leader_epoch(const struct partition *p)
{
    (void)p;
    return 0;
}

void partition_watch(struct partition *p, struct partition_watcher *w)
{
    os_lock_take(p->lock);
    assert_null(w->partition);
    w->partition = p;
    w->prev = NULL;
    w->next = p->watchers;
    if (w->next != NULL) {
        w->next->prev = w;
    }
    p->watchers = w;
    p->watcher_cnt++;
    os_lock_drop(p->lock);
}

void partition_unwatch(struct partition_watcher *w)
{
    struct partition *p = w->partition;

    if (p == NULL) {
        return;
    }
    os_lock_take(p->lock);
    if (w->prev != NULL) {
        w->prev->next = w->next;
    } else {
        p->watchers = w->next;
    }
    if (w->next != NULL) {
        w->next->prev = w->prev;
    }
    w->partition = NULL;
    p->watcher_cnt--;
    os_lock_drop(p->lock);
}

static void pretend_marks(struct partition *p, struct plog_marks *ret)
{
    *ret = (struct plog_marks){.start = 0};
    ret->hw.offset = counter_get(&p->hw);
    ret->lso = ret->hw;
    ret->end = ret->hw;
}

void plog_marks(struct plog *l, struct plog_marks *ret)
{
    pretend_marks((struct partition *)(void *)l, ret);
}

void plog_epoch_end(struct plog *l, leader_epoch_t epoch, leader_epoch_t *ret_epoch,
                    log_offset_t *ret_end)
{
    (void)l;
    *ret_epoch = epoch;
    *ret_end = INT64_MAX;
}

/* Every offset is a batch of BATCH_BYTES. */
int plog_read(struct plog *l, const struct plog_read *read, struct chain *out,
              struct plog_read_info *ret_info)
{
    struct partition *p = (struct partition *)(void *)l;
    size_t len;
    int rc;

    (void)counter_add(&p->reads, 1);
    *ret_info = (struct plog_read_info){0};
    pretend_marks(p, &ret_info->marks);
    if (read->offset < 0 || read->offset > ret_info->marks.hw.offset) {
        return ERR_RANGE;
    }
    len = (size_t)(ret_info->marks.hw.offset - read->offset) * BATCH_BYTES;
    ret_info->at_bound = len <= read->max_bytes;
    if (len > read->max_bytes) {
        len = read->max_bytes;
        len = len >= BATCH_BYTES ? len : read->at_least_one ? BATCH_BYTES : 0;
    }
    if (len == 0) {
        return 0;
    }
    rc = chain_append_file(out, os_file_as_ref(the_file), 0, len);
    ret_info->len_bytes = len;
    ret_info->file = os_file_as_ref(the_file);
    return rc;
}

/* --- a broker of sessions --------------------------------------------------------------------------- */

struct world {
    struct reactor *reactor;
    struct fetch_sessions *all;
    struct partition parts[PARTS_MAX];
};

static int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char path[] = "/tmp/ottla_fetch_session_XXXXXX";
    int fd = mkstemp(path);

    assert_non_null(w);
    assert_true(fd >= 0);
    assert_int_equal(os_new(&the_os), 0);
    assert_int_equal(os_file_open(the_os, path, OS_WRITE, &the_file), 0);
    assert_int_equal(os_unlink(the_os, path), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(os_file_truncate(the_file, 1 << 20), 0);
    assert_int_equal(reactor_new(the_os, &w->reactor), 0);
    assert_int_equal(fetch_sessions_new(the_os, w->reactor, 4, &w->all), 0);
    for (int i = 0; i < PARTS_MAX; i++) {
        pretend_init(&w->parts[i]);
    }
    *state = w;
    return 0;
}

static int world_teardown(void **state)
{
    struct world *w = *state;

    fetch_sessions_free(w->all);
    for (int i = 0; i < PARTS_MAX; i++) {
        pretend_release(&w->parts[i]);
    }
    reactor_free(w->reactor);
    os_file_close(the_file);
    os_free(the_os);
    free(w);
    return 0;
}

static struct fetch_session *make(struct world *w, uint32_t part_cnt)
{
    const struct fetch_session_spec spec = {
        .principal = SLICE_LIT("User:a"), .part_cnt = part_cnt, .topic_cnt = 1, .name_bytes = 1};

    return fetch_session_make(w->all, &spec);
}

static void enter(struct fetch_session *s, partition_id_t idx, log_offset_t offset)
{
    const struct session_ask ask = {
        .offset = offset, .max_bytes = 1000, .current_epoch = -1, .last_epoch = -1};
    struct session_part *p;
    bool is_new;

    assert_int_equal(
        session_ask_part(&s->parts, SLICE_LIT("t"), (struct uuid){{0}}, idx, &ask, &p, &is_new), 0);
    if (is_new) {
        fetch_entry_init(fetch_entry_of(p), &s->queue);
    }
}

/* One request. */
struct poll {
    struct world *world;
    struct arena arena;
    struct fetch_set set;
    bool is_done;
    size_t told_cnt;
    size_t error_cnt;
    enum kerr error;
    partition_id_t last;
    log_offset_t *seen; /* by partition: where the reader goes on, or NULL */
};

static void poll_resolve(struct fetch_set *s, struct fetch_entry *e)
{
    struct poll *p = s->ctx;
    struct partition *part = &p->world->parts[e->part.idx];

    if (flag_get(&part->removed)) {
        fetch_entry_resolve(e, NULL, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        return;
    }
    (void)counter_add(&part->refs, 1);
    fetch_entry_resolve(e, part, KERR_NONE);
}

static void poll_done(struct fetch_set *s)
{
    struct poll *p = s->ctx;

    assert_false(p->is_done);
    assert_false(s->has_failed);
    p->is_done = true;
    for (struct session_part *it = s->held.head; it != NULL; it = it->next) {
        p->told_cnt++;
        p->last = it->idx;
        if (p->seen != NULL) {
            p->seen[it->idx] +=
                (log_offset_t)(fetch_entry_of(it)->result->found.len_bytes / BATCH_BYTES);
        }
        if (fetch_entry_of(it)->result->found.error != KERR_NONE) {
            p->error_cnt++;
            p->error = fetch_entry_of(it)->result->found.error;
        }
    }
    fetch_set_settle(s, true);
}

static void poll_run(struct poll *p, struct fetch_session *s, int64_t wait_ms, bool is_full)
{
    arena_init(&p->arena, 1 << 20);
    p->set.arena = &p->arena;
    p->set.queue = &s->queue;
    p->set.max_wait_ms = wait_ms;
    p->set.min_bytes = 1;
    p->set.max_bytes = 1 << 20;
    p->set.bound = PLOG_BOUND_HW;
    p->set.is_full = is_full;
    p->set.zstd_allowed = true;
    p->set.resolve = poll_resolve;
    p->set.done = poll_done;
    p->set.ctx = p;
    fetch_set_run(&p->set);
}

static void poll_start(struct poll *p, struct world *w, struct fetch_session *s, int64_t wait_ms,
                       bool is_full)
{
    *p = (struct poll){.world = w, .set.reactor = w->reactor};
    poll_run(p, s, wait_ms, is_full);
}

static void poll_finish(struct poll *p)
{
    for (int i = 0; i < 1000 && !p->is_done; i++) {
        reactor_turn(p->set.reactor, 10);
    }
    assert_true(p->is_done);
    arena_release(&p->arena);
}

static long long reads(const struct world *w)
{
    long long sum = 0;

    for (int i = 0; i < PARTS_MAX; i++) {
        sum += counter_get(&w->parts[i].reads);
    }
    return sum;
}

/* A session over cnt partitions whose first answer has been given; still taken. */
static struct fetch_session *opened(struct world *w, uint32_t cnt)
{
    struct fetch_session *s = make(w, cnt);
    struct poll p;

    assert_non_null(s);
    for (uint32_t i = 0; i < cnt; i++) {
        enter(s, (partition_id_t)i, 0);
    }
    assert_true(fetch_session_resize(s));
    poll_start(&p, w, s, 0, true);
    assert_true(p.is_done);
    assert_int_equal(p.told_cnt, cnt);
    poll_finish(&p);
    return s;
}

/* --- the tests ----------------------------------------------------------------------------------------- */

static void a_poll_costs_what_has_moved(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, PARTS_MAX);
    long long before = reads(w);
    struct poll p;

    assert_int_equal(before, PARTS_MAX);
    poll_start(&p, w, s, 0, false);
    assert_true(p.is_done);
    assert_int_equal(p.told_cnt, 0);
    assert_int_equal(p.arena.used_bytes, 0); /* and allocates nothing */
    assert_int_equal(reads(w), before);
    poll_finish(&p);

    pretend_move(&w->parts[777]);
    pretend_move(&w->parts[777]);
    poll_start(&p, w, s, 60000, false);
    assert_true(p.is_done);
    assert_int_equal(p.told_cnt, 1);
    assert_int_equal(p.last, 777);
    assert_int_equal(reads(w), before + 1);
    poll_finish(&p);
    fetch_session_put(s, true, 0);
}

static void a_waiting_poll_allocates_nothing_and_is_woken(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, PARTS_MAX);
    long long before = reads(w);
    struct poll p;

    poll_start(&p, w, s, 60000, false);
    assert_false(p.is_done);
    assert_int_equal(p.arena.used_bytes, 0);
    assert_int_equal(reads(w), before);
    pretend_move(&w->parts[3]);
    assert_false(p.is_done); /* posted, not run by the mover */
    poll_finish(&p);
    assert_int_equal(p.told_cnt, 1);
    assert_int_equal(p.last, 3);
    assert_int_equal(reads(w), before + 1);
    fetch_session_put(s, true, 0);
}

static void what_is_not_enough_is_kept(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, 10);
    struct poll p;

    poll_start(&p, w, s, 60000, false);
    p.set.min_bytes = 3 * BATCH_BYTES;
    pretend_move(&w->parts[3]);
    reactor_turn(w->reactor, 0);
    pretend_move(&w->parts[3]); /* read anew: 200 bytes, not 300 */
    reactor_turn(w->reactor, 0);
    assert_false(p.is_done);
    assert_int_equal(p.set.total_bytes, 2 * BATCH_BYTES);
    pretend_move(&w->parts[4]);
    poll_finish(&p);
    assert_int_equal(p.told_cnt, 2);
    fetch_session_put(s, true, 0);
}

static void time_and_cancel_end_a_poll(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, 10);
    struct poll p;

    poll_start(&p, w, s, 20, false);
    assert_false(p.is_done);
    poll_finish(&p);
    assert_int_equal(p.told_cnt, 0);

    poll_start(&p, w, s, 60000, false);
    fetch_set_cancel(&p.set);
    assert_true(p.is_done);
    poll_finish(&p);

    /* The task is on its way: the end waits for it, once. */
    poll_start(&p, w, s, 60000, false);
    pretend_move(&w->parts[1]);
    fetch_set_cancel(&p.set);
    fetch_set_cancel(&p.set);
    assert_false(p.is_done);
    poll_finish(&p);
    assert_true(p.set.is_cancelled);
    /* What moved meanwhile is not lost. */
    poll_start(&p, w, s, 60000, false);
    assert_true(p.is_done);
    assert_int_equal(p.told_cnt, 1);
    poll_finish(&p);
    fetch_session_put(s, true, 0);
}

static void without_a_session_partitions_are_watched_while_it_waits(void **state)
{
    struct world *w = *state;
    struct session_topic topic = {.name = SLICE_LIT("t")};
    const struct session_ask ask = {.max_bytes = 1000, .current_epoch = -1, .last_epoch = -1};
    struct session_list ready = {0};
    struct fetch_session fake; /* only its queue is used */
    struct fetch_entry entries[3];
    struct poll p;

    fetch_queue_init(&fake.queue, &ready, fetch_sessions_lock(w->all, &ready));
    for (int i = 0; i < 3; i++) {
        session_part_init(&entries[i].part, &topic, i, &ask);
        fetch_entry_init(&entries[i], &fake.queue);
        session_list_append(&ready, &entries[i].part);
    }
    poll_start(&p, w, &fake, 60000, true);
    assert_false(p.is_done);
    assert_int_equal(w->parts[1].watcher_cnt, 1);
    pretend_move(&w->parts[1]);
    poll_finish(&p);
    assert_int_equal(p.told_cnt, 3);
    assert_int_equal(w->parts[1].watcher_cnt, 0);
    for (int i = 0; i < 3; i++) {
        session_part_unlink(&entries[i].part);
        fetch_entry_release(&entries[i]);
    }
}

static void deleted_partitions_are_let_go(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, 3);
    struct fetch_session *got = NULL;
    struct poll p;

    /* While a poll waits. */
    assert_int_equal(counter_get(&w->parts[0].refs), 1);
    poll_start(&p, w, s, 60000, false);
    pretend_remove(&w->parts[0]);
    poll_finish(&p);
    assert_int_equal(p.error, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(counter_get(&w->parts[0].refs), 0);

    /* While a request has the session, after it has read. */
    pretend_remove(&w->parts[1]);
    fetch_session_put(s, true, 0);
    assert_int_equal(counter_get(&w->parts[1].refs), 0);

    /* While nobody has it: the sweep. */
    pretend_remove(&w->parts[2]);
    for (int i = 0; i < 100 && counter_get(&w->parts[2].refs) > 0; i++) {
        reactor_turn(w->reactor, 0);
    }
    assert_int_equal(counter_get(&w->parts[2].refs), 0);

    /* All three are told. */
    assert_int_equal(fetch_session_take(w->all, s->slot.id, 1, false, SLICE_LIT("User:a"), &got),
                     KERR_NONE);
    poll_start(&p, w, got, 60000, false);
    assert_true(p.is_done);
    assert_int_equal(p.error_cnt, 3);
    poll_finish(&p);
    fetch_session_put(got, true, 0);
}

static void a_session_is_its_principals(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, 1);
    struct fetch_session *got = NULL;
    int32_t id = s->slot.id;

    fetch_session_put(s, true, 0);
    assert_int_equal(fetch_session_take(w->all, id, 1, false, SLICE_LIT("User:b"), &got),
                     KERR_FETCH_SESSION_ID_NOT_FOUND);
    fetch_session_close(w->all, id, SLICE_LIT("User:b"));
    assert_int_equal(fetch_sessions_cnt(w->all), 1);
    fetch_session_close(w->all, id, SLICE_LIT("User:a"));
    assert_int_equal(fetch_sessions_cnt(w->all), 0);
    assert_int_equal(counter_get(&w->parts[0].refs), 0);
    assert_int_equal(w->parts[0].watcher_cnt, 0);
}

static void who_goes_lets_go(void **state)
{
    struct world *w = *state;
    struct fetch_session *s[4];

    for (int i = 0; i < 4; i++) {
        s[i] = opened(w, 2);
    }
    assert_null(make(w, 100)); /* no slot, all are taken */
    assert_int_equal(counter_get(&w->parts[0].refs), 4);
    fetch_session_put(s[0], false, 0); /* closed */
    fetch_session_close(w->all, s[1]->slot.id, SLICE_LIT("User:a"));
    assert_int_equal(counter_get(&w->parts[0].refs), 3); /* its request has it still */
    fetch_session_put(s[1], true, 0);
    assert_int_equal(counter_get(&w->parts[0].refs), 2);
    fetch_session_put(s[2], true, 0);
    fetch_session_put(s[3], true, 0);
    assert_int_equal(fetch_sessions_cnt(w->all), 2);
}

/* --- two reactors ------------------------------------------------------------------------------------- */

#define MOVES 20000
#define MOVED_PARTS 8

/* What the readers share is touched by who has the session taken only. */
struct shared {
    struct world *world;
    int32_t id;
    struct counter epoch;
    struct flag is_over;
    log_offset_t seen[MOVED_PARTS];
    size_t taken_cnt[2];
};

struct reader {
    struct shared *shared;
    size_t idx;
};

static void shared_go_on(struct shared *sh, struct fetch_session *s)
{
    for (int i = 0; i < MOVED_PARTS; i++) {
        struct session_part *part = map_get_u64(&s->parts.parts, (uint64_t)i);

        assert_non_null(part);
        if (part->ask.offset != sh->seen[i]) {
            enter(s, i, sh->seen[i]);
        }
    }
}

static log_offset_t shared_sum(const struct shared *sh)
{
    log_offset_t sum = 0;

    for (int i = 0; i < MOVED_PARTS; i++) {
        sum += sh->seen[i];
    }
    return sum;
}

/* Takes the session whenever the other reader does not have it, polls with a long wait on a reactor of
 * its own, and goes on where the two of them have come to. A wake-up lost is a poll without news. */
static void reader_run(void *arg)
{
    struct reader *me = arg;
    struct shared *sh = me->shared;
    struct reactor *r;

    assert_int_equal(reactor_new(the_os, &r), 0);
    while (!flag_get(&sh->is_over)) {
        struct fetch_session *s;
        struct poll p = {.world = sh->world, .set.reactor = r, .seen = sh->seen};

        if (fetch_session_take(sh->world->all, sh->id, (int32_t)counter_get(&sh->epoch), false,
                               SLICE_LIT("User:a"), &s) != KERR_NONE) {
            reactor_turn(r, 1);
            continue;
        }
        (void)counter_add(&sh->epoch, 1);
        sh->taken_cnt[me->idx]++;
        if (!flag_get(&sh->is_over)) {
            shared_go_on(sh, s);
            poll_run(&p, s, 20000, false);
            while (!p.is_done) {
                reactor_turn(r, 1000);
            }
            assert_true(p.told_cnt > 0);
            assert_int_equal(p.error_cnt, 0);
            arena_release(&p.arena);
            if (shared_sum(sh) == MOVES) {
                flag_set(&sh->is_over, true);
            }
        }
        fetch_session_put(s, true, 0);
    }
    reactor_free(r);
}

static void sessions_wander_between_reactors(void **state)
{
    struct world *w = *state;
    struct fetch_session *s = opened(w, MOVED_PARTS);
    struct shared sh = {.world = w, .id = s->slot.id};
    struct reader readers[2] = {{&sh, 0}, {&sh, 1}};
    struct os_thread *threads[2];
    struct prng rng;

    counter_init(&sh.epoch, 1);
    flag_init(&sh.is_over, false);
    fetch_session_put(s, true, 0);
    prng_init(&rng, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(os_thread_start(the_os, "reader", reader_run, &readers[i], &threads[i]),
                         0);
    }
    for (int i = 0; i < MOVES; i++) {
        pretend_move(&w->parts[prng_below(&rng, MOVED_PARTS)]);
    }
    for (int i = 0; i < 2; i++) {
        os_thread_join(threads[i]);
    }
    assert_int_equal(shared_sum(&sh), MOVES);
    assert_int_equal(fetch_sessions_cnt(w->all), 1);
}

/* --- bytes ----------------------------------------------------------------------------------------------- */

static uint64_t file_add(uint64_t pos, size_t len, enum codec codec, int8_t magic)
{
    uint8_t head[BATCH_HEADER_LEN] = {0};

    store_be32(head + BATCH_AT_LENGTH, (uint32_t)(len - BATCH_OVERHEAD_LEN));
    head[BATCH_AT_MAGIC] = (uint8_t)magic;
    store_be16(head + BATCH_AT_ATTRIBUTES, (uint16_t)codec);
    assert_int_equal(os_file_pwrite(the_file, pos, slice_of(head, sizeof(head))), 0);
    return pos + len;
}

static void ranges_end_before_zstd(void **state)
{
    struct file_ref *file = os_file_as_ref(the_file);
    uint64_t pos = 5000;
    uint64_t small;
    uint64_t large;

    (void)state;
    for (int i = 0; i < 300; i++) { /* many in a block, across blocks */
        pos = file_add(pos, 61 + (size_t)(i % 40), (enum codec)(i % 4), 2);
    }
    small = pos;
    pos = file_add(pos, 100, CODEC_ZSTD, 2);
    pos = file_add(pos, 70000, CODEC_LZ4, 2);
    pos = file_add(pos, 100, CODEC_ZSTD, 1); /* no such thing before format 2 */
    large = pos;
    pos = file_add(pos, 4096, CODEC_ZSTD, 2);
    assert_int_equal(fetch_bytes_before_zstd(file, 5000, pos - 5000), small - 5000);
    assert_int_equal(fetch_bytes_before_zstd(file, 5000, small - 5000), small - 5000);
    assert_int_equal(fetch_bytes_before_zstd(file, 5000, small - 5000 + 1), small - 5000);
    assert_int_equal(fetch_bytes_before_zstd(file, small, 100), 0);
    assert_int_equal(fetch_bytes_before_zstd(file, small + 100, pos - small - 100),
                     large - small - 100);
    assert_int_equal(fetch_bytes_before_zstd(file, small + 100, 30), 30); /* cut short */
    assert_int_equal(fetch_bytes_before_zstd(file, pos, 500), 500);       /* nothing but zeros */
    assert_int_equal(fetch_bytes_before_zstd(file, 1 << 21, 500), 500);   /* behind the end */
}

static void small_ranges_are_copied(void **state)
{
    struct file_ref *file = os_file_as_ref(the_file);
    uint8_t out[FETCH_COPY_MAX_BYTES];
    struct chain c;

    (void)state;
    assert_int_equal(os_file_pwrite(the_file, 700, SLICE_LIT("abcdef")), 0);
    chain_init(&c);
    assert_int_equal(chain_append_file(&c, file, 700, 6), 0);
    fetch_bytes_copy_small(&c, file, 700);
    assert_int_equal(c.len, 6);
    assert_int_equal(chain_copy_out(&c, out, sizeof(out)), 0); /* no file range any more */
    assert_memory_equal(out, "abcdef", 6);
    chain_clear(&c);
    /* Too large, or not all there: left alone. */
    assert_int_equal(chain_append_file(&c, file, 0, FETCH_COPY_MAX_BYTES + 1), 0);
    fetch_bytes_copy_small(&c, file, 0);
    assert_ptr_equal(chain_part_at(&c, 0)->file, file);
    chain_clear(&c);
    assert_int_equal(chain_append_file(&c, file, (1 << 20) - 10, 20), 0);
    fetch_bytes_copy_small(&c, file, (1 << 20) - 10);
    assert_ptr_equal(chain_part_at(&c, 0)->file, file);
    chain_clear(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_poll_costs_what_has_moved),
        TEST(a_waiting_poll_allocates_nothing_and_is_woken),
        TEST(what_is_not_enough_is_kept),
        TEST(time_and_cancel_end_a_poll),
        TEST(without_a_session_partitions_are_watched_while_it_waits),
        TEST(deleted_partitions_are_let_go),
        TEST(a_session_is_its_principals),
        TEST(who_goes_lets_go),
        TEST(sessions_wander_between_reactors),
        TEST(ranges_end_before_zstd),
        TEST(small_ranges_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

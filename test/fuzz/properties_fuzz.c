/*
 * Configuration files and values from anywhere: the whole input is read as a properties file into a
 * broker's settings, then its listeners are parsed; and its pairs are judged and resolved as topic
 * settings. Whatever topic_settings_check lets pass must also resolve and describe.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/listener.h"
#include "model/topic_config.h"
#include "server/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    const struct settings *settings;
    size_t len_sum;
};

static void demand(int condition)
{
    if (!condition) {
        abort();
    }
}

static int topic_pair(void *arg, size_t line, struct slice key, struct slice value)
{
    struct fuzz *f = arg;
    const struct setting_pair pair = {key, value};
    struct setting_why why;
    struct setting_view view;
    struct topic_config config;
    enum topic_setting_id id;

    (void)line;
    f->len_sum += key.len + value.len;
    topic_config_resolve(f->settings, &pair, 1, &config);
    demand(config.segment_bytes >= 14 && config.segment_ms >= 1);
    if (topic_settings_check(f->settings, &pair, 1, &why) == 0) {
        demand(topic_setting_find(key, &id) == 0);
        topic_settings_describe(f->settings, &pair, 1, id, &view);
        demand(view.source == SETTING_SOURCE_TOPIC && slice_eq(view.value, value));
    } else {
        demand(memchr(why.text, '\0', sizeof(why.text)) != NULL && why.text[0] != '\0');
    }
    (void)topic_setting_nearest(key);
    return 0;
}

static void note(void *arg, const char *sentence)
{
    *(size_t *)arg += strlen(sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct config config;
    struct config_why why;
    struct fuzz fuzz = {NULL, 0};
    size_t note_len = 0;

    if (config_init(&config) != 0) {
        return 0;
    }
    if (config_parse(&config, "fuzz", text, &why) == 0 && config_finish(&config, &why) == 0) {
        struct listeners *lists = calloc(2, sizeof(*lists));
        struct setting_why reason;

        if (lists != NULL &&
            listeners_from_settings(config.settings, "host", &lists[0], &lists[1], &reason) == 0) {
            demand(lists[0].cnt == lists[1].cnt && lists[0].cnt > 0);
            for (size_t i = 0; i < lists[1].cnt; i++) {
                demand(!host_is_wildcard(lists[1].at[i].host));
            }
        }
        free(lists);
    }
    config_each_note(&config, note, &note_len);
    fuzz.settings = config.settings;
    if (properties_parse("fuzz", text, topic_pair, &fuzz, &why) == 0) {
        demand(fuzz.len_sum <= size);
    }
    config_release(&config);
    return 0;
}

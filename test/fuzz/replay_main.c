/*
 * Runs a fuzz target without libFuzzer, so that every compiler builds it and every test run runs
 * it.
 *
 *   x_fuzz FILE...   feeds each file once: how a finding is replayed under a debugger
 *   x_fuzz           feeds the files of the folder $OTTLA_FUZZ_CORPUS, if it is there, each of them
 *                    also cut short and with bytes changed, then seeded random inputs. The seeds are
 *                    fixed: a run that fails once fails always. $OTTLA_FUZZ_ROUNDS changes the number
 *                    of random inputs.
 *
 * An input is handed over in a block of exactly its size, so that the sanitizers see the first byte
 * read behind it.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX ((size_t)1 << 20)
#define RANDOM_ROUNDS 2000
#define RANDOM_BYTES_MAX 512
#define CHANGES_PER_FILE 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional in libFuzzer too: a target may prepare itself once. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* splitmix64: small, seeded, the same on every machine. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void feed(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (copy == NULL) {
        fprintf(stderr, "no memory for an input of %zu bytes\n", len);
        exit(1);
    }
    memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

/*
 * Reads at most INPUT_BYTES_MAX bytes; the caller frees. Ends the program when the file can not be
 * read.
 */
static uint8_t *file_read(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    if (file == NULL || data == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    *ret_len = fread(data, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    return data;
}

static void feed_changed(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    uint64_t state = len;
    if (copy == NULL) {
        return;
    }
    for (int i = 0; i < CHANGES_PER_FILE && len > 0; i++) {
        memcpy(copy, data, len);
        for (int change = 0; change <= i % 4; change++) {
            copy[random_next(&state) % len] = (uint8_t)random_next(&state);
        }
        feed(copy, len);
        feed(data, random_next(&state) % len);
    }
    free(copy);
}

static size_t feed_corpus(const char *folder)
{
    size_t cnt = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return 0;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[4096];
        size_t len = 0;
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        uint8_t *data = file_read(path, &len);
        feed(data, len);
        feed_changed(data, len);
        free(data);
        cnt++;
    }
    closedir(dir);
    return cnt;
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize != NULL) {
        (void)LLVMFuzzerInitialize(&argc, &argv);
    }
    for (int i = 1; i < argc; i++) {
        size_t len = 0;
        uint8_t *data = file_read(argv[i], &len);
        feed(data, len);
        free(data);
        printf("%s: %zu bytes, done\n", argv[i], len);
    }
    if (argc > 1) {
        return 0;
    }

    const char *folder = getenv("OTTLA_FUZZ_CORPUS");
    const char *rounds_text = getenv("OTTLA_FUZZ_ROUNDS");
    size_t file_cnt = folder != NULL ? feed_corpus(folder) : 0;
    unsigned long rounds = rounds_text != NULL ? strtoul(rounds_text, NULL, 10) : RANDOM_ROUNDS;
    feed((const uint8_t *)"", 0);
    for (unsigned long seed = 0; seed < rounds; seed++) {
        uint8_t data[RANDOM_BYTES_MAX];
        uint64_t state = seed;
        size_t len = random_next(&state) % (sizeof data + 1);
        for (size_t i = 0; i < len; i++) {
            uint64_t word = random_next(&state);
            /* Lengths and versions are made of small numbers: half of the bytes are such. */
            data[i] = (word & 0x100) != 0 ? (uint8_t)word : (uint8_t)(word & 0x07);
        }
        feed(data, len);
    }
    printf("%zu corpus files and %lu random inputs, done\n", file_cnt, rounds);
    return 0;
}

/*
 * A broker without libsnappy: snappy batches are refused in words, everything else works, and once the
 * library is installed it works too, without a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <dlfcn.h>
#include <cmocka.h>

#include "support.h"

static bool installed;

/* In place of the C library's: finds nothing while `installed` is false. */
void *dlopen(const char *name, int flags)
{
    void *(*real)(const char *, int);
    void *symbol = dlsym(RTLD_NEXT, "dlopen");

    if (!installed) {
        return NULL;
    }
    memcpy(&real, &symbol, sizeof(real));
    return real(name, flags);
}

static void test_snappy_is_not_installed(void **state)
{
    struct codecs *codecs = codecs_new();
    struct validate_rules rules = rules_default();
    struct validate_fault fault;
    struct batch_info info;
    struct sample s;

    (void)state;
    assert_non_null(codecs);
    installed = true;
    s = sample_make(codecs, CODEC_SNAPPY, 10, 50);
    codecs_free(codecs);
    codecs = codecs_new();
    assert_non_null(codecs);
    installed = false;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(batch_validate(sample_view(&s), &rules, codecs, &info, &fault),
                         ERR_MISSING_LIB);
        assert_int_equal(fault.code, VALIDATE_CODEC_MISSING);
        assert_int_equal(validate_kerr(fault.code), KERR_UNSUPPORTED_COMPRESSION_TYPE);
        assert_non_null(strstr(fault.text, "libsnappy1v5"));
        assert_int_equal(codecs_require(codecs, CODEC_SNAPPY), ERR_MISSING_LIB);
        assert_int_equal(codecs_require(codecs, CODEC_ZSTD), 0);
    }
    installed = true;
    assert_int_equal(batch_validate(sample_view(&s), &rules, codecs, &info, &fault), 0);
    sample_free(&s);
    codecs_free(codecs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_snappy_is_not_installed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

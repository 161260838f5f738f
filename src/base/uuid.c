#include "base/uuid.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void uuid_format(struct uuid id, char ret_text[UUID_TEXT_LEN + 1])
{
    unsigned acc = 0;
    unsigned bits = 0;
    size_t out = 0;

    for (size_t i = 0; i < sizeof(id.b); i++) {
        acc = (acc << 8) | id.b[i];
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            ret_text[out++] = digits[(acc >> bits) & 63];
        }
    }
    ret_text[out++] = digits[(acc << (6 - bits)) & 63];
    ret_text[out] = '\0';
}

static int digit_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int uuid_parse(struct slice text, struct uuid *ret_id)
{
    struct uuid id = {{0}};
    unsigned acc = 0;
    unsigned bits = 0;
    size_t out = 0;

    if (text.len != UUID_TEXT_LEN) {
        return ERR_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);

        if (value < 0) {
            return ERR_INVALID;
        }
        acc = (acc << 6) | (unsigned)value;
        bits += 6;
        if (bits >= 8 && out < sizeof(id.b)) {
            bits -= 8;
            id.b[out++] = (uint8_t)(acc >> bits);
        }
    }
    /* Four bits are left over; a canonical text has them zero. */
    if ((acc & 15) != 0) {
        return ERR_INVALID;
    }
    *ret_id = id;
    return 0;
}

#include "base/err.h"

#include <stddef.h>

const char *err_name(int err)
{
    switch (err) {
    case 0:
        return "OK";
#define X(name, value, text) \
    case name: \
        return #name;
        ERR_LIST(X)
#undef X
    }
    return "ERR_UNNAMED";
}

const char *err_text(int err)
{
    switch (err) {
    case 0:
        return "no error";
#define X(name, value, text) \
    case name: \
        return text;
        ERR_LIST(X)
#undef X
    }
    return "an error without a name";
}

#include "record/compress.h"

int inflater_start(struct inflater *inf, struct codecs *c, enum codec codec, struct slice in,
                   uint64_t out_max)
{
    (void)inf, (void)c, (void)codec, (void)in, (void)out_max;
    return ERR_UNSUPPORTED;
}

int inflater_next(struct inflater *inf, struct slice *ret_piece)
{
    (void)inf, (void)ret_piece;
    return ERR_UNSUPPORTED;
}

void inflater_end(struct inflater *inf)
{
    (void)inf;
}

int codec_compress(struct codecs *c, enum codec codec, int32_t level, struct slice in,
                   struct bytebuf *out)
{
    (void)c, (void)codec, (void)level, (void)in, (void)out;
    return ERR_UNSUPPORTED;
}

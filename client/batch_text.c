/* SPDX-License-Identifier: ISC */
#include "client/batch_text.h"

#include <inttypes.h>
#include <string.h>

#include "client/text.h"

static void append_quoted(struct bytes *out, const char *text)
{
    bytes_add_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20)
            bytes_add_format(out, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            bytes_add_format(out, "\\%c", c);
        else
            bytes_add_char(out, *text);
    }
    bytes_add_char(out, '"');
}

const char *batch_text_make(const struct batch_text *batch, struct bytes *out)
{
    if (batch->name != NULL && !text_is_utf8(batch->name, strlen(batch->name)))
        return batch->name;
    bytes_add_string(out, "{\"jobs\":[");
    for (size_t i = 0; i < batch->n_durations; i++) {
        bytes_add_string(out, i > 0 ? ",{" : "{");
        if (batch->name != NULL) {
            bytes_add_string(out, "\"name\":");
            append_quoted(out, batch->name);
            bytes_add_char(out, ',');
        }
        bytes_add_string(out, "\"wait\":");
        if (!overrides_append_duration(batch->durations[i], out))
            return batch->durations[i];
        if (batch->count != 1)
            bytes_add_format(out, ",\"count\":%" PRIu64, batch->count);
        bytes_add_char(out, '}');
    }
    bytes_add_char(out, ']');
    overrides_append(batch->overrides, false, out);
    bytes_add_string(out, "}\n");
    return NULL;
}

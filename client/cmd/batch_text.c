/* SPDX-License-Identifier: ISC */
#include "client/cmd/batch_text.h"

#include <inttypes.h>
#include <string.h>

#include "client/base/text.h"
#include "proto/utf8.h"

const char *batch_text_make(const struct batch_text *batch, struct bytes *out)
{
    if (batch->name != NULL && !utf8_is_well_formed(batch->name, strlen(batch->name)))
        return batch->name;
    bytes_add_string(out, "{\"jobs\":[");
    for (size_t i = 0; i < batch->n_durations; i++) {
        bytes_add_string(out, i > 0 ? ",{" : "{");
        if (batch->name != NULL) {
            bytes_add_string(out, "\"name\":");
            text_append_json(out, batch->name, strlen(batch->name));
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

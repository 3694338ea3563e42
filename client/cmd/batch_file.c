/* SPDX-License-Identifier: ISC */
#include "client/cmd/batch_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/base/say.h"

static int read_all(char *const *path, struct bytes *text)
{
    struct source *source = source_new_files(path, 1, NULL);
    int result = source != NULL ? source_read_all(source, text) : -1;

    source_free(source);
    return result;
}

/* What a text is found to be. */
struct outline {
    uint64_t requests;
    bool is_submit, is_forecast, has_runs; /* the last one */
};

/* Appends the text as it is to be sent.  How it ended, and what it is. */
static enum rewrite_state append(const struct bytes *text, const struct overrides *overrides,
                                 struct bytes *out, struct outline *outline)
{
    struct rewrite *rewrite = rewrite_new(overrides, NULL);
    enum rewrite_state state = REWRITE_NOMEM;

    if (rewrite == NULL)
        return state;
    state = rewrite_feed(rewrite, bytes_at(text), bytes_len(text), out);
    if (state == REWRITE_GOING)
        state = rewrite_finish(rewrite, out);
    *outline = (struct outline){.requests = rewrite_requests(rewrite),
                                .is_submit = rewrite_was_submit(rewrite),
                                .is_forecast = rewrite_was_forecast(rewrite),
                                .has_runs = rewrite_had_runs(rewrite)};
    rewrite_free(rewrite);
    return state;
}

int batch_file_read(struct batch_file *file, char *const *path)
{
    const char *name = source_display(*path);
    struct bytes ignored = {0};
    struct outline outline = {0};
    enum rewrite_state state;

    *file = (struct batch_file){.path = path};
    if (read_all(path, &file->text) < 0)
        return -1;
    state = append(&file->text, NULL, &ignored, &outline);
    bytes_fini(&ignored);
    file->is_broken = state == REWRITE_BROKEN;
    file->is_forecast = outline.is_forecast;
    file->has_runs = outline.has_runs;
    if (state == REWRITE_NOMEM)
        say("%s", strerror(ENOMEM));
    else if (file->is_broken)
        return 0;
    else if (outline.requests == 1 && (outline.is_submit || outline.is_forecast))
        return 0;
    else if (outline.requests == 1)
        say("%s: the request in it is no batch", name);
    else
        say("%s: there are %" PRIu64 " requests in it, and one batch is taken", name,
            outline.requests);
    return -1;
}

void batch_file_fini(struct batch_file *file)
{
    bytes_fini(&file->text);
}

int batch_file_append(const struct batch_file *file, const struct overrides *overrides,
                      struct bytes *out)
{
    struct outline outline;

    return append(&file->text, overrides, out, &outline) == REWRITE_NOMEM ? -1 : 0;
}

/* SPDX-License-Identifier: ISC */

/*
 * The readers of what other programs have recorded: whatever the text, it either becomes a
 * batch that the reader of requests takes, or it is refused with a file, a line and a
 * sentence.  The first byte chooses the format, and whether the text is also given as a
 * second file; what stands behind a record separator (0x1e) is the graph or the workflow.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/text.h"
#include "client/import/import.h"
#include "tests/support/reading.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const formats[] = {"ninja", "actions", "wfformat", "joblog"};
#define SECOND_FILE 4

static void check_batch(const struct bytes *batch)
{
    struct request_limits limits = reading_limits;
    char *read;

    limits.max_bytes = UINT32_MAX;
    limits.plan.max_wait_ns = INT64_MAX;
    assert(utf8_is_well_formed(bytes_at(batch), bytes_len(batch)));
    read = reading_run(&limits, bytes_at(batch), bytes_len(batch), reading_whole, NULL, SIZE_MAX);
    assert(strncmp(read, "submit ", 7) == 0);
    free(read);
}

static void check_fault(const struct import_fault *fault)
{
    assert(fault->file != NULL && fault->line > 0);
    assert(fault->message[0] != '\0');
}

static void check_remarks(const struct remarks *remarks)
{
    struct bytes text = {0};

    for (unsigned i = 0; i < REMARKS; i++)
        remarks_word(remarks, (enum remark)i, &text);
    bytes_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct import_format *format;
    const uint8_t *end;
    struct import_text files[2], side;
    struct import import = {0};
    struct bytes batch = {0};

    if (size == 0)
        return 0;
    format = import_find(formats[data[0] % 4]);
    end = memchr(data + 1, 0x1e, size - 1);
    files[0] = (struct import_text){"file", (const char *)data + 1,
                                    end != NULL ? (size_t)(end - data) - 1 : size - 1};
    files[1] = files[0];
    if (end != NULL && format->side != NULL) {
        side = (struct import_text){"side", (const char *)end + 1, size - (size_t)(end - data) - 1};
        import.side = &side;
    }
    if (import_run(format, &import, files, data[0] & SECOND_FILE ? 2 : 1, &batch) == 0)
        check_batch(&batch);
    else
        check_fault(&import.fault);
    check_remarks(&import.remarks);
    bytes_fini(&batch);
    import_fini(&import);
    return 0;
}

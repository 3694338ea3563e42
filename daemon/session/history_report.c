/* SPDX-License-Identifier: ISC */
#include "daemon/session/history_report.h"

/* False when out of memory. */
static bool write_line(struct history *history, const struct report_line *line)
{
    const struct history_source *source = &history->source;
    struct event_subject subject = {.batch = source->batch};
    struct event_text name = event_plan_text(source->plan, line->name);
    char *text, *end;

    if (!history_is_wanted(history)) {
        history_skip_line(history);
        return true;
    }
    if (source->ref != NULL)
        subject = (struct event_subject){.ref = source->ref, .seq = history->next_seq + 1};
    text = history_line_room(history, history_around_size(EVENT_LINE_MAX, name));
    if (text == NULL)
        return false;
    end = event_write_report(text, subject, line, around_written(name));
    history_line_commit_around(history, (size_t)(end - text), name);
    return true;
}

enum history_report_result history_report(struct history *history, struct batch *batch,
                                          size_t budget, size_t *spent)
{
    do {
        struct report_line line;
        size_t worked = 1;
        enum batch_report_step step =
            batch_report(batch, budget > *spent ? budget - *spent : 1, &worked, &line);

        *spent += worked;
        if (step == BATCH_REPORT_DONE)
            return HISTORY_REPORT_DONE;
        if (step == BATCH_REPORT_NOMEM)
            return HISTORY_REPORT_NOMEM;
        if (step == BATCH_REPORT_LINE && !write_line(history, &line))
            return HISTORY_REPORT_NOMEM;
        if (step == BATCH_REPORT_LINE)
            batch_report_next(batch);
    } while (*spent < budget);
    return HISTORY_REPORT_MORE;
}

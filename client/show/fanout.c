/* SPDX-License-Identifier: ISC */
#include "client/show/fanout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/say.h"
#include "client/terminal/terminal.h"

/* What the tally and the table of batches need. */
#define OWN_KINDS                                                                                  \
    (SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_FINISHED) | SHOW_KIND(EVENT_ERROR) |              \
     SHOW_KIND(EVENT_UNWATCHED))

/* Those that decide what to do next. */
#define DECISIVE_KINDS                                                                             \
    (SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_ERROR) | SHOW_KIND(EVENT_UNWATCHED))

int fanout_init(struct fanout *fanout, bool color)
{
    *fanout = (struct fanout){.color = color, .read = OWN_KINDS};
    fanout->reader = event_reader_new();
    return fanout->reader != NULL ? 0 : -1;
}

void fanout_fini(struct fanout *fanout)
{
    for (size_t i = 0; i < fanout->n; i++) {
        output_fini(&fanout->parts[i].output);
        if (fanout->parts[i].path != NULL)
            close(fanout->parts[i].output.fd);
    }
    event_reader_free(fanout->reader);
    free(fanout->inputs);
    free(fanout->instance);
    batches_fini(&fanout->batches);
    bytes_fini(&fanout->restored);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_input(const struct fanout *fanout, const struct stat *file)
{
    struct stat input;

    for (size_t i = 0; i < fanout->n_inputs; i++) {
        const char *path = fanout->inputs[i];

        if ((strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &input) : stat(path, &input)) == 0 &&
            is_same(&input, file))
            return true;
    }
    return false;
}

static bool is_output(const struct fanout *fanout, const struct stat *file)
{
    struct stat output;

    for (size_t i = 0; i < fanout->n; i++)
        if (fstat(fanout->parts[i].output.fd, &output) == 0 && is_same(&output, file))
            return true;
    return false;
}

/* What speaks against writing to a file that is open; NULL if nothing does. */
static const char *find_objection(const struct fanout *fanout, int fd)
{
    struct stat file;

    if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
        return NULL;
    if (is_input(fanout, &file))
        return "it is read, and would be written over";
    return is_output(fanout, &file) ? "two things would be written to it" : NULL;
}

/* Makes the file, or empties it if it is no other's.  -1 when that was said to be
 * impossible. */
static int open_file(const struct fanout *fanout, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const char *objection = fd >= 0 ? find_objection(fanout, fd) : NULL;
    struct stat file;

    if (fd >= 0 && objection == NULL &&
        (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode) || ftruncate(fd, 0) == 0))
        return fd;
    say("%s: %s", path, objection != NULL ? objection : strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int fanout_protect(struct fanout *fanout, const char *const *paths, size_t n)
{
    size_t bytes = (fanout->n_inputs + n) * sizeof fanout->inputs[0];
    const char **inputs = n > 0 ? realloc(fanout->inputs, bytes) : fanout->inputs;

    if (n > 0 && inputs == NULL)
        return -1;
    fanout->inputs = inputs;
    for (size_t i = 0; i < n; i++)
        fanout->inputs[fanout->n_inputs++] = paths[i];
    return 0;
}

int fanout_add(struct fanout *fanout, const struct show *show, void *own, const char *path)
{
    struct fanout_part *part = &fanout->parts[fanout->n];
    int fd = STDOUT_FILENO;

    if (path != NULL && (fd = open_file(fanout, path)) < 0)
        return -1;
    output_init(&part->output, fd);
    part->show = show;
    part->path = path;
    part->run = (struct show_run){
        .out = &part->output.pending, .color = fanout->color && path == NULL, .own = own};
    if (show->event != NULL)
        fanout->read |= show->events;
    fanout->needs_all |= show->needs_all;
    fanout->needs_plan |= show->needs_plan;
    fanout->n++;
    return 0;
}

static void begin_from(struct fanout *fanout, size_t first)
{
    for (size_t i = first; i < fanout->n; i++) {
        fanout->parts[i].run.modes = fanout->modes;
        if (fanout->parts[i].show->begin != NULL)
            fanout->parts[i].show->begin(&fanout->parts[i].run);
    }
}

void fanout_resized(struct fanout *fanout)
{
    if (fanout->n > 0 && fanout->parts[0].output.is_terminal)
        fanout->parts[0].run.columns = terminal_columns(fanout->parts[0].output.fd);
}

void fanout_begin(struct fanout *fanout)
{
    fanout_resized(fanout);
    fanout->has_begun = true;
    if (fanout->needs_all)
        fanout->read |= SHOW_JOBS;
    if (fanout->reports_all)
        fanout->read = SHOW_ALL;
    begin_from(fanout, 0);
}

/* ---- Batches -------------------------------------------------------------- */

static bool is_answer(enum event_kind kind)
{
    return kind == EVENT_ACCEPTED || kind == EVENT_ERROR || kind == EVENT_PONG ||
           kind == EVENT_STATS || kind == EVENT_CANCELLED || kind == EVENT_FORECAST ||
           kind == EVENT_BATCHES || kind == EVENT_FORGOTTEN || kind == EVENT_AUTHENTICATED;
}

/* What is known of the request that is answered. */
static struct pending take_request(struct fanout *fanout, enum event_kind kind)
{
    struct pending request = {PLAN_EVENTS_ALL, PENDING_CLOCK_UNKNOWN, NULL};

    if (fanout->pending != NULL && !pending_pop(fanout->pending, &request) &&
        kind == EVENT_ACCEPTED)
        fanout->mismatches++;
    return request;
}

static void set_batch(struct fanout *fanout, struct active_batch *batch)
{
    for (size_t i = 0; i < fanout->n; i++) {
        fanout->parts[i].run.batch = batch;
        fanout->parts[i].run.kept = batch != NULL ? &batch->kept[i] : NULL;
    }
}

static void forget_batch(struct fanout *fanout, struct active_batch *batch)
{
    set_batch(fanout, batch);
    for (size_t i = 0; i < fanout->n; i++)
        if (fanout->parts[i].show->forget != NULL)
            fanout->parts[i].show->forget(&fanout->parts[i].run);
    set_batch(fanout, NULL);
    batches_drop(&fanout->batches, batch);
}

static void forget_all(struct fanout *fanout)
{
    struct active_batch *batch;

    /* Those behind one that is dropped may move up. */
    for (size_t place = 0; (batch = batches_next(&fanout->batches, &place)) != NULL; place = 0)
        forget_batch(fanout, batch);
}

static void set_instance(struct fanout *fanout, struct event_text instance)
{
    free(fanout->instance);
    fanout->instance = strndup(instance.text, instance.len);
    fanout->no_memory |= fanout->instance == NULL;
}

/* Whatever ran at another daemon will not end here: of a stream that was cut short
 * another one follows.  Nor will a batch that is accepted once more. */
static void lose_batches(struct fanout *fanout, const struct event_read *event)
{
    struct active_batch *batch = batches_find_of(&fanout->batches, event);
    bool is_another = event->instance.text != NULL && fanout->instance != NULL &&
                      !event_reader_is(event->instance, fanout->instance);

    if (is_another) {
        fanout->lost += fanout->batches.n;
        forget_all(fanout);
    } else if (batch != NULL) {
        fanout->lost++;
        forget_batch(fanout, batch);
    }
    if (event->instance.text != NULL && (is_another || fanout->instance == NULL))
        set_instance(fanout, event->instance);
}

/* A JSON text that is an integer; 0 for what is none. */
static int64_t read_integer(struct event_text text)
{
    char digits[24] = "";

    if (text.len < sizeof digits && text.len > 0)
        memcpy(digits, text.text, text.len);
    return strtoll(digits, NULL, 10);
}

/* NULL for one that has neither a number nor a ref, and when out of memory. */
static struct active_batch *add_batch(struct fanout *fanout, const struct event_read *event)
{
    bool has_ref = event->ref.text != NULL;
    struct active_batch *batch = has_ref ? batches_add_ref(&fanout->batches, event->ref)
                                         : batches_add(&fanout->batches, event->batch);

    fanout->no_memory |=
        batch == NULL &&
        (has_ref ? event->ref.len > 0 && event->ref.len < BATCHES_REF_MAX : event->batch != 0);
    return batch;
}

static void accept_batch(struct fanout *fanout, const struct event_read *event,
                         struct pending request)
{
    struct active_batch *batch;

    /* Two requests under one key have one batch, and it is watched once. */
    if (event->existing && batches_find_of(&fanout->batches, event) != NULL) {
        plan_free(request.plan);
        return;
    }
    lose_batches(fanout, event);
    batch = add_batch(fanout, event);
    if (batch == NULL) {
        plan_free(request.plan);
        return;
    }
    batch->jobs = event->jobs;
    /* A request file may be another's. */
    if (request.plan != NULL && plan_n_jobs(request.plan) != event->jobs) {
        fanout->mismatches++;
        plan_free(request.plan);
        request.plan = NULL;
    }
    if (request.plan != NULL && plan_options_of(request.plan)->random_seed)
        plan_options(request.plan)->seed = read_integer(event->seed);
    batch->request = request;
    for (size_t i = 0; i < fanout->n; i++) {
        struct show_run *run = &fanout->parts[i].run;

        run->batches = fanout->tally.accepted;
        if (event->jobs > run->jobs)
            run->jobs = event->jobs;
    }
}

/* ---- What the user asked for ------------------------------------------------ */

static bool is_asked_for(const struct active_batch *batch, enum event_kind kind)
{
    if (batch == NULL || batch->request.events == PLAN_EVENTS_ALL || !(SHOW_KIND(kind) & SHOW_JOBS))
        return true;
    return batch->request.events == PLAN_EVENTS_DONE && kind == EVENT_DONE;
}

/* The line less a member `due`, which `done` has with "events":"all" alone.
 * Within a string its quotes would be escaped, and `data` is behind it. */
static const char *without_due(struct fanout *fanout, const char *line, size_t *len)
{
    static const char member[] = ",\"due\":";
    const char *at = memmem(line, *len, member, sizeof member - 1), *rest;

    if (at == NULL)
        return line;
    for (rest = at + sizeof member - 1; (*rest >= '0' && *rest <= '9') || *rest == '.';)
        rest++;
    bytes_consume(&fanout->restored, bytes_len(&fanout->restored));
    bytes_add(&fanout->restored, line, (size_t)(at - line));
    bytes_add(&fanout->restored, rest, *len - (size_t)(rest - line));
    *len = bytes_len(&fanout->restored);
    return bytes_at(&fanout->restored);
}

/* ---- Lines -------------------------------------------------------------------- */

static void show_line(struct fanout *fanout, struct fanout_part *part, const char *line, size_t len,
                      const struct event_read *event, bool is_read)
{
    bool is_cut = fanout->needs_all && !fanout->shows_all && !part->show->needs_all;

    if (is_cut && !is_asked_for(part->run.batch, event->kind))
        return;
    if (part->show->line != NULL) {
        if (is_cut && event->kind == EVENT_DONE && event->has_due && part->run.batch != NULL &&
            part->run.batch->request.events == PLAN_EVENTS_DONE)
            line = without_due(fanout, line, &len);
        part->show->line(&part->run, line, len);
    }
    if (is_read && part->show->event != NULL && (part->show->events & SHOW_KIND(event->kind)))
        part->show->event(&part->run, event);
}

/* is_read: *event is all of the line, and not just its kind. */
static void take_event(struct fanout *fanout, const char *line, size_t len,
                       const struct event_read *event, bool is_read)
{
    struct active_batch *batch;

    if (OWN_KINDS & SHOW_KIND(event->kind))
        tally_take(&fanout->tally, event);
    if (is_answer(event->kind)) {
        struct pending request = take_request(fanout, event->kind);

        if (event->kind == EVENT_ACCEPTED)
            accept_batch(fanout, event, request);
        else
            plan_free(request.plan);
    }
    batch = batches_find_of(&fanout->batches, event);
    set_batch(fanout, batch);
    for (size_t i = 0; i < fanout->n; i++)
        show_line(fanout, &fanout->parts[i], line, len, event, is_read);
    set_batch(fanout, NULL);
    if ((event->kind == EVENT_FINISHED || event->kind == EVENT_UNWATCHED) && batch != NULL)
        forget_batch(fanout, batch);
}

static enum fanout_result result_of(const struct fanout *fanout, enum event_kind kind)
{
    if (fanout->no_memory)
        return FANOUT_NOMEM;
    return SHOW_KIND(kind) & DECISIVE_KINDS || fanout->reports_all ? FANOUT_EVENT : FANOUT_TAKEN;
}

static bool begins_as_event(const char *line, size_t len)
{
    static const char begins[] = "{\"event\":\"";

    return len >= sizeof begins - 1 && memcmp(line, begins, sizeof begins - 1) == 0;
}

/* No daemon accepts more jobs, whatever its limits: their indexes have 32 bits. */
static bool is_possible(const struct event_read *event)
{
    return event->kind != EVENT_ACCEPTED || event->jobs < UINT32_MAX;
}

/* Reads as much of the line as anyone wants: *is_read, or its kind alone.  Returns
 * whether it is an event of this protocol. */
static bool read_line(struct fanout *fanout, const char *line, size_t len, struct event_read *event,
                      bool *is_read)
{
    enum event_kind kind = event_reader_kind(line, len);
    bool is_event = begins_as_event(line, len);
    int result = 0;

    *is_read = !is_event || (fanout->read & SHOW_KIND(kind));
    if (*is_read)
        result = event_reader_read(fanout->reader, line, len, event);
    fanout->no_memory |= result == EVENT_READER_NOMEM;
    *is_read &= result == 0;
    if (*is_read)
        return event->has_event && is_possible(event);
    *event = (struct event_read){.kind = kind};
    return is_event && (result == 0 || !(OWN_KINDS & SHOW_KIND(kind)));
}

enum fanout_result fanout_take(struct fanout *fanout, const char *line, size_t len,
                               struct event_read *event)
{
    bool is_read, is_event = read_line(fanout, line, len, event, &is_read);

    if (fanout->no_memory)
        return FANOUT_NOMEM;
    if (!is_event)
        return FANOUT_FOREIGN;
    tally_count(&fanout->tally, event->kind);
    take_event(fanout, line, len, event, is_read);
    return result_of(fanout, event->kind);
}

enum fanout_result fanout_take_read(struct fanout *fanout, const char *line, size_t len,
                                    const struct event_read *event)
{
    tally_count(&fanout->tally, event->kind);
    take_event(fanout, line, len, event, true);
    return result_of(fanout, event->kind);
}

void fanout_end(struct fanout *fanout, const char *rest, size_t len)
{
    size_t first = 0;

    if (fanout->has_ended)
        return;
    fanout->has_ended = true;
    fanout->unfinished = fanout->batches.n;
    if (rest != NULL && fanout->n > 0 && fanout->parts[0].show->line != NULL)
        fanout->parts[0].show->line(&fanout->parts[0].run, rest, len);
    forget_all(fanout);
    /* If it never began, the files are still to be what they are meant to be. */
    if (!fanout->has_begun)
        begin_from(fanout, first = 1);
    for (size_t i = first; i < fanout->n; i++)
        if (fanout->parts[i].show->end != NULL)
            fanout->parts[i].show->end(&fanout->parts[i].run);
}

/* ---- Writing ------------------------------------------------------------------- */

void fanout_flush(struct fanout *fanout)
{
    for (size_t i = 0; i < fanout->n; i++)
        output_flush(&fanout->parts[i].output);
}

void fanout_poll(const struct fanout *fanout, struct pollfd pollers[SHOWS_MAX])
{
    for (size_t i = 0; i < SHOWS_MAX; i++) {
        const struct output *output = &fanout->parts[i].output;
        short events = i < fanout->n && !output->is_closed ? output_events(output) : 0;
        bool is_wanted = events != 0 || (i == 0 && !output->is_closed);

        pollers[i] = (struct pollfd){.fd = is_wanted ? output->fd : -1, .events = events};
    }
}

void fanout_polled(struct fanout *fanout, const struct pollfd pollers[SHOWS_MAX])
{
    for (size_t i = 0; i < fanout->n; i++)
        output_polled(&fanout->parts[i].output, pollers[i].revents);
}

bool fanout_is_full(const struct fanout *fanout)
{
    for (size_t i = 0; i < fanout->n; i++)
        if (bytes_len(&fanout->parts[i].output.pending) >= OUTPUT_ENOUGH_BYTES)
            return true;
    return false;
}

bool fanout_is_pending(const struct fanout *fanout)
{
    for (size_t i = 0; i < fanout->n; i++)
        if (bytes_len(&fanout->parts[i].output.pending) > 0)
            return true;
    return false;
}

enum status fanout_conclude(const struct fanout *fanout)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < fanout->n; i++) {
        const struct fanout_part *part = &fanout->parts[i];

        if (part->output.error == 0 && (part->path == NULL || !part->output.is_closed))
            continue;
        say("%s: %s", part->path != NULL ? part->path : "standard output",
            strerror(part->output.error != 0 ? part->output.error : EPIPE));
        status = STATUS_NOT_OK;
    }
    return status;
}

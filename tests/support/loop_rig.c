/* SPDX-License-Identifier: ISC */
#include "tests/support/loop_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session/stats.h"
#include "daemon/store/memory.h"
#include "tests/support/rig.h"

#define RENDER_BYTES    65536
#define MOST_ITERATIONS 100000

static void watch(const struct loop_rig *rig, bool watches)
{
    if (rig->watch != NULL)
        rig->watch(watches);
}

static int64_t read_clock(void *context)
{
    const struct loop_rig *rig = context;

    return rig->now_ns;
}

static int64_t draw_seed(void)
{
    return 42;
}

static void wake(void *context)
{
    struct loop_rig *rig = context;

    rig->is_woken = true;
}

static void snapshot(void *context, int64_t now_ns, struct event_stats *stats)
{
    rig_sum(&((const struct loop_rig *)context)->env, now_ns, stats);
}

void loop_rig_init(struct loop_rig *rig)
{
    *rig = (struct loop_rig){.limits = rig_limits, .now_ns = INT64_C(5000000000), .budget = 100};
    atomic_store(&rig->ledger.next_batch, 1);
    rig->principal = principal_new("local", false);
    ck_assert_ptr_nonnull(rig->principal);
    for (unsigned i = 0; i < LOOP_RIG_CLIENTS; i++) {
        struct loop_rig_client *client = &rig->clients[i];

        client->room = 1 << 16;
        client->out = calloc(1, client->room);
        ck_assert_ptr_nonnull(client->out);
    }
}

static void set_time(struct loop_rig *rig)
{
    const struct registry_time time = {
        .wall_ns = rig->now_ns + LOOP_RIG_WALL_NS, .boot_ns = rig->now_ns, .now_ns = rig->now_ns};

    registry_set_time(rig->env.registry, &time);
}

static void open_client(struct loop_rig *rig, unsigned client)
{
    rig->clients[client].channel = channel_new(&rig->env, rig->principal);
    ck_assert_ptr_nonnull(rig->clients[client].channel);
}

void loop_rig_open(struct loop_rig *rig)
{
    struct memory_config memory = {.prefix = "rig", .now = read_clock, .now_context = rig};
    struct registry_config config = {
        .port = &rig->port, .limits = &rig->limits, .ledger = &rig->ledger, .stats = stats_new()};
    struct store_port **ports = calloc(1, sizeof(struct store_port *));

    rig->port = (struct store_port){.wake = wake, .context = rig};
    rig->store = memory_new(&memory);
    ck_assert(config.stats != NULL && ports != NULL && rig->store != NULL);
    ports[0] = &rig->port;
    store_start(rig->store, ports, 1);
    config.store = rig->store;
    rig->env = (struct channel_env){.limits = &rig->limits,
                                    .ledger = &rig->ledger,
                                    .stats = config.stats,
                                    .version = "0.0",
                                    .instance = "0123456789abcdef",
                                    .draw_seed = draw_seed,
                                    .snapshot = snapshot,
                                    .snapshot_context = rig};
    rig->env.registry = registry_new(&config);
    ck_assert_ptr_nonnull(rig->env.registry);
    set_time(rig);
    for (unsigned i = 0; i < LOOP_RIG_CLIENTS; i++)
        open_client(rig, i);
}

void loop_rig_fini(struct loop_rig *rig)
{
    struct store_port **ports = rig->store->ports;

    for (unsigned i = 0; i < LOOP_RIG_CLIENTS; i++) {
        channel_free(rig->clients[i].channel);
        free(rig->clients[i].out);
    }
    registry_free(rig->env.registry);
    store_free(rig->store);
    free(ports);
    ck_assert_uint_eq(atomic_load(&rig->ledger.pending), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.batches), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.text), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.replays), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.replays_waiting), 0);
    stats_free(rig->env.stats);
    principal_release(rig->principal);
}

void loop_rig_hang_up(struct loop_rig *rig, unsigned client)
{
    channel_free(rig->clients[client].channel);
    rig->clients[client].at = rig->clients[client].len = 0;
    rig->clients[client].is_slow = false;
    open_client(rig, client);
}

void loop_rig_send(struct loop_rig *rig, unsigned client, const char *text)
{
    size_t len = strlen(text), used;

    for (used = 0; used < len;) {
        size_t n;

        watch(rig, true);
        n = channel_feed(rig->clients[client].channel, rig->now_ns, text + used, len - used);
        watch(rig, false);
        ck_assert_uint_gt(n, 0);
        used += n;
    }
}

/* ---- Driving ---------------------------------------------------------------------------- */

static void make_room(struct loop_rig_client *client)
{
    if (client->at == client->len)
        client->at = client->len = 0;
    if (client->room - client->len > RENDER_BYTES)
        return;
    client->room = 2 * client->room + RENDER_BYTES;
    client->out = realloc(client->out, client->room);
    ck_assert_ptr_nonnull(client->out);
}

static void render(const struct loop_rig *rig, struct loop_rig_client *client)
{
    while (!client->is_slow && channel_has_output(client->channel)) {
        size_t n;

        make_room(client);
        watch(rig, true);
        n = channel_render(client->channel, rig->now_ns, client->out + client->len, RENDER_BYTES);
        watch(rig, false);
        client->len += n;
        client->out[client->len] = '\0';
        if (n == 0)
            return; /* out of memory */
    }
}

int64_t loop_rig_next_due(const struct loop_rig *rig)
{
    int64_t due_ns = registry_next_due(rig->env.registry);

    if (rig->is_woken)
        return 0;
    for (unsigned i = 0; i < LOOP_RIG_CLIENTS; i++) {
        const struct loop_rig_client *client = &rig->clients[i];
        int64_t client_ns = channel_next_due(client->channel);

        if (!client->is_slow && channel_has_output(client->channel))
            return 0;
        if (client_ns < due_ns)
            due_ns = client_ns;
    }
    return due_ns;
}

/* One iteration of the loop. */
static void iterate(struct loop_rig *rig)
{
    set_time(rig);
    rig->is_woken = false;
    watch(rig, true);
    registry_receive(rig->env.registry);
    registry_work(rig->env.registry, rig->budget);
    watch(rig, false);
    for (unsigned i = 0; i < LOOP_RIG_CLIENTS; i++) {
        struct loop_rig_client *client = &rig->clients[i];

        watch(rig, true);
        if (channel_next_due(client->channel) <= rig->now_ns)
            channel_work(client->channel, rig->now_ns, rig->budget);
        watch(rig, false);
        render(rig, client);
    }
}

void loop_rig_work(struct loop_rig *rig)
{
    unsigned iterations = 0;

    while (loop_rig_next_due(rig) <= rig->now_ns) {
        iterate(rig);
        if (++iterations > MOST_ITERATIONS)
            ck_abort_msg("something is always due");
    }
    set_time(rig);
}

void loop_rig_advance(struct loop_rig *rig, int64_t time_ns)
{
    int64_t due_ns;

    while ((due_ns = loop_rig_next_due(rig)) <= time_ns) {
        if (due_ns > rig->now_ns)
            rig->now_ns = due_ns;
        loop_rig_work(rig);
    }
    rig->now_ns = time_ns;
    set_time(rig);
}

void loop_rig_finish(struct loop_rig *rig)
{
    while (loop_rig_next_due(rig) != INT64_MAX)
        loop_rig_advance(rig, loop_rig_next_due(rig) > rig->now_ns ? loop_rig_next_due(rig)
                                                                   : rig->now_ns);
}

/* ---- What clients have read --------------------------------------------------------------- */

const char *loop_rig_line(struct loop_rig *rig, unsigned client)
{
    struct loop_rig_client *from = &rig->clients[client];
    const char *line = from->out + from->at;
    const char *end = from->at < from->len ? memchr(line, '\n', from->len - from->at) : NULL;
    size_t len;

    if (end == NULL)
        return NULL;
    len = (size_t)(end - line);
    ck_assert_uint_lt(len, sizeof(rig->line));
    memcpy(rig->line, line, len);
    rig->line[len] = '\0';
    from->at += len + 1;
    return rig->line;
}

const char *loop_rig_until(struct loop_rig *rig, unsigned client, const char *event)
{
    char begin[64];
    const char *line;

    snprintf(begin, sizeof(begin), "{\"event\":\"%s\"", event);
    while ((line = loop_rig_line(rig, client)) != NULL)
        if (strncmp(line, begin, strlen(begin)) == 0)
            return line;
    ck_abort_msg("client %u has no `%s'", client, event);
    return NULL;
}

static const char *find_member(const char *line, const char *name)
{
    char member[64];
    const char *at;

    snprintf(member, sizeof(member), "\"%s\":", name);
    at = strstr(line, member);
    return at != NULL ? at + strlen(member) : NULL;
}

void loop_rig_member(const char *line, const char *name, char *out, size_t size)
{
    const char *at = find_member(line, name);
    size_t len = at != NULL && *at == '"' ? strcspn(at + 1, "\"") : 0;

    ck_assert_uint_lt(len, size);
    if (len > 0)
        memcpy(out, at + 1, len);
    out[len] = '\0';
}

double loop_rig_number(const char *line, const char *name)
{
    const char *at = find_member(line, name);

    ck_assert_msg(at != NULL, "no \"%s\" in %s", name, line);
    return strtod(at, NULL);
}

void loop_rig_submit(struct loop_rig *rig, unsigned client, const char *members,
                     char ref[STORED_REF_MAX + 1])
{
    char text[1024];

    snprintf(text, sizeof(text), "{\"detach\":true,%s}", members);
    loop_rig_send(rig, client, text);
    loop_rig_work(rig);
    loop_rig_member(loop_rig_until(rig, client, "accepted"), "ref", ref, STORED_REF_MAX + 1);
    ck_assert_uint_gt(strlen(ref), 0);
}

void loop_rig_query(struct loop_rig *rig, unsigned client, const char *op, const char *ref,
                    const char *more)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"op\":\"%s\",\"ref\":\"%s\"%s}", op, ref, more);
    loop_rig_send(rig, client, text);
    loop_rig_work(rig);
}

char *loop_rig_rest(struct loop_rig *rig, unsigned client)
{
    struct loop_rig_client *from = &rig->clients[client];
    char *text = strndup(from->out + from->at, from->len - from->at);

    ck_assert_ptr_nonnull(text);
    from->at = from->len = 0;
    return text;
}

bool loop_rig_has_read_nothing(const struct loop_rig *rig, unsigned client)
{
    return rig->clients[client].at == rig->clients[client].len;
}

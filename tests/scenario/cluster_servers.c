/* SPDX-License-Identifier: ISC */
#include "tests/scenario/cluster_servers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_link.h"

#define LINKS_MAX    4
#define REMOVALS_MAX 1024

struct message {
    int64_t stamp_ns;
    char subject[CLUSTER_SUBJECT_MAX + 1];
    char *headers[CLUSTER_HEADERS]; /* NULL for those it has not */
    char *data;
    size_t len;
    bool is_there;
};

struct cluster_link {
    struct cluster_link_config config;
    uint64_t generation, next, place; /* of its reading: what it is to be delivered next */
    bool reads;
};

/* What an event points into. */
struct copy {
    char subject[CLUSTER_SUBJECT_MAX + 1];
    char *headers[CLUSTER_HEADERS];
    char *data;
};

static struct {
    pthread_mutex_t lock;
    _Atomic int64_t now_ns;
    _Atomic uint64_t random;
    struct message *messages; /* sequence - 1 */
    size_t n;
    struct cluster_link *links[LINKS_MAX];
    struct cluster_servers_faults faults;
    bool is_down, removes_when_met;
    uint64_t removals[REMOVALS_MAX];
    size_t n_removals;
    uint64_t read_from;
    unsigned readings;
} servers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *have(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static struct cluster_event *new_event(enum cluster_event_kind kind)
{
    struct cluster_event *event = have(calloc(1, sizeof(*event)));

    event->kind = kind;
    return event;
}

void cluster_event_free(struct cluster_event *event)
{
    struct copy *copy = event != NULL ? event->message : NULL;

    for (int i = 0; copy != NULL && i < CLUSTER_HEADERS; i++)
        free(copy->headers[i]);
    if (copy != NULL)
        free(copy->data);
    free(copy);
    free(event);
}

static void post(const struct cluster_link *link, struct cluster_event *event)
{
    link->config.post(link->config.context, event);
}

static void deliver(struct cluster_link *link, uint64_t sequence)
{
    const struct message *message = &servers.messages[sequence - 1];
    struct cluster_event *event = new_event(CLUSTER_EVENT_MESSAGE);
    struct copy *copy = have(calloc(1, sizeof(*copy)));
    char size[24];

    memcpy(copy->subject, message->subject, sizeof(copy->subject));
    for (int i = 0; i < CLUSTER_HEADERS; i++)
        if (message->headers[i] != NULL)
            copy->headers[i] = have(strdup(message->headers[i]));
    snprintf(size, sizeof(size), "%zu", message->len);
    free(copy->headers[CLUSTER_HEADER_SIZE]);
    copy->headers[CLUSTER_HEADER_SIZE] = have(strdup(size));
    event->generation = link->generation;
    event->subject = copy->subject;
    for (int i = 0; i < CLUSTER_HEADERS; i++)
        event->values.value[i] = copy->headers[i];
    event->delivery = (struct cluster_delivery){sequence, ++link->place, message->stamp_ns, 0};
    event->message = copy;
    post(link, event);
}

static void deliver_all(void)
{
    for (int i = 0; i < LINKS_MAX; i++) {
        struct cluster_link *link = servers.links[i];

        while (link != NULL && link->reads && !servers.is_down &&
               !(i == 0 && servers.faults.keeps_back) && link->next <= servers.n) {
            if (servers.messages[link->next - 1].is_there)
                deliver(link, link->next);
            link->next++;
        }
    }
}

/* ---- The link --------------------------------------------------------------- */

struct cluster_link *cluster_link_open(const struct cluster_link_config *config, char *error,
                                       size_t size)
{
    struct cluster_link *link = have(calloc(1, sizeof(*link)));
    int i = 0;

    (void)error;
    (void)size;
    link->config = *config;
    pthread_mutex_lock(&servers.lock);
    while (servers.links[i] != NULL)
        if (++i == LINKS_MAX)
            abort();
    servers.links[i] = link;
    pthread_mutex_unlock(&servers.lock);
    return link;
}

void cluster_link_free(struct cluster_link *link)
{
    pthread_mutex_lock(&servers.lock);
    for (int i = 0; i < LINKS_MAX; i++)
        if (servers.links[i] == link)
            servers.links[i] = NULL;
    pthread_mutex_unlock(&servers.lock);
    free(link);
}

unsigned cluster_link_replicas(const struct cluster_link *link)
{
    (void)link;
    return 1;
}

size_t cluster_link_max_payload(struct cluster_link *link)
{
    (void)link;
    return servers.faults.max_payload;
}

void cluster_link_read(struct cluster_link *link, uint64_t generation, uint64_t sequence)
{
    struct cluster_event *event = new_event(CLUSTER_EVENT_READING);

    pthread_mutex_lock(&servers.lock);
    event->generation = generation;
    event->is_fine = !servers.is_down;
    event->last_sequence = servers.n;
    if (generation > 0 && event->is_fine) {
        link->generation = generation;
        link->next = servers.read_from = sequence;
        link->place = 0;
        link->reads = true;
        servers.readings++;
    }
    post(link, event);
    deliver_all();
    pthread_mutex_unlock(&servers.lock);
}

void cluster_link_measure(struct cluster_link *link)
{
    cluster_link_read(link, 0, 0);
}

static struct message *last_of(const char *subject)
{
    for (size_t i = servers.n; i > 0; i--)
        if (servers.messages[i - 1].is_there &&
            strcmp(servers.messages[i - 1].subject, subject) == 0)
            return &servers.messages[i - 1];
    return NULL;
}

static void refuse(const struct cluster_link *link, uint64_t id, uint64_t sequence)
{
    struct cluster_event *event = new_event(CLUSTER_EVENT_REFUSED);

    event->id = id;
    event->ack = (struct cluster_ack){.error = CLUSTER_WRONG_SEQUENCE, .sequence = sequence};
    post(link, event);
}

static void empty(struct message *message)
{
    message->is_there = false;
    for (int i = 0; i < CLUSTER_HEADERS; i++) {
        free(message->headers[i]);
        message->headers[i] = NULL;
    }
    free(message->data);
    message->data = NULL;
}

static void store(const char *subject, const struct cluster_values *values, const char *data,
                  size_t len)
{
    struct message *message;

    if ((servers.n & (servers.n - 1)) == 0)
        servers.messages = have(realloc(servers.messages, (servers.n > 0 ? 2 * servers.n : 1) *
                                                              sizeof(*servers.messages)));
    message = &servers.messages[servers.n++];
    *message = (struct message){
        .stamp_ns = CLUSTER_SERVERS_EPOCH_NS + servers.now_ns, .len = len, .is_there = true};
    snprintf(message->subject, sizeof(message->subject), "%s", subject);
    for (int i = 0; i < CLUSTER_HEADERS; i++)
        if (values->value[i] != NULL)
            message->headers[i] = have(strdup(values->value[i]));
    message->data = have(malloc(len + 1));
    if (len > 0)
        memcpy(message->data, data, len);
}

bool cluster_link_publish(struct cluster_link *link, const char *subject,
                          const struct cluster_values *values, const char *data, size_t len,
                          uint64_t id)
{
    const char *expected = values != NULL ? values->value[CLUSTER_HEADER_EXPECTED] : NULL;
    struct message *last;
    bool was_sent;

    pthread_mutex_lock(&servers.lock);
    last = last_of(subject);
    was_sent =
        !servers.is_down && (servers.faults.max_payload == 0 ||
                             len + cluster_values_bytes(values) <= servers.faults.max_payload);
    if (was_sent && !servers.faults.loses_what_is_published) {
        uint64_t sequence = last == NULL ? 0 : (uint64_t)(last - servers.messages) + 1;

        if (expected != NULL && strtoull(expected, NULL, 10) != sequence) {
            refuse(link, id, sequence);
            if (servers.removes_when_met && last != NULL)
                empty(last);
        } else {
            if (last != NULL)
                empty(last);
            store(subject, values, data, len);
            deliver_all();
        }
    }
    pthread_mutex_unlock(&servers.lock);
    return was_sent;
}

void cluster_link_fetch(struct cluster_link *link, uint64_t sequence, uint64_t id)
{
    struct cluster_event *event = new_event(CLUSTER_EVENT_FETCHED);
    const struct message *message = NULL;

    pthread_mutex_lock(&servers.lock);
    if (sequence <= servers.n && servers.messages[sequence - 1].is_there)
        message = &servers.messages[sequence - 1];
    event->id = id;
    event->is_fine = message != NULL && !servers.is_down;
    event->is_gone = message == NULL && !servers.is_down;
    if (event->is_fine) {
        struct copy *copy = have(calloc(1, sizeof(*copy)));

        copy->data = have(malloc(message->len + 1));
        memcpy(copy->data, message->data, message->len);
        event->data = copy->data;
        event->len = message->len;
        event->message = copy;
    }
    post(link, event);
    pthread_mutex_unlock(&servers.lock);
}

static void take_out(uint64_t sequence)
{
    if (sequence > servers.n || !servers.messages[sequence - 1].is_there)
        return;
    empty(&servers.messages[sequence - 1]);
    if (servers.n_removals < REMOVALS_MAX)
        servers.removals[servers.n_removals++] = sequence;
}

void cluster_link_remove(struct cluster_link *link, const uint64_t *sequences, size_t n,
                         uint64_t id)
{
    struct cluster_event *event = new_event(CLUSTER_EVENT_REMOVED);

    pthread_mutex_lock(&servers.lock);
    event->id = id;
    event->is_fine = !servers.is_down && !servers.faults.removes_nothing;
    for (size_t i = 0; event->is_fine && i < n; i++)
        take_out(sequences[i]);
    post(link, event);
    pthread_mutex_unlock(&servers.lock);
}

/* ---- Their life ------------------------------------------------------------- */

void cluster_servers_begin(void)
{
    servers.now_ns = INT64_C(1000000000);
    servers.random = 1;
    servers.n = servers.n_removals = servers.readings = 0;
    servers.faults = (struct cluster_servers_faults){0};
    servers.is_down = servers.removes_when_met = false;
}

void cluster_servers_end(void)
{
    for (size_t i = 0; i < servers.n; i++)
        empty(&servers.messages[i]);
    free(servers.messages);
    servers.messages = NULL;
    servers.n = 0;
}

int64_t cluster_servers_boot_clock(void *context)
{
    (void)context;
    return servers.now_ns;
}

int64_t cluster_servers_wall_clock(void *context)
{
    (void)context;
    return servers.now_ns + CLUSTER_SERVERS_EPOCH_NS;
}

uint64_t cluster_servers_draw(void *context)
{
    (void)context;
    return ++servers.random * UINT64_C(0x9e3779b97f4a7c15);
}

/* An event of no kind that counts: a node that sleeps looks at its clock. */
static void rouse(void)
{
    for (int i = 0; i < LINKS_MAX; i++)
        if (servers.links[i] != NULL) {
            struct cluster_event *event = new_event(CLUSTER_EVENT_BEAT);

            event->generation = UINT64_MAX;
            post(servers.links[i], event);
        }
}

void cluster_servers_advance(int64_t ns)
{
    pthread_mutex_lock(&servers.lock);
    servers.now_ns += ns;
    rouse();
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_resume(int64_t ns)
{
    pthread_mutex_lock(&servers.lock);
    servers.now_ns += ns;
    servers.faults.keeps_back = false;
    deliver_all();
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_set_faults(struct cluster_servers_faults faults)
{
    pthread_mutex_lock(&servers.lock);
    servers.faults = faults;
    deliver_all();
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_set_up(bool is_up)
{
    pthread_mutex_lock(&servers.lock);
    servers.is_down = !is_up;
    for (int i = 0; i < LINKS_MAX; i++)
        if (servers.links[i] != NULL) {
            servers.links[i]->reads = false;
            post(servers.links[i], new_event(is_up ? CLUSTER_EVENT_UP : CLUSTER_EVENT_DOWN));
        }
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_roll_back(uint64_t last)
{
    pthread_mutex_lock(&servers.lock);
    while (servers.n > last)
        empty(&servers.messages[--servers.n]);
    servers.now_ns += 1000; /* as real stamps do, those of the other history differ */
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_remove_when_met(void)
{
    pthread_mutex_lock(&servers.lock);
    servers.removes_when_met = true;
    pthread_mutex_unlock(&servers.lock);
}

void cluster_servers_take_out(uint64_t sequence)
{
    pthread_mutex_lock(&servers.lock);
    empty(&servers.messages[sequence - 1]);
    pthread_mutex_unlock(&servers.lock);
}

/* ---- What there is ---------------------------------------------------------- */

uint64_t cluster_servers_last(void)
{
    uint64_t last;

    pthread_mutex_lock(&servers.lock);
    last = servers.n;
    pthread_mutex_unlock(&servers.lock);
    return last;
}

bool cluster_servers_has(uint64_t sequence)
{
    bool has;

    pthread_mutex_lock(&servers.lock);
    has = sequence > 0 && sequence <= servers.n && servers.messages[sequence - 1].is_there;
    pthread_mutex_unlock(&servers.lock);
    return has;
}

/* The last of those whose subject contains that, and their number. */
static uint64_t search(const char *contains, unsigned *n)
{
    uint64_t found = 0;

    *n = 0;
    pthread_mutex_lock(&servers.lock);
    for (size_t i = 0; i < servers.n; i++)
        if (servers.messages[i].is_there && strstr(servers.messages[i].subject, contains) != NULL) {
            found = i + 1;
            ++*n;
        }
    pthread_mutex_unlock(&servers.lock);
    return found;
}

unsigned cluster_servers_count(const char *kind)
{
    char contains[16];
    unsigned n;

    snprintf(contains, sizeof(contains), ".%s.", kind);
    (void)search(contains, &n);
    return n;
}

uint64_t cluster_servers_find(const char *contains)
{
    unsigned n;

    return search(contains, &n);
}

const char *cluster_servers_header(uint64_t sequence, const char *name)
{
    const char *value = NULL;

    pthread_mutex_lock(&servers.lock);
    for (int i = 0; i < CLUSTER_HEADERS && sequence > 0 && sequence <= servers.n; i++)
        if (strcmp(cluster_header_name((enum cluster_header)i), name) == 0)
            value = servers.messages[sequence - 1].headers[i];
    pthread_mutex_unlock(&servers.lock);
    return value;
}

size_t cluster_servers_removals(uint64_t *sequences, size_t most)
{
    size_t n;

    pthread_mutex_lock(&servers.lock);
    n = servers.n_removals < most ? servers.n_removals : most;
    memcpy(sequences, servers.removals, n * sizeof(*sequences));
    pthread_mutex_unlock(&servers.lock);
    return n;
}

uint64_t cluster_servers_read_from(void)
{
    uint64_t sequence;

    pthread_mutex_lock(&servers.lock);
    sequence = servers.read_from;
    pthread_mutex_unlock(&servers.lock);
    return sequence;
}

unsigned cluster_servers_readings(void)
{
    unsigned n;

    pthread_mutex_lock(&servers.lock);
    n = servers.readings;
    pthread_mutex_unlock(&servers.lock);
    return n;
}

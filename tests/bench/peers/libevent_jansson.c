/* SPDX-License-Identifier: ISC */

/*
 * A peer for the benchmark: libevent's bufferevents, a request a line that
 * jansson makes a tree of, and a timer of libevent's for each job.
 */

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <jansson.h>
#include <netinet/tcp.h>

struct client {
    struct bufferevent *stream;
    size_t batches; /* that are running */
    int has_ended;  /* it sends no more */
};

struct batch;

struct job {
    struct event timer;
    struct batch *batch;
    char *name; /* JSON text, or NULL */
};

struct batch {
    struct client *client;
    unsigned long number;
    size_t n, left;
    double began_s;
    struct job jobs[];
};

static struct event_base *base;
static unsigned long batches;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void close_if_idle(struct client *client)
{
    if (client->has_ended && client->batches == 0 &&
        evbuffer_get_length(bufferevent_get_output(client->stream)) == 0) {
        bufferevent_free(client->stream);
        free(client);
    }
}

static void finish_if_done(struct batch *batch)
{
    struct client *client = batch->client;

    if (batch->left > 0)
        return;
    evbuffer_add_printf(bufferevent_get_output(client->stream),
                        "{\"event\":\"finished\",\"batch\":%lu,\"status\":\"ok\",\"jobs\":%zu,"
                        "\"ok\":%zu,\"elapsed\":%.9f}\n",
                        batch->number, batch->n, batch->n, now_s() - batch->began_s);
    client->batches--;
    free(batch);
}

static void job_done(evutil_socket_t fd, short what, void *argument)
{
    struct job *job = argument;
    struct batch *batch = job->batch;
    struct evbuffer *out = bufferevent_get_output(batch->client->stream);

    (void)fd, (void)what;
    evbuffer_add_printf(out, "{\"event\":\"done\",\"batch\":%lu,\"job\":%td", batch->number,
                        job - batch->jobs);
    if (job->name != NULL)
        evbuffer_add_printf(out, ",\"name\":%s", job->name);
    evbuffer_add_printf(out, ",\"status\":\"ok\",\"at\":%.9f}\n", now_s() - batch->began_s);
    free(job->name);
    batch->left--;
    finish_if_done(batch);
}

static void start_job(struct job *job, json_t *spec)
{
    double wait_s = json_number_value(json_object_get(spec, "wait"));
    struct timeval wait = {.tv_sec = (time_t)wait_s};
    json_t *name = json_object_get(spec, "name");

    /* Rounded up: a job is never early. */
    wait.tv_usec = (suseconds_t)((wait_s - (double)wait.tv_sec) * 1e6 + 0.999);
    if (wait.tv_usec >= 1000000) {
        wait.tv_sec++;
        wait.tv_usec -= 1000000;
    }
    job->name = name != NULL ? json_dumps(name, JSON_ENCODE_ANY) : NULL;
    evtimer_assign(&job->timer, base, job_done, job);
    evtimer_add(&job->timer, &wait);
}

static void start_batch(struct client *client, const char *line, size_t len)
{
    json_error_t error;
    json_t *request = json_loadb(line, len, 0, &error);
    json_t *jobs = json_object_get(request, "jobs");
    size_t n = json_array_size(jobs);
    struct evbuffer *out = bufferevent_get_output(client->stream);
    struct batch *batch;

    if (!json_is_array(jobs)) {
        evbuffer_add_printf(out, "{\"event\":\"error\",\"code\":\"invalid_request\"}\n");
        json_decref(request);
        return;
    }
    batch = malloc(sizeof(*batch) + n * sizeof(batch->jobs[0]));
    if (batch == NULL)
        err(1, "a batch");
    *batch = (struct batch){.client = client, .number = ++batches, .n = n, .left = n};
    evbuffer_add_printf(out, "{\"event\":\"accepted\",\"batch\":%lu,\"jobs\":%zu}\n", batch->number,
                        n);
    client->batches++;
    event_base_update_cache_time(base); /* waits count from now, not from before the parsing */
    batch->began_s = now_s();
    for (size_t i = 0; i < n; i++) {
        batch->jobs[i].batch = batch;
        start_job(&batch->jobs[i], json_array_get(jobs, i));
    }
    json_decref(request);
    finish_if_done(batch);
}

static void on_read(struct bufferevent *stream, void *argument)
{
    size_t len;
    char *line;

    while ((line = evbuffer_readln(bufferevent_get_input(stream), &len, EVBUFFER_EOL_LF)) != NULL) {
        start_batch(argument, line, len);
        free(line);
    }
}

static void on_written(struct bufferevent *stream, void *argument)
{
    (void)stream;
    close_if_idle(argument);
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    struct client *client = argument;

    (void)stream;
    if ((what & BEV_EVENT_EOF) == 0)
        errx(1, "a client has broken off");
    client->has_ended = 1;
    close_if_idle(client);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *argument)
{
    struct client *client = calloc(1, sizeof(*client));
    int yes = 1;

    (void)listener, (void)from, (void)len, (void)argument;
    if (client == NULL)
        err(1, "a client");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    client->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_set_max_single_write(client->stream, 256 * 1024);
    bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

int main(void)
{
    struct event_config *config = event_config_new();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    struct evconnlistener *listener;

    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    base = event_base_new_with_config(config);
    listener = evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, 4096,
                                       (struct sockaddr *)&address, sizeof(address));
    if (listener == NULL)
        err(1, "listen");
    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &len);
    fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    return event_base_dispatch(base);
}

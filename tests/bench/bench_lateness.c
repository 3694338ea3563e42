/* SPDX-License-Identifier: ISC */

/*
 * How late waitd is: a benchmark, not a test.
 *
 *   1. 1,000 jobs, one every 2 ms, beside 1,000 bare absolute timers of the
 *      same spacing in the same minute.
 *   2. Ten-job batches of one client while another has a batch of 1,000,000
 *      jobs read, run and streamed: written out in JSON, and by `count`.
 *
 * Lateness is at - due as the daemon tells it.  Starts the daemon named by
 * $WAITD (default daemon/waitd) on a Unix socket of its own.  Prints a table;
 * exits with 0 if everything ran to its end, whatever the figures.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMERS     1000
#define SPACING_NS INT64_C(2000000)
#define BURST_JOBS 1000000
#define SECOND_NS  INT64_C(1000000000)

static char directory[] = "/tmp/waitd-bench-XXXXXX";
static char path[sizeof(directory) + 8];

struct figures {
    double *late_us;
    size_t n, room;
};

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void add(struct figures *figures, double late_us)
{
    if (figures->n == figures->room) {
        figures->room = figures->room ? 2 * figures->room : 1024;
        figures->late_us = realloc(figures->late_us, figures->room * sizeof(double));
        if (figures->late_us == NULL)
            die("realloc");
    }
    figures->late_us[figures->n++] = late_us;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double percentile(const struct figures *figures, double p)
{
    return figures->n == 0 ? 0 : figures->late_us[(size_t)(p * (double)(figures->n - 1))];
}

static void print(const char *name, struct figures *figures)
{
    qsort(figures->late_us, figures->n, sizeof(double), compare);
    printf("%-44s %7zu %10.3f %10.3f %10.3f\n", name, figures->n, percentile(figures, 0.5) / 1e3,
           percentile(figures, 0.99) / 1e3, percentile(figures, 1) / 1e3);
    free(figures->late_us);
    *figures = (struct figures){0};
}

/* ---- The daemon ------------------------------------------------------------ */

static pid_t start_daemon(void)
{
    const char *waitd = getenv("WAITD") ? getenv("WAITD") : "daemon/waitd";
    char address[sizeof(path) + 8], byte;
    int ready[2];
    pid_t pid;

    if (mkdtemp(directory) == NULL || pipe(ready) != 0)
        die("set-up");
    snprintf(path, sizeof(path), "%s/sock", directory);
    snprintf(address, sizeof(address), "unix:%s", path);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        dup2(ready[1], STDERR_FILENO);
        execl(waitd, "waitd", "--listen", address, "--threads", "1", (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) {
        fprintf(stderr, "%s does not start\n", waitd);
        exit(EXIT_FAILURE);
    }
    return pid;
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    return fd;
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            die("send");
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
}

static double number_after(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at == NULL ? 0 : strtod(at + strlen(key), NULL);
}

/* Sends a batch and reads its events to the end; notes how late each job was. */
static void run_batch(FILE *stream, int fd, const char *request, struct figures *figures)
{
    static _Thread_local char line[4096];

    send_all(fd, request, strlen(request));
    while (fgets(line, sizeof(line), stream) != NULL) {
        if (strncmp(line, "{\"event\":\"done\"", 15) == 0)
            add(figures, (number_after(line, "\"at\":") - number_after(line, "\"due\":")) * 1e6);
        if (strncmp(line, "{\"event\":\"finished\"", 19) == 0)
            return;
    }
    die("the stream ended early");
}

/* ---- Against bare timers ---------------------------------------------------- */

static void bare_timers(struct figures *figures)
{
    int64_t start_ns = now_ns();

    for (int i = 1; i <= TIMERS; i++) {
        int64_t due_ns = start_ns + i * SPACING_NS;
        struct timespec due = {.tv_sec = due_ns / SECOND_NS, .tv_nsec = due_ns % SECOND_NS};

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
            continue;
        add(figures, (double)(now_ns() - due_ns) / 1e3);
    }
}

static void daemon_jobs(struct figures *figures)
{
    static char request[64 * TIMERS];
    size_t used = (size_t)sprintf(request, "{\"events\":\"all\",\"jobs\":[");
    int fd = dial();
    FILE *stream = fdopen(fd, "r");

    for (int i = 1; i <= TIMERS; i++)
        used += (size_t)sprintf(request + used, "%s{\"wait\":\"%dms\"}", i > 1 ? "," : "",
                                (int)(i * SPACING_NS / 1000000));
    strcpy(request + used, "]}");
    run_batch(stream, fd, request, figures);
    fclose(stream);
}

/* ---- Beside a burst ----------------------------------------------------------- */

static _Atomic bool burst_over;

static void *burst(void *request)
{
    static char buffer[1 << 16];
    const char *text = request;
    size_t len = strlen(text);
    int fd = dial();

    for (bool open = true; open;) {
        struct pollfd poll_fd = {.fd = fd, .events = (short)(POLLIN | (len > 0 ? POLLOUT : 0))};

        poll(&poll_fd, 1, -1);
        if (poll_fd.revents & POLLOUT) {
            ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

            if (n > 0) {
                text += n;
                len -= (size_t)n;
            }
            if (len == 0)
                shutdown(fd, SHUT_WR);
        }
        if (poll_fd.revents & POLLIN)
            open = recv(fd, buffer, sizeof(buffer), 0) > 0;
    }
    close(fd);
    atomic_store(&burst_over, true);
    return NULL;
}

static void beside_a_burst(const char *name, char *request)
{
    static const char small[] = "{\"events\":\"all\",\"jobs\":[{\"wait\":\"5ms\",\"count\":10}]}";
    struct figures figures = {0};
    pthread_t thread;
    int64_t start_ns = now_ns();
    int fd = dial();
    FILE *stream = fdopen(fd, "r");

    atomic_store(&burst_over, false);
    if (pthread_create(&thread, NULL, burst, request) != 0)
        die("pthread_create");
    while (!atomic_load(&burst_over))
        run_batch(stream, fd, small, &figures);
    pthread_join(thread, NULL);
    fclose(stream);
    print(name, &figures);
    printf("    the burst took %.2f s\n", (double)(now_ns() - start_ns) / 1e9);
}

static char *written_out(void)
{
    char *request = malloc((size_t)32 * BURST_JOBS);
    size_t used = 0;

    if (request == NULL)
        die("malloc");
    request[used++] = '[';
    for (int i = 0; i < BURST_JOBS; i++)
        used += (size_t)sprintf(request + used, "%s{\"name\":\"j%d\",\"wait\":1}", i ? "," : "", i);
    strcpy(request + used, "]");
    return request;
}

int main(void)
{
    static char by_count[] = "[{\"wait\":1,\"count\":1000000}]";
    struct figures figures = {0};
    pid_t daemon = start_daemon();
    char *request = written_out();
    int status;

    printf("%-44s %7s %10s %10s %10s\n", "lateness in milliseconds", "n", "p50", "p99", "max");
    bare_timers(&figures);
    print("bare absolute timers", &figures);
    daemon_jobs(&figures);
    print("jobs", &figures);
    beside_a_burst("ten jobs beside 10^6, written out", request);
    beside_a_burst("ten jobs beside 10^6, by count", by_count);
    free(request);
    kill(daemon, SIGTERM);
    waitpid(daemon, &status, 0);
    rmdir(directory);
    return EXIT_SUCCESS;
}

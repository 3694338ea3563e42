/* SPDX-License-Identifier: ISC */

/*
 * How fast waitd is there: a benchmark, not a test.
 *
 *   1. From fork() to READY=1, binding a port by itself.
 *   2. From a client's connect() to a socket that nobody serves yet to the
 *      first line of its batch (`accepted`), with this program in the service
 *      manager's place: it starts the daemon when the socket is readable.
 *
 * Starts the daemon named by $WAITD (default daemon/waitd).  Prints a table;
 * exits with 0 if everything ran to its end, whatever the figures.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS      30
#define TIMEOUT_S 10

static char directory[] = "/tmp/waitd-bench-XXXXXX";

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct sockaddr_un path_of(const char *name)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};

    snprintf(path.sun_path, sizeof(path.sun_path), "%s/%s", directory, name);
    return path;
}

static int bind_to(const char *name, int type)
{
    struct sockaddr_un path = path_of(name);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    unlink(path.sun_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&path, sizeof(path)) != 0)
        die(path.sun_path);
    return fd;
}

static void await(int fd)
{
    struct pollfd readiness = {.fd = fd, .events = POLLIN};

    if (poll(&readiness, 1, TIMEOUT_S * 1000) != 1) {
        fputs("nothing came\n", stderr);
        exit(EXIT_FAILURE);
    }
}

/* The daemon, with a listening socket handed over or, for -1, a port of its own. */
static pid_t start(int listening)
{
    const char *program = getenv("WAITD") ? getenv("WAITD") : "daemon/waitd";
    pid_t pid = fork();
    char text[32];

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    if (listening >= 0) {
        if (listening == 3 ? fcntl(3, F_SETFD, 0) != 0 : dup2(listening, 3) != 3)
            _exit(126);
        snprintf(text, sizeof(text), "%d", (int)getpid());
        setenv("LISTEN_PID", text, 1);
        setenv("LISTEN_FDS", "1", 1);
    }
    execl(program, program, "--listen", "127.0.0.1:0", "--log-level", "error", (char *)NULL);
    _exit(127);
}

static void stop(pid_t pid)
{
    int status;

    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fputs("the daemon ended badly\n", stderr);
        exit(EXIT_FAILURE);
    }
}

static double time_start(void)
{
    struct sockaddr_un path = path_of("notify");
    int fd = bind_to("notify", SOCK_DGRAM);
    double began_ms, took_ms;
    char text[512];
    ssize_t n;
    pid_t pid;

    setenv("NOTIFY_SOCKET", path.sun_path, 1);
    began_ms = now_ms();
    pid = start(-1);
    do {
        await(fd);
        n = recv(fd, text, sizeof(text) - 1, 0);
        text[n > 0 ? n : 0] = '\0';
    } while (n >= 0 && !strstr(text, "READY=1"));
    took_ms = now_ms() - began_ms;
    stop(pid);
    close(fd);
    unsetenv("NOTIFY_SOCKET");
    return took_ms;
}

static double time_activation(void)
{
    static const char batch[] = "{\"jobs\":[{\"wait\":0}]}\n";
    struct sockaddr_un path = path_of("jobs");
    int listening = bind_to("jobs", SOCK_STREAM);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    double began_ms, took_ms;
    char text[512];
    ssize_t n;
    pid_t pid;

    if (listen(listening, 16) != 0)
        die("listen");
    began_ms = now_ms();
    if (connect(client, (struct sockaddr *)&path, sizeof(path)) != 0 ||
        write(client, batch, sizeof(batch) - 1) != sizeof(batch) - 1)
        die("connect");
    await(listening);
    pid = start(listening);
    await(client);
    n = read(client, text, sizeof(text) - 1);
    took_ms = now_ms() - began_ms;
    text[n > 0 ? n : 0] = '\0';
    if (!strstr(text, "\"accepted\""))
        die("no `accepted'");
    close(client);
    close(listening);
    stop(pid);
    return took_ms;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void measure(const char *what, double (*once)(void), int limit_ms)
{
    double took_ms[RUNS];

    for (int i = 0; i < RUNS; i++)
        took_ms[i] = once();
    qsort(took_ms, RUNS, sizeof(took_ms[0]), compare);
    printf("%-40s %8.2f %8.2f %8.2f %8d\n", what, took_ms[0], took_ms[RUNS / 2], took_ms[RUNS - 1],
           limit_ms);
}

int main(void)
{
    if (!mkdtemp(directory))
        die(directory);
    printf("%d times each, in ms %26s %8s %8s %8s\n", RUNS, "least", "median", "most", "wanted");
    measure("start to READY", time_start, 50);
    measure("first connection to `accepted'", time_activation, 100);
    unlink(path_of("notify").sun_path);
    unlink(path_of("jobs").sun_path);
    return rmdir(directory) == 0 ? 0 : EXIT_FAILURE;
}

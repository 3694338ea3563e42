/* SPDX-License-Identifier: ISC */
#include "tests/bench/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock_ns(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) != 0)
        return -1;
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t probe_now_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t probe_cpu_ns(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? read_clock_ns(clock) : -1;
}

/* The line `KEY: N kB` of a file of /proc/PID. */
static int64_t read_kilobytes(pid_t pid, const char *file, const char *key)
{
    char path[64], line[256];
    long long kilobytes = -1;
    FILE *stream;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    stream = fopen(path, "r");
    if (stream == NULL)
        return -1;
    while (kilobytes < 0 && fgets(line, sizeof(line), stream) != NULL)
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), ": %lld", &kilobytes) != 1)
            break;
    fclose(stream);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

int64_t probe_memory_bytes(pid_t pid)
{
    return read_kilobytes(pid, "smaps_rollup", "Pss");
}

int64_t probe_memory_peak_bytes(pid_t pid)
{
    return read_kilobytes(pid, "status", "VmHWM");
}

int probe_connect(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* SPDX-License-Identifier: ISC */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/group.h"

const char group_help[] =
    "Words of a group, the first being its name:\n"
    "  connections=N   how many (1)\n"
    "  jobs=N          in a batch (1)\n"
    "  wait=A          seconds that each job waits (0)\n"
    "  wait=A..B       or uniform between them, to the microsecond\n"
    "  batches=N       on each connection, one after another (1)\n"
    "  batches=0       begin batches until the other groups are done\n"
    "  for=SECONDS     begin batches for so long\n"
    "  unread=SECONDS  read nothing for so long\n"
    "  storm           connect when it begins, all at once, not before\n"
    "  named           jobs have names\n"
    "  silent          ask for no `done' (\"events\":\"none\")\n"
    "  counted         all jobs are one spec, by `count', silent\n"
    "  drawn=DIST      the same on the virtual clock, under a limit of 1,000: uniform or\n"
    "                  exponential lengths\n"
    "  spins=N         jobs of N steps of no length, on the virtual clock, silent:\n"
    "                  they keep the server busy\n";

static uint32_t read_count(const char *word, const char *text, uint32_t least)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < least || value > 100000000)
        errx(2, "%s: takes a whole number from %" PRIu32, word, least);
    return (uint32_t)value;
}

static int64_t read_seconds(const char *word, const char *text, const char *end)
{
    char *stop;
    double value = strtod(text, &stop);

    /* `1..2' is 1, not `1.' and `.2'. */
    if (stop == end + 1 && *end == '.')
        stop--;
    if (stop != end || end == text || !(value >= 0 && value < 1e6))
        errx(2, "%s: takes seconds", word);
    return (int64_t)(value * 1e6 + 0.5) * 1000;
}

static int64_t read_whole(const char *word, const char *text)
{
    return read_seconds(word, text, text + strlen(text));
}

static void read_wait(struct group *group, const char *word, const char *text)
{
    const char *dots = strstr(text, "..");

    group->order.wait_min_ns = group->order.wait_max_ns =
        dots != NULL ? read_seconds(word, text, dots) : read_whole(word, text);
    if (dots != NULL)
        group->order.wait_max_ns = read_whole(word, dots + 2);
    if (group->order.wait_max_ns < group->order.wait_min_ns)
        errx(2, "%s: ends before it begins", word);
}

static const char *after(const char *word, const char *key)
{
    size_t len = strlen(key);

    return strncmp(word, key, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static void take_word(struct group *group, const char *word)
{
    const char *value;

    if ((value = after(word, "connections")) != NULL)
        group->connections = read_count(word, value, 1);
    else if ((value = after(word, "jobs")) != NULL)
        group->order.jobs = read_count(word, value, 1);
    else if ((value = after(word, "wait")) != NULL)
        read_wait(group, word, value);
    else if ((value = after(word, "batches")) != NULL)
        group->batches = read_count(word, value, 0);
    else if (strcmp(word, "counted") == 0)
        group->order.counted = group->order.silent = true;
    else if ((value = after(word, "drawn")) != NULL) {
        group->order.drawn = value;
        group->order.silent = true;
    } else if ((value = after(word, "spins")) != NULL) {
        group->order.spins = read_count(word, value, 1);
        group->order.silent = true;
    } else if ((value = after(word, "for")) != NULL) {
        group->duration_ns = read_whole(word, value);
        group->batches = 0;
    } else if ((value = after(word, "unread")) != NULL)
        group->unread_ns = read_whole(word, value);
    else if (strcmp(word, "named") == 0)
        group->order.named = true;
    else if (strcmp(word, "storm") == 0)
        group->is_storm = true;
    else if (strcmp(word, "silent") == 0)
        group->order.silent = true;
    else
        errx(2, "a group has no `%s' (see load --help)", word);
}

static void *need(void *memory)
{
    if (memory == NULL)
        err(2, "a group");
    return memory;
}

int group_parse(struct group *group, char **words, int n)
{
    int used = 1;

    if (n == 0 || strcmp(words[0], "+") == 0 || strchr(words[0], '=') != NULL)
        errx(2, "a group begins with its name (see load --help)");
    *group = (struct group){.name = words[0], .connections = 1, .batches = 1};
    group->order.jobs = 1;
    for (; used < n && strcmp(words[used], "+") != 0; used++)
        take_word(group, words[used]);
    group->n_works = group->order.wait_min_ns == group->order.wait_max_ns ? 1 : group->connections;
    group->works = need(calloc(group->n_works, sizeof(struct work)));
    group->late = need(calloc(1, sizeof(struct histogram)));
    group->reply = need(calloc(1, sizeof(struct histogram)));
    group->accept = need(calloc(1, sizeof(struct histogram)));
    for (uint32_t i = 0; i < group->n_works; i++)
        work_make(&group->works[i], &group->order, i);
    return used;
}

const struct work *group_work(const struct group *group, uint32_t connection)
{
    return &group->works[connection % group->n_works];
}

static void print_times(const struct histogram *histogram, const char *name, FILE *out)
{
    fprintf(out, ",\"%s\":{\"p50\":%.9f,\"p90\":%.9f,\"p99\":%.9f,\"max\":%.9f}", name,
            (double)histogram_percentile_ns(histogram, 0.5) / 1e9,
            (double)histogram_percentile_ns(histogram, 0.9) / 1e9,
            (double)histogram_percentile_ns(histogram, 0.99) / 1e9,
            (double)histogram->max_ns / 1e9);
}

void group_print(const struct group *group, FILE *out)
{
    fprintf(out, "{\"name\":\"%s\",\"connections\":%" PRIu32 ",\"jobs\":%" PRIu64, group->name,
            group->connections, group->jobs);
    fprintf(out, ",\"accepted\":%.9f,\"elapsed\":%.9f",
            (double)(group->accepted_ns - group->begun_ns) / 1e9,
            (double)(group->finished_ns - group->begun_ns) / 1e9);
    print_times(group->late, "late", out);
    print_times(group->reply, "reply", out);
    print_times(group->accept, "accept", out);
    fputc('}', out);
}

void group_fini(struct group *group)
{
    for (uint32_t i = 0; i < group->n_works; i++)
        work_drop(&group->works[i]);
    free(group->works);
    free(group->late);
    free(group->reply);
    free(group->accept);
}

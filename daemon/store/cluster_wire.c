/* SPDX-License-Identifier: ISC */
#include "daemon/store/cluster_wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hexadecimal[] = "0123456789abcdef";

const char *cluster_header_name(enum cluster_header header)
{
    static const char *const names[CLUSTER_HEADERS] = {
        [CLUSTER_HEADER_ENGINE] = "Waitd-Engine",
        [CLUSTER_HEADER_OWNER] = "Waitd-Owner",
        [CLUSTER_HEADER_KEY] = "Waitd-Key",
        [CLUSTER_HEADER_GRACE] = "Waitd-Grace",
        [CLUSTER_HEADER_RETAIN] = "Waitd-Retain",
        [CLUSTER_HEADER_NONCE] = "Waitd-Nonce",
        [CLUSTER_HEADER_DIGEST] = "Waitd-Digest",
        [CLUSTER_HEADER_JOBS] = "Waitd-Jobs",
        [CLUSTER_HEADER_SEED] = "Waitd-Seed",
        [CLUSTER_HEADER_MAX_WAIT] = "Waitd-Max-Wait",
        [CLUSTER_HEADER_MAX_SUMMARIES] = "Waitd-Max-Summaries",
        [CLUSTER_HEADER_FLOOR] = "Waitd-Floor",
        [CLUSTER_HEADER_JOB] = "Waitd-Job",
        [CLUSTER_HEADER_WAS] = "Waitd-Was",
        [CLUSTER_HEADER_EXPECTED] = "Nats-Expected-Last-Subject-Sequence",
        [CLUSTER_HEADER_SIZE] = "Nats-Msg-Size",
    };

    return names[header];
}

size_t cluster_values_bytes(const struct cluster_values *values)
{
    size_t bytes = strlen("NATS/1.0\r\n\r\n");

    for (int i = 0; i < CLUSTER_HEADERS; i++)
        if (values->value[i] != NULL)
            bytes += strlen(cluster_header_name((enum cluster_header)i)) + strlen(": \r\n") +
                     strlen(values->value[i]);
    return bytes;
}

/* ---- Values ------------------------------------------------------------------------------ */

/* Sets a header to what printf() makes of it, which fits. */
static void set(struct cluster_headers *headers, enum cluster_header header, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

static void set(struct cluster_headers *headers, enum cluster_header header, const char *format,
                ...)
{
    char *at = headers->room + headers->used;
    size_t room = sizeof(headers->room) - headers->used;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(at, room, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= room)
        return;
    headers->values.value[header] = at;
    headers->used += (size_t)len + 1;
}

/* Whether a byte of a key or an owner is written as it is; the others as % and two digits. */
static bool is_unreserved(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '%';
}

static void set_bytes(struct cluster_headers *headers, enum cluster_header header,
                      const char *bytes, size_t len)
{
    char text[3 * PRINCIPAL_NAME_MAX + 1], *at = text;

    for (size_t i = 0; i < len && i < PRINCIPAL_NAME_MAX; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (is_unreserved(byte)) {
            *at++ = (char)byte;
            continue;
        }
        *at++ = '%';
        *at++ = hexadecimal[byte >> 4];
        *at++ = hexadecimal[byte & 15];
    }
    *at = '\0';
    set(headers, header, "%s", text);
}

static int digit_of(char c)
{
    const char *at = c != '\0' ? strchr(hexadecimal, c) : NULL;

    return at == NULL ? -1 : (int)(at - hexadecimal);
}

/* At most `most` bytes.  The length, or -1. */
static int read_bytes(const char *text, char *out, size_t most)
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (len == most)
            return -1;
        if (*text != '%') {
            out[len++] = *text;
            continue;
        }
        if (digit_of(text[1]) < 0 || digit_of(text[2]) < 0)
            return -1;
        out[len++] = (char)(16 * digit_of(text[1]) + digit_of(text[2]));
        text += 2;
    }
    return (int)len;
}

static bool read_unsigned(const char *text, uint64_t *out)
{
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool read_signed(const char *text, int64_t *out)
{
    char *end;

    if (text == NULL || (*text != '-' && (*text < '0' || *text > '9')))
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && end != text;
}

static bool read_time(const char *text, int64_t *out)
{
    return read_signed(text, out) && *out >= 0;
}

static bool read_hexadecimal(const char *text, uint8_t *out, size_t bytes)
{
    if (text == NULL || strlen(text) != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(16 * high + low);
    }
    return true;
}

static void write_hexadecimal(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = hexadecimal[bytes[i] >> 4];
        *out++ = hexadecimal[bytes[i] & 15];
    }
    *out = '\0';
}

static bool read_nonce(const char *text, uint64_t *out)
{
    uint8_t bytes[8];

    if (!read_hexadecimal(text, bytes, sizeof(bytes)))
        return false;
    *out = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        *out = *out << 8 | bytes[i];
    return true;
}

/* ---- Subjects ---------------------------------------------------------------------------- */

bool cluster_name_is_valid(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    return len > 0 && len <= CLUSTER_NAME_MAX && name[len] == '\0';
}

/* Copies what precedes `end`, or all.  Where it continues, or NULL if it does not fit. */
static const char *take_word(const char *text, char end, char *out, size_t most)
{
    const char *at = end != '\0' ? strchr(text, end) : text + strlen(text);
    size_t len = at == NULL ? 0 : (size_t)(at - text);

    if (len == 0 || len > most)
        return NULL;
    memcpy(out, text, len);
    out[len] = '\0';
    return end != '\0' ? at + 1 : at;
}

static void read_outside(const char *text, struct cluster_subject *out)
{
    char last[CLUSTER_NONCE_MAX + 1];

    text = take_word(text, '.', out->ref, STORED_REF_MAX);
    if (text == NULL || take_word(text, '\0', last, CLUSTER_NONCE_MAX) == NULL)
        return;
    if (strcmp(last, "forget") == 0)
        out->kind = CLUSTER_FORGET;
    else if (read_nonce(last, &out->nonce))
        out->kind = CLUSTER_CANCEL;
}

void cluster_subject_read(const char *name, const char *text, struct cluster_subject *out)
{
    size_t len = strlen(name);
    bool is_request, is_tick;

    *out = (struct cluster_subject){.kind = CLUSTER_UNKNOWN};
    if (strncmp(text, name, len) != 0 || text[len] != '.')
        return;
    text += len + 1;
    is_request = strncmp(text, "req.", 4) == 0;
    is_tick = strncmp(text, "tick.", 5) == 0;
    if (strncmp(text, "out.", 4) == 0)
        read_outside(text + 4, out);
    else if ((is_request || is_tick) &&
             take_word(text + (is_tick ? 5 : 4), '\0', out->token, CLUSTER_TOKEN_MAX) != NULL)
        out->kind = is_tick ? CLUSTER_TICK : CLUSTER_REQUEST;
}

void cluster_subject_write(const char *name, const struct cluster_subject *subject,
                           char out[CLUSTER_SUBJECT_MAX + 1])
{
    switch (subject->kind) {
    case CLUSTER_REQUEST:
        snprintf(out, CLUSTER_SUBJECT_MAX + 1, "%s.req.%s", name, subject->token);
        break;
    case CLUSTER_CANCEL:
        snprintf(out, CLUSTER_SUBJECT_MAX + 1, "%s.out.%s.%016" PRIx64, name, subject->ref,
                 subject->nonce);
        break;
    case CLUSTER_FORGET:
        snprintf(out, CLUSTER_SUBJECT_MAX + 1, "%s.out.%s.forget", name, subject->ref);
        break;
    case CLUSTER_TICK:
        snprintf(out, CLUSTER_SUBJECT_MAX + 1, "%s.tick.%s", name, subject->token);
        break;
    case CLUSTER_UNKNOWN:
        out[0] = '\0';
        break;
    }
}

void cluster_token_of_key(const char *owner, const struct stored_terms *terms,
                          char out[CLUSTER_TOKEN_MAX + 1])
{
    char named[PRINCIPAL_NAME_MAX + 1 + STORED_KEY_MAX];
    size_t len = (size_t)snprintf(named, PRINCIPAL_NAME_MAX + 1, "%s", owner) + 1;
    uint8_t digest[DIGEST_BYTES];

    if (len > PRINCIPAL_NAME_MAX + 1)
        len = PRINCIPAL_NAME_MAX + 1;
    memcpy(named + len, terms->key, terms->key_len);
    digest_of(named, len + terms->key_len, digest);
    write_hexadecimal(digest, sizeof(digest), out);
}

void cluster_token_of_random(const uint64_t random[2], char out[CLUSTER_TOKEN_MAX + 1])
{
    snprintf(out, CLUSTER_TOKEN_MAX + 1, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
}

/* ---- Requests and outside events --------------------------------------------------------- */

static void write_was(const struct cluster_was *was, struct cluster_headers *headers)
{
    if (was->sequence > 0)
        set(headers, CLUSTER_HEADER_WAS, "%" PRIu64 " %" PRId64, was->sequence, was->stamp_ns);
}

static bool read_was(const struct cluster_values *values, struct cluster_was *was)
{
    const char *text = values->value[CLUSTER_HEADER_WAS];
    char sequence[24];

    *was = (struct cluster_was){0};
    if (text == NULL)
        return true;
    text = take_word(text, ' ', sequence, sizeof(sequence) - 1);
    return text != NULL && read_unsigned(sequence, &was->sequence) && was->sequence > 0 &&
           read_time(text, &was->stamp_ns);
}

void cluster_request_write(const struct cluster_request *request, struct cluster_headers *headers)
{
    const struct stored_terms *terms = &request->terms;
    char digest[2 * DIGEST_BYTES + 1];

    headers->values = (struct cluster_values){{0}};
    headers->used = 0;
    write_hexadecimal(request->digest, sizeof(request->digest), digest);
    set(headers, CLUSTER_HEADER_ENGINE, "%s", request->engine);
    set_bytes(headers, CLUSTER_HEADER_OWNER, request->owner, strlen(request->owner));
    if (terms->key_len > 0)
        set_bytes(headers, CLUSTER_HEADER_KEY, terms->key, terms->key_len);
    set(headers, CLUSTER_HEADER_GRACE, "%" PRId64, request->grace_ns);
    set(headers, CLUSTER_HEADER_RETAIN, "%" PRId64, terms->retain_ns);
    set(headers, CLUSTER_HEADER_NONCE, "%016" PRIx64, request->nonce);
    set(headers, CLUSTER_HEADER_DIGEST, "%s", digest);
    set(headers, CLUSTER_HEADER_JOBS, "%" PRIu32, terms->jobs);
    set(headers, CLUSTER_HEADER_SEED, "%" PRId64, terms->seed);
    set(headers, CLUSTER_HEADER_MAX_WAIT, "%" PRId64, terms->max_wait_ns);
    set(headers, CLUSTER_HEADER_MAX_SUMMARIES, "%" PRIu32, terms->max_summaries);
    set(headers, CLUSTER_HEADER_EXPECTED, "%" PRIu64, request->expected);
    write_was(&request->was, headers);
}

static bool read_owner_and_key(const struct cluster_values *values, struct cluster_request *request)
{
    const char *owner = values->value[CLUSTER_HEADER_OWNER];
    const char *key = values->value[CLUSTER_HEADER_KEY];
    int len;

    if (owner == NULL)
        return false;
    len = read_bytes(owner, request->owner, PRINCIPAL_NAME_MAX);
    if (len < 0 || strlen(request->owner) != (size_t)len)
        return false;
    len = key == NULL ? 0 : read_bytes(key, request->terms.key, STORED_KEY_MAX);
    if (len < 0 || (key != NULL && len == 0))
        return false;
    request->terms.key_len = (uint16_t)len;
    return true;
}

static bool read_terms(const struct cluster_values *values, struct stored_terms *terms)
{
    uint64_t jobs, summaries;

    if (!read_time(values->value[CLUSTER_HEADER_RETAIN], &terms->retain_ns) ||
        !read_time(values->value[CLUSTER_HEADER_MAX_WAIT], &terms->max_wait_ns) ||
        !read_signed(values->value[CLUSTER_HEADER_SEED], &terms->seed) ||
        !read_unsigned(values->value[CLUSTER_HEADER_JOBS], &jobs) || jobs > UINT32_MAX ||
        !read_unsigned(values->value[CLUSTER_HEADER_MAX_SUMMARIES], &summaries) ||
        summaries > UINT32_MAX)
        return false;
    terms->jobs = (uint32_t)jobs;
    terms->max_summaries = (uint32_t)summaries;
    return true;
}

bool cluster_request_read(const struct cluster_values *values, struct cluster_request *request)
{
    const char *engine = values->value[CLUSTER_HEADER_ENGINE];

    *request = (struct cluster_request){0};
    if (engine == NULL || take_word(engine, '\0', request->engine, CLUSTER_ENGINE_MAX) == NULL)
        return false;
    (void)read_unsigned(values->value[CLUSTER_HEADER_EXPECTED], &request->expected);
    (void)read_unsigned(values->value[CLUSTER_HEADER_SIZE], &request->bytes);
    return read_owner_and_key(values, request) && read_terms(values, &request->terms) &&
           read_time(values->value[CLUSTER_HEADER_GRACE], &request->grace_ns) &&
           read_nonce(values->value[CLUSTER_HEADER_NONCE], &request->nonce) &&
           read_hexadecimal(values->value[CLUSTER_HEADER_DIGEST], request->digest, DIGEST_BYTES) &&
           read_was(values, &request->was);
}

void cluster_outside_write(const struct cluster_outside *outside, struct cluster_headers *headers)
{
    headers->values = (struct cluster_values){{0}};
    headers->used = 0;
    set(headers, CLUSTER_HEADER_FLOOR, "%" PRId64, outside->floor_ns);
    if (!outside->whole)
        set(headers, CLUSTER_HEADER_JOB, "%" PRIu64, outside->job);
    set(headers, CLUSTER_HEADER_EXPECTED, "0");
    write_was(&outside->was, headers);
}

bool cluster_outside_read(const struct cluster_values *values, struct cluster_outside *outside)
{
    const char *job = values->value[CLUSTER_HEADER_JOB];

    *outside = (struct cluster_outside){.whole = job == NULL};
    return read_time(values->value[CLUSTER_HEADER_FLOOR], &outside->floor_ns) &&
           (job == NULL || read_unsigned(job, &outside->job)) && read_was(values, &outside->was);
}

void cluster_tick_write(uint64_t number, struct cluster_headers *headers)
{
    headers->values = (struct cluster_values){{0}};
    headers->used = 0;
    set(headers, CLUSTER_HEADER_NONCE, "%016" PRIx64, number);
}

bool cluster_tick_read(const struct cluster_values *values, uint64_t *number)
{
    return read_nonce(values->value[CLUSTER_HEADER_NONCE], number);
}

void cluster_ref_write(uint64_t sequence, int64_t stamp_ns, const uint8_t digest[DIGEST_BYTES],
                       char out[STORED_REF_MAX + 1])
{
    char hashed[24 + DIGEST_BYTES], bits[17];
    size_t len = (size_t)snprintf(hashed, 24, "%" PRId64, stamp_ns) + 1;
    uint8_t hash[DIGEST_BYTES];

    memcpy(hashed + len, digest, DIGEST_BYTES);
    digest_of(hashed, len + DIGEST_BYTES, hash);
    write_hexadecimal(hash, 8, bits);
    snprintf(out, STORED_REF_MAX + 1, "%" PRIu64 "-%s", sequence, bits);
}

/* ---- What the server says ------------------------------------------------------------------ */

/* `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.PLACE.STAMP.PENDING`, or, with a domain and an
 * account before the stream, and one word or more behind. */
#define DELIVERY_WORDS      9
#define DELIVERY_WORDS_LONG 11
#define DELIVERY_WORDS_MAX  13

bool cluster_delivery_read(const char *reply, struct cluster_delivery *out)
{
    const char *words[DELIVERY_WORDS_MAX] = {reply};
    size_t n = 1, first;
    uint64_t numbers[4];

    for (const char *at = strchr(reply, '.'); at != NULL; at = strchr(at + 1, '.')) {
        if (n == DELIVERY_WORDS_MAX)
            return false;
        words[n++] = at + 1;
    }
    if (strncmp(reply, "$JS.ACK.", 8) != 0 || (n != DELIVERY_WORDS && n < DELIVERY_WORDS_LONG))
        return false;
    first = n == DELIVERY_WORDS ? 5 : 7;
    for (size_t i = 0; i < 4; i++) {
        char number[24];
        size_t len = strcspn(words[first + i], ".");

        if (len >= sizeof(number))
            return false;
        memcpy(number, words[first + i], len);
        number[len] = '\0';
        if (!read_unsigned(number, &numbers[i]))
            return false;
    }
    if (numbers[2] > INT64_MAX)
        return false;
    *out = (struct cluster_delivery){numbers[0], numbers[1], (int64_t)numbers[2], numbers[3]};
    return true;
}

/* The number behind that text, which is within the first len bytes. */
static bool number_behind(const char *text, const char *what, uint64_t *out)
{
    const char *at = strstr(text, what);

    if (at == NULL)
        return false;
    at += strlen(what);
    at += strspn(at, " ");
    if (*at < '0' || *at > '9')
        return false;
    *out = strtoull(at, NULL, 10);
    return true;
}

bool cluster_ack_read(const char *text, size_t len, struct cluster_ack *out)
{
    char copy[512], *description, *end;
    uint64_t number;

    *out = (struct cluster_ack){0};
    if (len == 0 || len >= sizeof(copy) || text[0] != '{')
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strstr(copy, "\"error\":") == NULL)
        return number_behind(copy, "\"seq\":", &out->sequence);
    if (!number_behind(copy, "\"err_code\":", &number))
        return false;
    out->error = (unsigned)number;
    (void)number_behind(copy, "wrong last sequence:", &out->sequence);
    description = strstr(copy, "\"description\":\"");
    if (description == NULL)
        return true;
    description += strlen("\"description\":\"");
    end = strchr(description, '"');
    snprintf(out->description, sizeof(out->description), "%.*s",
             end != NULL ? (int)(end - description) : 0, description);
    return true;
}

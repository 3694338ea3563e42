/* SPDX-License-Identifier: ISC */
#include "daemon/store/cluster_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/cluster_wire.h"

#define SUBJECTS 3

struct subjects {
    char text[SUBJECTS][CLUSTER_NAME_MAX + 8];
    const char *each[SUBJECTS];
};

static void name_subjects(const char *name, struct subjects *subjects)
{
    static const char *const ends[SUBJECTS] = {"req.*", "out.>", "tick.*"};

    for (int i = 0; i < SUBJECTS; i++) {
        snprintf(subjects->text[i], sizeof(subjects->text[i]), "%s.%s", name, ends[i]);
        subjects->each[i] = subjects->text[i];
    }
}

/* ---- Checking ------------------------------------------------------------------------------- */

static bool differ(char *error, size_t size, const char *name, const char *what, const char *has,
                   const char *takes)
{
    snprintf(error, size, "the stream %s has %s %s, and waitd takes %s", name, what, has, takes);
    return false;
}

static bool differ_in_number(char *error, size_t size, const char *name, const char *what,
                             int64_t has, const char *takes)
{
    char number[24];

    snprintf(number, sizeof(number), "%" PRId64, has);
    return differ(error, size, name, what, number, takes);
}

static bool has_subject(const jsStreamConfig *config, const char *subject)
{
    for (int i = 0; i < config->SubjectsLen; i++)
        if (strcmp(config->Subjects[i], subject) == 0)
            return true;
    return false;
}

static bool check_subjects(const jsStreamConfig *config, char *error, size_t size)
{
    struct subjects subjects;
    char has[160] = "", takes[160];
    size_t used = 0;
    bool same = config->SubjectsLen == SUBJECTS;

    name_subjects(config->Name, &subjects);
    for (int i = 0; i < SUBJECTS; i++)
        same = same && has_subject(config, subjects.each[i]);
    if (same)
        return true;
    for (int i = 0; i < config->SubjectsLen && used < sizeof(has); i++)
        used += (size_t)snprintf(has + used, sizeof(has) - used, "%s%s", i > 0 ? " " : "",
                                 config->Subjects[i]);
    snprintf(takes, sizeof(takes), "%s %s %s", subjects.each[0], subjects.each[1],
             subjects.each[2]);
    return differ(error, size, config->Name, "the subjects", has, takes);
}

static const char *retention_name(jsRetentionPolicy retention)
{
    switch (retention) {
    case js_LimitsPolicy:
        return "limits";
    case js_InterestPolicy:
        return "interest";
    case js_WorkQueuePolicy:
        return "workqueue";
    }
    return "unknown";
}

/* What the rules rest on. */
static bool check(const jsStreamConfig *config, char *error, size_t size)
{
    const char *name = config->Name;

    if (config->Retention != js_LimitsPolicy)
        return differ(error, size, name, "retention", retention_name(config->Retention), "limits");
    if (config->Storage != js_FileStorage)
        return differ(error, size, name, "storage", "memory", "file");
    if (config->Discard != js_DiscardNew)
        return differ(error, size, name, "discard", "old", "new");
    if (config->DiscardNewPerSubject)
        return differ(error, size, name, "discard_new_per_subject", "true", "false");
    if (config->MaxMsgsPerSubject != 1)
        return differ_in_number(error, size, name, "max_msgs_per_subject",
                                config->MaxMsgsPerSubject, "1");
    if (config->MaxAge != 0)
        return differ_in_number(error, size, name, "max_age (nanoseconds)", config->MaxAge,
                                "0 (none)");
    if (config->DenyDelete)
        return differ(error, size, name, "deny_delete", "true", "false");
    if (config->NoAck)
        return differ(error, size, name, "no_ack", "true", "false");
    if (config->Sealed)
        return differ(error, size, name, "sealed", "true", "false");
    return check_subjects(config, error, size);
}

/* ---- Making --------------------------------------------------------------------------------- */

static natsStatus make(jsCtx *context, const char *name, int64_t replicas, jsStreamInfo **info,
                       jsErrCode *code)
{
    struct subjects subjects;
    jsStreamConfig config;

    name_subjects(name, &subjects);
    jsStreamConfig_Init(&config);
    config.Name = name;
    config.Subjects = subjects.each;
    config.SubjectsLen = SUBJECTS;
    config.Retention = js_LimitsPolicy;
    config.Storage = js_FileStorage;
    config.Discard = js_DiscardNew;
    config.MaxMsgsPerSubject = 1;
    config.Replicas = replicas;
    return js_AddStream(info, context, &config, NULL, code);
}

/* With three replicas where the servers have it, else with one.  Another node may be faster. */
static natsStatus make_or_find(jsCtx *context, const char *name, jsStreamInfo **info,
                               jsErrCode *code)
{
    natsStatus status = make(context, name, 3, info, code);

    if (status != NATS_OK &&
        (*code == JSStreamReplicasNotSupportedErr || *code == JSClusterNoPeersErr))
        status = make(context, name, 1, info, code);
    if (status != NATS_OK && *code == JSStreamNameExistErr)
        status = js_GetStreamInfo(info, context, name, NULL, code);
    return status;
}

static bool describe_fault(natsStatus status, jsErrCode code, const char *name, char *error,
                           size_t size)
{
    const char *text = nats_GetLastError(NULL);

    if (code == JSNotEnabledErr || code == JSNotEnabledForAccountErr ||
        status == NATS_NO_RESPONDERS)
        snprintf(error, size, "the server has no JetStream, or it is not ready");
    else
        snprintf(error, size, "the stream %s cannot be had: %s", name,
                 text != NULL && *text != '\0' ? text : natsStatus_GetText(status));
    return false;
}

static void take_facts(const jsStreamInfo *info, struct cluster_stream_facts *facts)
{
    const jsStreamConfig *config = info->Config;

    facts->last_sequence = info->State.LastSeq;
    facts->n_bytes = info->State.Bytes;
    facts->max_bytes = config->MaxBytes > 0 ? (uint64_t)config->MaxBytes : 0;
    facts->max_message = config->MaxMsgSize > 0 ? (size_t)config->MaxMsgSize : 0;
    facts->replicas = config->Replicas > 0 ? (unsigned)config->Replicas : 1;
}

bool cluster_stream_open(jsCtx *context, const char *name, struct cluster_stream_facts *facts,
                         char *error, size_t size)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, context, name, NULL, &code);
    bool fits;

    if (status == NATS_NOT_FOUND)
        status = make_or_find(context, name, &info, &code);
    if (status != NATS_OK)
        return describe_fault(status, code, name, error, size);
    fits = check(info->Config, error, size);
    take_facts(info, facts);
    jsStreamInfo_Destroy(info);
    return fits;
}

/* SPDX-License-Identifier: ISC */
#include "tests/scenario/simulation_script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool script_batch(const struct script *script, uint64_t id, struct description *batch)
{
    struct random_batch_source source = {script->seed + id * UINT64_C(0xd1342543de82ef95)};

    do
        random_batch_make(&source, batch);
    while (batch->max_wait_ns != SCRIPT_MAX_WAIT_NS);
    return description_is_sound(batch);
}

/* A batch with its id in front of the other members. */
static void print_batch(const struct script *script, uint64_t id, FILE *out)
{
    struct description batch;
    char *text = NULL;
    size_t len = 0;
    FILE *whole = open_memstream(&text, &len);

    if (whole == NULL)
        abort();
    (void)script_batch(script, id, &batch);
    description_print(&batch, whole);
    if (fclose(whole) != 0)
        abort();
    fprintf(out, "{\"id\":%" PRIu64 ",%s", id, text + 1);
    free(text);
}

/* Of no batch yet: see script_aim(). */
static void print_cancel(struct script *script, FILE *out)
{
    fputs("{\"op\":\"cancel\",\"batch\":", out);
    if (fflush(out) != 0)
        abort();
    script->cancels[script->n_cancels++] = script->len;
    fprintf(out, "%-*d", SCRIPT_BATCH_DIGITS, 1);
}

static void print_other(struct script *script, struct random_batch_source *dice, bool tame,
                        FILE *out)
{
    switch (random_batch_below(dice, tame ? 3 : 8)) {
    case 0:
        fputs("{\"op\":\"ping\"}", out);
        break;
    case 1:
        fputs(" {\"op\" : \"stats\", \"id\":\"s\"}\n", out);
        break;
    case 2:
        fputs("{\"jobs\":[{\"wait\":-1}],\"id\":[]}", out);
        break;
    case 3:
    case 4:
        print_cancel(script, out);
        fputs("}", out);
        break;
    default:
        print_cancel(script, out);
        fprintf(out, ",\"job\":%u}", random_batch_below(dice, 5));
        break;
    }
}

void script_aim(struct script *script, size_t sent, uint64_t batch)
{
    char digits[SCRIPT_BATCH_DIGITS + 1];

    if (snprintf(digits, sizeof(digits), "%-*" PRIu64, SCRIPT_BATCH_DIGITS, batch) !=
        SCRIPT_BATCH_DIGITS)
        abort();
    for (uint32_t i = 0; i < script->n_cancels; i++)
        if (script->cancels[i] >= sent)
            memcpy(script->text + script->cancels[i], digits, SCRIPT_BATCH_DIGITS);
}

void script_make(struct script *script, struct random_batch_source *dice, bool tame)
{
    FILE *out;

    *script = (struct script){.n_requests = random_batch_below(dice, SCRIPT_REQUESTS + 1),
                              .seed = random_batch_next(dice)};
    out = open_memstream(&script->text, &script->len);
    if (out == NULL)
        abort();
    for (uint32_t id = 1; id <= script->n_requests; id++) {
        if (random_batch_chance(dice, tame ? 75 : 55))
            print_batch(script, id, out);
        else
            print_other(script, dice, tame, out);
    }
    if (fclose(out) != 0)
        abort();
}

void script_fini(struct script *script)
{
    free(script->text);
}

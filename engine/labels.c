/* SPDX-License-Identifier: ISC */
#include "engine/labels.h"

#include <stdlib.h>
#include <string.h>

#include "proto/names.h"
#include "proto/plan_internal.h"

int labels_init(struct labels *labels, const struct plan *plan)
{
    uint32_t n = plan->n_specs > 0 ? plan->n_specs : 1;

    memset(labels, 0, sizeof(*labels));
    labels->plan = plan;
    labels->of = malloc(n * sizeof(*labels->of));
    labels->specs = malloc(n * sizeof(*labels->specs));
    labels->numbers = malloc(n * sizeof(*labels->numbers));
    labels->names = names_new(n, plan->hash_key);
    if (labels->of != NULL && labels->specs != NULL && labels->numbers != NULL &&
        labels->names != NULL)
        return 0;
    labels_fini(labels);
    return -1;
}

static void free_table(struct labels *labels)
{
    names_free(labels->names);
    free(labels->numbers);
    labels->names = NULL;
    labels->numbers = NULL;
}

void labels_fini(struct labels *labels)
{
    free_table(labels);
    free(labels->of);
    free(labels->specs);
    memset(labels, 0, sizeof(*labels));
}

static uint32_t add(struct labels *labels)
{
    labels->specs[labels->n] = labels->at;
    return labels->n++;
}

static uint32_t label_of(struct labels *labels, const struct spec *spec)
{
    size_t len;
    const char *name = plan_spec_name(labels->plan, spec, &len);
    uint32_t known, number;

    if (name == NULL) {
        if (labels->unnamed == 0)
            labels->unnamed = add(labels) + 1;
        return labels->unnamed - 1;
    }
    known = names_count(labels->names);
    number = names_add(labels->names, name, len);
    if (number == known)
        labels->numbers[number] = add(labels);
    return labels->numbers[number];
}

size_t labels_work(struct labels *labels, size_t most)
{
    const struct plan *plan = labels->plan;
    size_t n = 0;

    for (; n < most && labels->at < plan->n_specs; n++, labels->at++)
        labels->of[labels->at] = label_of(labels, &plan->specs[labels->at]);
    if (labels->at == plan->n_specs && labels->names != NULL)
        free_table(labels);
    return n;
}

plan_text_ref labels_name(const struct labels *labels, uint32_t label)
{
    return labels->plan->specs[labels->specs[label]].name;
}

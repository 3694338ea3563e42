/* SPDX-License-Identifier: ISC */

/* A waitd that was built without libnats. */

#include <stdio.h>

#include "daemon/store/cluster.h"

bool cluster_is_there(void)
{
    return false;
}

struct store *cluster_open(const struct cluster_config *config, char *error, size_t size)
{
    (void)config;
    snprintf(error, size, "this waitd was built without NATS");
    return NULL;
}

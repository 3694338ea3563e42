/* SPDX-License-Identifier: ISC */

/* A waitd that was built without libnats. */

#include <stdio.h>

#include "daemon/store/cluster.h"
#include "daemon/store/cluster_wire.h"

bool cluster_is_there(void)
{
    return false;
}

bool cluster_may_be_called(const char *name)
{
    return cluster_name_is_fine(name);
}

struct store *cluster_open(const struct cluster_config *config, char *error, size_t size)
{
    (void)config;
    snprintf(error, size, "this waitd was built without NATS");
    return NULL;
}

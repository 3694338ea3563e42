/* SPDX-License-Identifier: ISC */

/* Prints the example of a configuration that is installed, as the sources are built. */

#include "daemon/options.h"

int main(void)
{
    options_example(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

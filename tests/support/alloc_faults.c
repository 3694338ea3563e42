/* SPDX-License-Identifier: ISC */
#include "tests/support/alloc_faults.h"

#include <stdlib.h>

/* The linker's names for the functions themselves and for what stands before them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static bool watching, struck;
static long until = ALLOC_FAULTS_NONE; /* allocations that still succeed */
static long lasting;                   /* and how many fail then */
static long live;

void alloc_faults_watch(bool watch)
{
    watching = watch;
}

void alloc_faults_after(long n, long length)
{
    until = n;
    lasting = length;
    struck = false;
}

bool alloc_faults_struck(void)
{
    return struck;
}

long alloc_faults_live(void)
{
    return live;
}

static bool fails(void)
{
    if (!watching || until == ALLOC_FAULTS_NONE)
        return false;
    if (until > 0) {
        until--;
        return false;
    }
    if (lasting-- <= 0) {
        until = ALLOC_FAULTS_NONE;
        return false;
    }
    struck = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    void *block = fails() ? NULL : __real_malloc(size);

    live += watching && block != NULL;
    return block;
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *block = fails() ? NULL : __real_calloc(n, size);

    live += watching && block != NULL;
    return block;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *block = fails() ? NULL : __real_realloc(old, size);

    live += watching && block != NULL && old == NULL;
    return block;
}

void __wrap_free(void *block)
{
    live -= watching && block != NULL;
    __real_free(block);
}

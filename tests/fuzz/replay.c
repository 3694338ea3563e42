/* SPDX-License-Identifier: ISC */

/*
 * Runs a fuzz target over its corpus, without a fuzzer: replay_NAME runs over
 * tests/fuzz/corpus/NAME in $top_srcdir, or over the files that it is given.
 * Speaks TAP; a case that fails ends the program, and its name is the last.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path, int number)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    uint8_t *bytes = NULL;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0)
        bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fseek(file, 0, SEEK_SET) != 0 ||
        fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    printf("# %s\n", path);
    fflush(stdout);
    (void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
    printf("ok %d - %s\n", number, strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path);
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_all(const char *directory)
{
    struct dirent **entries = NULL;
    int n = scandir(directory, &entries, is_visible, alphasort);

    if (n < 0) {
        fprintf(stderr, "%s: %s\n", directory, strerror(errno));
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < n; i++) {
        char path[4096 + sizeof(entries[i]->d_name)];

        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        (void)replay(path, i + 1);
        free(entries[i]);
    }
    free(entries);
    return n;
}

int main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '_');
    char directory[4096];
    int n = argc - 1;

    for (int i = 1; i < argc; i++)
        (void)replay(argv[i], i);
    if (argc == 1) {
        snprintf(directory, sizeof(directory), "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".",
                 name != NULL ? name + 1 : "");
        n = replay_all(directory);
    }
    printf("1..%d\n", n);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

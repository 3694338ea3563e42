/* SPDX-License-Identifier: ISC */
#include "daemon/options_internal.h"

#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The configuration file: libconfuse reads it, the options' table says what it may have. */

/* It is a page of text; more than this is something else. */
#define FILE_MAX_BYTES ((size_t)1 << 20)

/* The library's callbacks carry no context of the caller's; set only while it parses. */
static _Thread_local struct reading *parsing;

static void on_parse_error(cfg_t *cfg, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* What the library says, in words that name what the file has and what it is to have.
 * Empty for what is not known here. */
static void reword(const char *format, const char *word, char *why, size_t size)
{
    const char *meant;

    if (strncmp(format, "no such option", 14) == 0) {
        meant = option_table_nearest(&options_table, word, strlen(word), OPTION_IN_FILE);
        snprintf(why, size, "there is no option \"%.64s\"%s%s%s; see waitd.conf(5)", word,
                 meant ? " (did you mean " : "", meant ? meant : "", meant ? "?)" : "");
    } else if (strncmp(format, "missing equal sign", 18) == 0)
        snprintf(why, size, "%.64s lacks its equal sign: an option is written NAME = VALUE", word);
    else if (strncmp(format, "attempt to append", 17) == 0)
        snprintf(why, size, "%.64s takes one value: write = for +=", word);
    else if (strncmp(format, "unexpected token", 16) == 0 && strcmp(word, "{") == 0)
        snprintf(why, size, "a list in braces stands where one value is taken");
    else if (strncmp(format, "unexpected token", 16) == 0)
        snprintf(why, size, "\"%.64s\" is not expected here: an option is written NAME = VALUE",
                 word);
    else if (strncmp(format, "unexpected closing brace", 24) == 0)
        snprintf(why, size, "a closing brace without an opening one");
    else if (strncmp(format, "premature end", 13) == 0)
        snprintf(why, size,
                 "the file ends within a value: it is missing, or its quotation mark or brace is "
                 "not closed");
    else
        why[0] = '\0';
}

static void on_parse_error(cfg_t *cfg, const char *format, va_list arguments)
{
    char why[256];
    va_list copy;

    va_copy(copy, arguments);
    reword(format, strstr(format, "%s") ? va_arg(copy, const char *) : "", why, sizeof(why));
    va_end(copy);
    if (!why[0])
        vsnprintf(why, sizeof(why), format, arguments);
    options_set_problem(parsing, OPTIONS_WRONG, "%s:%d: %s", parsing->options.file,
                        cfg ? cfg->line : 0, why);
}

/* Called at each value, so that a wrong one is reported with its line. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct option_row *row = option_table_find(&options_table, opt->name, strlen(opt->name));
    struct options scratch;
    unsigned n = cfg_opt_size(opt);
    char where[256];
    int result;

    if (n == 0)
        return 0;
    assert(row != NULL); /* libconfuse knows the table's rows alone */
    memset(&scratch, 0, sizeof(scratch));
    snprintf(where, sizeof(where), "%s:%d: ", parsing->options.file, cfg->line);
    result = options_set(parsing, &scratch, row, cfg_opt_getnstr(opt, n - 1), where);
    options_fini(&scratch);
    return result;
}

/* Some editors put one there, and people do not see it. */
static void skip_byte_order_mark(char *text)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (strncmp(text, mark, strlen(mark)) == 0)
        memset(text, ' ', strlen(mark));
}

/*
 * Blanks the comments out.  The library reads them, but counts their lines
 * several times, and then every line that it names is wrong.
 */
static void blank_comments(char *text)
{
    char quote = '\0', before = '\n';

    for (char *c = text; *c; before = *c++) {
        if (quote) {
            if (*c == '\\' && quote == '"' && c[1])
                c++;
            else if (*c == quote)
                quote = '\0';
        } else if (*c == '"' || *c == '\'') {
            quote = *c;
        } else if (*c == '#' || (strncmp(c, "//", 2) == 0 && strchr(" \t\n={},", before))) {
            while (*c && *c != '\n')
                *c++ = ' ';
            c--;
        } else if (strncmp(c, "/*", 2) == 0 && strchr(" \t\n={},", before)) {
            char *end = strstr(c + 2, "*/");

            for (end = end ? end + 2 : c + strlen(c); c < end; c++)
                if (*c != '\n')
                    *c = ' ';
            c--;
        }
    }
}

/* Whether the word that ends at `end`, or before the blanks there, names an
 * option that takes a list. */
static bool ends_list_name(const char *text, const char *end)
{
    const struct option_row *row;
    const char *word;

    while (end > text && strchr(" \t\n", end[-1]))
        end--;
    word = end;
    while (word > text && !strchr(" \t\n={},\"'", word[-1]))
        word--;
    row = option_table_find(&options_table, word, (size_t)(end - word));
    return row && row->type->kind == OPTION_LIST;
}

/*
 * Has each setting of a list add to it, as a flag does: to the library `=` begins
 * it anew, and an address would be lost in silence.  Returns the text with `+=`
 * there, to be freed; NULL when out of memory.
 */
static char *add_to_lists(const char *text)
{
    char *made = malloc(2 * strlen(text) + 1), *out = made;
    char quote = '\0';

    for (const char *c = text; made && *c; c++) {
        if (quote) {
            if (*c == '\\' && quote == '"' && c[1])
                *out++ = *c++;
            else if (*c == quote)
                quote = '\0';
        } else if (*c == '"' || *c == '\'') {
            quote = *c;
        } else if (*c == '=' && ends_list_name(text, c)) {
            *out++ = '+';
        }
        *out++ = *c;
    }
    if (made)
        *out = '\0';
    return made;
}

/* Sets what the file has set and no flag has. */
static int set_from_file(struct reading *reading, cfg_t *cfg)
{
    for (unsigned i = 0; i < options_table.n; i++) {
        const struct option_row *row = &options_table.rows[i];
        unsigned n = row->traits & OPTION_IN_FILE ? cfg_size(cfg, row->name) : 0;

        if (reading->flags.given[i])
            continue;
        for (unsigned j = 0; j < n; j++)
            if (options_set(reading, &reading->options, row, cfg_getnstr(cfg, row->name, j), "") !=
                0)
                return -1;
        reading->flags.given[i] = n > 0;
    }
    return 0;
}

static int parse_file(struct reading *reading, const char *text)
{
    cfg_opt_t keys[OPTION_ROWS_MAX + 1];
    unsigned n = 0;
    cfg_t *cfg;
    int result;

    for (unsigned i = 0; i < options_table.n; i++) {
        const struct option_row *row = &options_table.rows[i];
        cfg_opt_t one = CFG_STR(row->name, NULL, CFGF_NODEFAULT);
        cfg_opt_t list = CFG_STR_LIST(row->name, NULL, CFGF_NODEFAULT);

        if (row->traits & OPTION_IN_FILE)
            keys[n++] = row->type->kind == OPTION_LIST ? list : one;
    }
    keys[n] = (cfg_opt_t)CFG_END();
    cfg = cfg_init(keys, CFGF_NONE);
    if (!cfg)
        return options_set_problem(reading, OPTIONS_UNREADABLE, "out of memory");
    cfg_set_error_function(cfg, on_parse_error);
    for (unsigned i = 0; i < n; i++)
        cfg_set_validate_func(cfg, keys[i].name, on_value);
    parsing = reading;
    result = cfg_parse_buf(cfg, text);
    parsing = NULL;
    if (result != CFG_SUCCESS)
        result = options_set_problem(
            reading, OPTIONS_WRONG, "%s: cannot be read as a configuration", reading->options.file);
    else
        result = set_from_file(reading, cfg);
    cfg_free(cfg);
    return result;
}

/* The whole of a file, with a final NUL, to be freed; NULL and errno. */
static char *read_whole(FILE *file, size_t *len)
{
    char *text = malloc(FILE_MAX_BYTES + 1);

    if (!text)
        return NULL;
    *len = fread(text, 1, FILE_MAX_BYTES, file);
    text[*len] = '\0';
    if (ferror(file) || fgetc(file) != EOF) {
        errno = ferror(file) ? errno : EFBIG;
        free(text);
        return NULL;
    }
    return text;
}

int options_read_file(struct reading *reading, const char *default_file)
{
    const char *name = reading->options.file ? reading->options.file : default_file;
    FILE *file;
    char *text = NULL, *lists = NULL;
    size_t len = 0;
    int result;

    if (!name)
        return 0;
    file = fopen(name, "re");
    if (!file && !reading->options.file && errno == ENOENT) {
        reading->options.missing_file = name;
        return 0;
    }
    reading->options.file = name;
    if (file)
        text = read_whole(file, &len);
    if (!text)
        result = options_set_problem(reading, OPTIONS_UNREADABLE, "cannot read %s: %s", name,
                                     strerror(errno));
    else if (strlen(text) != len)
        result = options_set_problem(reading, OPTIONS_WRONG, "%s: holds a NUL", name);
    else {
        skip_byte_order_mark(text);
        blank_comments(text);
        lists = add_to_lists(text);
        result = lists ? parse_file(reading, lists)
                       : options_set_problem(reading, OPTIONS_UNREADABLE, "out of memory");
    }
    free(lists);
    free(text);
    if (file)
        fclose(file);
    return result;
}

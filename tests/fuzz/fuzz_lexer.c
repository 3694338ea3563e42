/* SPDX-License-Identifier: ISC */

/*
 * The lexer hands out the same tokens however its input is cut, up to the
 * same end.  The first byte chooses the limits and the pieces.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct digest {
    uint64_t hash;
    uint64_t tokens;
    enum lexer_token_kind last;
    uint64_t diagnostic;
};

static void mix(struct digest *digest, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        digest->hash = (digest->hash ^ at[i]) * 0x100000001B3u;
}

static void note(struct digest *digest, const struct lexer_token *token)
{
    bool has_text =
        token->kind == LEXER_KEY || token->kind == LEXER_STRING || token->kind == LEXER_NUMBER;
    mix(digest, &token->kind, sizeof(token->kind));
    mix(digest, &token->depth, sizeof(token->depth));
    mix(digest, &token->offset, sizeof(token->offset));
    digest->tokens++;
    if (!has_text)
        return;
    assert(token->text != NULL);
    mix(digest, token->text, token->len);
    if (token->kind == LEXER_NUMBER)
        return;
    assert(token->len >= 2 && token->text[0] == '"' && token->text[token->len - 1] == '"');
    assert(token->escaped == (memchr(token->text, '\\', token->len) != NULL));
    char *out = malloc(token->len);
    size_t len = lexer_decode(token->text, token->len, out);
    assert(len <= token->len - 2);
    mix(digest, out, len);
    free(out);
}

/* Where a diagnostic is, as offset and as line and column. */
static void note_place(struct digest *digest, const struct lexer *lexer)
{
    uint64_t line = lexer_diagnostic_line(lexer), column = lexer_diagnostic_column(lexer);
    digest->diagnostic = lexer_diagnostic_offset(lexer);
    assert(line >= 1 && column >= 1 && column <= digest->diagnostic + 1);
    mix(digest, &line, sizeof(line));
    mix(digest, &column, sizeof(column));
}

static bool drain(struct lexer *lexer, struct digest *digest)
{
    struct lexer_token token;
    for (;;) {
        digest->last = lexer_next(lexer, &token);
        if (digest->last == LEXER_MORE)
            return true;
        if (digest->last == LEXER_BAD)
            note_place(digest, lexer);
        if (digest->last >= LEXER_BAD)
            return false;
        note(digest, &token);
    }
}

/* piece: bytes in each piece, 0 for all at once. */
static struct digest run(const uint8_t *data, size_t size, unsigned choice, size_t piece)
{
    struct digest digest = {.hash = 0xCBF29CE484222325u};
    struct lexer *lexer = lexer_new((choice & 1) != 0 ? 24 : 1u << 20, (choice & 2) != 0 ? 3 : 64);
    bool more = true;
    if (lexer == NULL)
        return digest;
    for (size_t at = 0; more && at < size;) {
        size_t len = piece == 0 || piece > size - at ? size - at : piece;
        char *copy = malloc(len);
        memcpy(copy, data + at, len);
        lexer_feed(lexer, copy, len);
        more = drain(lexer, &digest);
        free(copy);
        at += len;
    }
    if (more) {
        lexer_finish(lexer);
        drain(lexer, &digest);
    }
    lexer_free(lexer);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned choice = data[0];
    struct digest whole = run(data + 1, size - 1, choice, 0);
    size_t pieces[] = {1, 2 + choice / 4 % 16, 7};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct digest cut = run(data + 1, size - 1, choice, pieces[i]);
        assert(cut.hash == whole.hash && cut.tokens == whole.tokens);
        assert(cut.last == whole.last && cut.diagnostic == whole.diagnostic);
    }
    return 0;
}

/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "client/terminal/terminal_frame.h"
#include "client/terminal/terminal_text.h"
#include "tests/support/check.h"

/* Widths of text, and lines that are drawn over.  What a real terminal makes of
 * them is for tests/wire/test_terminal.sh to see. */

static struct bytes out;
static struct terminal_frame frame;
static struct terminal terminal;

static void set_up(void)
{
    terminal = (struct terminal){
        .is_terminal = true,
        .can_redraw = true,
        .columns = 10,
        .rows = 5,
        .up = "<up>",
        .erase_line = "<el>",
        .erase_below = "<ed>",
        .hide = "<",
        .show = ">",
    };
}

static void tear_down(void)
{
    bytes_fini(&out);
    terminal_frame_fini(&frame);
}

static const char *taken(void)
{
    bytes_add_char(&out, '\0');
    return bytes_at(&out);
}

/* ---- Widths ---------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t width;
    const char *in_4, *in_4_ascii;
} texts[] = {
    {"", 0, "    ", "    "},
    {"abc", 3, "abc ", "abc "},
    {"abcd", 4, "abcd", "abcd"},
    {"abcde", 5, "abc…", "abc."},
    {"\u65e5\u672c", 4, "\u65e5\u672c", "??  "},
    {"\u65e5\u672c\u8a9e", 6, "\u65e5… ", "??? "},
    {"e\u0301te\u0301", 3, "e\u0301te\u0301 ", "?t? "},
    {"e\u0301te\u0301te\u0301", 5, "e\u0301te\u0301…", "?t?."},
    {"\U0001F468\u200D\U0001F469\u200D\U0001F467", 2,
     "\U0001F468\u200D\U0001F469\u200D\U0001F467  ", "?   "},
    {"\U0001F1E9\U0001F1EA!", 3, "\U0001F1E9\U0001F1EA! ", "?!  "},
    {"a\u200Bb", 2, "a\u200Bb  ", "ab  "},
    {"\033[31mab\033[0m", 2, NULL, NULL},
};

START_TEST(text_takes_the_columns_that_it_takes)
{
    size_t len = strlen(texts[_i].text);

    ck_assert_uint_eq(terminal_text_width(texts[_i].text, len), texts[_i].width);
    if (texts[_i].in_4 == NULL)
        return;
    terminal_text_append(&out, texts[_i].text, len, 4, true);
    ck_assert_str_eq(taken(), texts[_i].in_4);
    bytes_fini(&out);
    terminal_text_append(&out, texts[_i].text, len, 4, false);
    ck_assert_str_eq(taken(), texts[_i].in_4_ascii);
}
END_TEST

START_TEST(text_fits_into_any_number_of_columns)
{
    static const char text[] = "a\u65e5e\u0301\U0001F1E9\U0001F1EA";

    for (size_t columns = 0; columns < 9; columns++) {
        bytes_fini(&out);
        terminal_text_append(&out, text, strlen(text), columns, true);
        ck_assert_uint_eq(terminal_text_width(bytes_at(&out), bytes_len(&out)), columns);
        bytes_fini(&out);
        terminal_text_append(&out, text, strlen(text), columns, false);
        ck_assert_uint_eq(bytes_len(&out), columns);
    }
}
END_TEST

static const struct {
    const char *pieces;
    size_t columns;
    const char *lines;
} folded[] = {
    {"a b\nc d", 0, "a b c d\n"},
    {"a b\nc d", 7, "a b c d\n"},
    {"a b\nc d", 6, "a b\n  c d\n"},
    /* What has no line to itself is broken at its blanks. */
    {"pool:\nqueue of 0 at most;\nused", 14, "pool: queue of\n  0 at most;\n  used\n"},
    {"a long beginning\nand", 9, "a long\n  beginning\n  and\n"},
    {"unbreakable\nb c", 6, "unbreakable\n  b c\n"},
};

START_TEST(text_is_folded)
{
    terminal_text_fold(&out, folded[_i].pieces, strlen(folded[_i].pieces), folded[_i].columns, 2);
    ck_assert_str_eq(taken(), folded[_i].lines);
}
END_TEST

/* ---- Frames ------------------------------------------------------------------- */

static const char *redrawn(const char *text)
{
    struct bytes lines = {0};

    bytes_fini(&out);
    bytes_add_string(&lines, text);
    terminal_frame_draw(&frame, &terminal, &lines, &out);
    bytes_fini(&lines);
    return taken();
}

START_TEST(only_lines_that_changed_are_written)
{
    ck_assert_str_eq(redrawn("one\ntwo\n"), "<one<el>\r\ntwo<el>\r\n<ed>>");
    ck_assert_str_eq(redrawn("one\n2\n"), "<\r<up><up>\r\n2<el>\r\n<ed>>");
    ck_assert_str_eq(redrawn("one\n2\nthree\n"), "<\r<up><up>\r\n\r\nthree<el>\r\n<ed>>");
    ck_assert_str_eq(redrawn("1\n"), "<\r<up><up><up>1<el>\r\n<ed>>");
}
END_TEST

START_TEST(a_full_line_keeps_its_last_character)
{
    ck_assert_str_eq(redrawn("0123456789\n"), "<0123456789\r\n<ed>>");
}
END_TEST

START_TEST(lines_that_a_narrower_terminal_breaks_are_gone_over)
{
    redrawn("0123456789\nabc\n");
    terminal.columns = 4;
    ck_assert_str_eq(redrawn("0123\nabc\n"), "<\r<up><up><up><up><ed>0123\r\nabc<el>\r\n<ed>>");
}
END_TEST

START_TEST(a_frame_never_goes_above_the_terminal)
{
    redrawn("1\n2\n3\n4\n");
    terminal.rows = 3;
    ck_assert_str_eq(redrawn("a\n"), "<\r<up><up><ed>a<el>\r\n<ed>>");
}
END_TEST

START_TEST(a_frame_can_be_taken_away_or_left)
{
    redrawn("1\n2\n");
    bytes_fini(&out);
    terminal_frame_clear(&frame, &terminal, &out);
    ck_assert_str_eq(taken(), "\r<up><up><ed>");
    redrawn("1\n2\n");
    terminal_frame_leave(&frame);
    ck_assert_str_eq(redrawn("3\n"), "<3<el>\r\n<ed>>");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {text_takes_the_columns_that_it_takes, N(texts)},
        {text_fits_into_any_number_of_columns, 1},
        {text_is_folded, N(folded)},
        {only_lines_that_changed_are_written, 1},
        {a_full_line_keeps_its_last_character, 1},
        {lines_that_a_narrower_terminal_breaks_are_gone_over, 1},
        {a_frame_never_goes_above_the_terminal, 1},
        {a_frame_can_be_taken_away_or_left, 1},
    };

    return check_suite("terminal", set_up, tear_down, tests, N(tests));
}

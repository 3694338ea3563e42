# SPDX-License-Identifier: ISC
#
# Makes client/cmd/example_table.c: the samples that the table in their README lists,
# in its order and with its words.
#
#     awk -v folder=tests/samples -f client/cmd/example_table.awk tests/samples/README.md

function quoted(text)
{
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

BEGIN {
    FS = " *[|] *"
    print "/* Made by client/cmd/example_table.awk. */"
    print "#include \"client/cmd/example.h\"\n"
    print "const struct example example_table[] = {"
}

/^\| \[.*\.json\]\(/ {
    name = $2
    sub(/^\[/, "", name)
    sub(/\.json\].*/, "", name)
    file = folder "/" name ".json"
    printf "    {%s, %s, %s,\n", quoted(name), quoted($3), quoted($4)
    lines = 0
    while ((getline line < file) > 0) {
        print "     " quoted(line) " \"\\n\""
        lines++
    }
    close(file)
    if (lines == 0) {
        print "there is nothing in " file | "cat >&2"
        failed = 1
        exit
    }
    print "    },"
    count++
}

END {
    print "};"
    print "const size_t example_table_size = sizeof example_table / sizeof example_table[0];"
    exit failed || count == 0
}

/* SPDX-License-Identifier: ISC */
#include "client/import/remarks.h"

#include <inttypes.h>

/* The count precedes the text, unless there is no text for several. */
static const struct {
    const char *one, *many;
} words[REMARKS] = {
    [REMARK_NO_GRAPH] = {"without --graph nothing is known of dependencies: jobs start in the "
                         "order in which they were started then",
                         NULL},
    [REMARK_NOT_IN_GRAPH] = {" job has no output in the graph and waits for no other",
                             " jobs have no output in the graph and wait for no other"},
    [REMARK_OLDER_BUILDS] =
        {" earlier build in the log is left out; what it alone has made is not "
         "in the batch",
         " earlier builds in the log are left out; what they alone have made is "
         "not in the batch"},
    [REMARK_HASH_ORDER] =
        {"the log has been rewritten in the order of hashes, where builds cannot "
         "be distinguished: the newest entry of each output is taken, of whichever "
         "build it is",
         NULL},
    [REMARK_JOINT_OUTPUTS] = {" output was made along with another one, whose job it belongs to",
                              " outputs were made along with another one, whose job they belong "
                              "to"},
    [REMARK_NO_WORKFLOW] =
        {"without --workflow nothing is known of needs: no job waits for another", NULL},
    [REMARK_NOT_IN_WORKFLOW] =
        {" job is none of the workflow's: it keeps its name and waits for no other",
         " jobs are none of the workflow's: they keep their names and wait for no other"},
    [REMARK_CALLED_WORKFLOW] =
        {" job is of a workflow that is called, whose own needs are not known",
         " jobs are of workflows that are called, whose own needs are not known"},
    [REMARK_QUEUEING] = {"the time that jobs queued for a runner is left out", NULL},
    [REMARK_JOB_NOT_ENDED] = {" job without an end time is left out",
                              " jobs without an end time are left out"},
    [REMARK_STEP_NOT_ENDED] = {" step without a begin and an end time is left out",
                               " steps without a begin and an end time are left out"},
    [REMARK_NO_STEPS] = {" job has no steps: it computes from its begin to its end",
                         " jobs have no steps: they compute from their begin to their end"},
    [REMARK_OLDER_ATTEMPTS] = {" job that a later attempt ran again is left out",
                               " jobs that a later attempt ran again are left out"},
    [REMARK_OTHER_PAGES] =
        {" job of the run is on another page and left out (ask for per_page=100, "
         "or all pages)",
         " jobs of the run are on other pages and left out (ask for "
         "per_page=100, or all pages)"},
    [REMARK_RAN_ALTHOUGH] = {" job ran although one that it needs had failed: here it is skipped",
                             " jobs ran although one that they need had failed: here they are "
                             "skipped"},
    [REMARK_NO_RUNTIME] = {" task without a runtime takes no time",
                           " tasks without a runtime take no time"},
    [REMARK_SHARED_NAMES] = {" task has the name of another one: who waits for it waits for both",
                             " tasks have the name of another one: who waits for one waits for "
                             "all of its name"},
    [REMARK_OLDER_ROWS] = {" row of a job that was run again is left out",
                           " rows of jobs that were run again are left out"},
    [REMARK_BACKWARDS] = {" time ends before it begins and is taken for 0",
                          " times end before they begin and are taken for 0"},
    [REMARK_NOT_UTF8] = {" text is not UTF-8; what cannot be read in it is U+FFFD",
                         " texts are not UTF-8; what cannot be read in them is U+FFFD"},
    [REMARK_RENAMED_FILES] =
        {" file has a number behind its names, since it has some in common with an earlier one",
         " files have a number behind their names, since they have some in common with earlier "
         "ones"},
    [REMARK_TOO_LONG] = {" time is longer than 30 days, which waitd takes only with a larger "
                         "max-wait",
                         " times are longer than 30 days, which waitd takes only with a larger "
                         "max-wait"},
    [REMARK_NO_JOBS] = {"there are no jobs in it", NULL},
};

void remarks_word(const struct remarks *remarks, enum remark which, struct bytes *out)
{
    uint64_t n = remarks->count[which];

    if (n == 0)
        return;
    if (words[which].many != NULL)
        bytes_add_format(out, "%" PRIu64, n);
    bytes_add_string(out,
                     words[which].many == NULL || n == 1 ? words[which].one : words[which].many);
}

/* SPDX-License-Identifier: ISC */

/* Each way in which a request can be at fault: what is reported, and where. */
#include "proto/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"
#include "tests/support/refusals.h"

#define INVALID "invalid_request"

/* ---- Requests that are not ---------------------------------------------------------- */

START_TEST(a_request_as_a_whole)
{
    static const struct refusal cases[] = {
        {"{}", INVALID, "", "\"op\"|\"jobs\"|neither"},
        {"{\"id\":1}", INVALID, "", "neither"},
        {"5", INVALID, "", "an object, or an array of jobs, not 5"},
        {"\"text\"", INVALID, "", "not \"text\""},
        {"null", INVALID, "", "not null"},
        {"true", INVALID, "", "not true"},
        {"{\"op\":\"submit\"}", INVALID, "", "\"jobs\""},
        {"{\"op\":\"cancel\"}", INVALID, "", "\"batch\""},
        {"{\"batch\":1,\"op\":\"x\"}", INVALID, "op", "not \"x\""},
        {"{\"op\":5}", INVALID, "op", "\"submit\"|\"quit\"|not 5"},
        {"{\"op\":null}", INVALID, "op", "not null"},
        {"{\"op\":\"forecast\",\"runs\":1,\"clock\":\"real\",\"jobs\":[]}", INVALID, "clock",
         "\"real\""},
        {"{\"clock\":\"x\",\"runs\":1,\"op\":\"forecast\",\"jobs\":[]}", INVALID, "clock",
         "not \"x\""},
        {"{\"op\":\"PING\"}", INVALID, "op", "not \"PING\""},
        {"{\"op\":\"ping\",\"jobs\":[]}", INVALID, "jobs", "\"ping\"|op, id and protocol"},
        {"{\"jobs\":[{\"wait\":-1}],\"op\":\"ping\"}", INVALID, "jobs", "\"ping\""},
        {"{\"batch\":1,\"jobs\":[]}", INVALID, "batch", "\"submit\"|\"batch\""},
        {"{\"op\":\"cancel\",\"batch\":1,\"mode\":\"sequential\"}", INVALID, "mode", "\"cancel\""},
        {"{\"op\":\"quit\",\"job\":1,\"batch\":1}", INVALID, "job", "\"quit\""},
        {"{\"op\":\"ping\",\"protocol\":2}", INVALID, "protocol", "takes 1|not 2"},
        {"{\"op\":\"ping\",\"protocol\":1.0}", INVALID, "protocol", "not 1.0"},
        {"{\"op\":\"ping\",\"protocol\":\"1\"}", INVALID, "protocol", "not \"1\""},
        {"{\"op\":\"ping\",\"id\":1.5}", INVALID, "id", "a string or an integer, not 1.5"},
        {"{\"op\":\"ping\",\"id\":1e3}", INVALID, "id", "not 1e3"},
        {"{\"op\":\"ping\",\"id\":null}", INVALID, "id", "not null"},
        {"{\"op\":\"ping\",\"id\":[1,2]}", INVALID, "id", "not an array"},
        {"{\"op\":\"ping\",\"id\":{}}", INVALID, "id", "not an object"},
        {"{\"op\":\"ping\",\"op\":\"ping\"}", INVALID, "op", "once|\"op\"|twice"},
        {"{\"op\":\"ping\",\"\\u006fp\":\"ping\"}", INVALID, "op", "twice"},
        {"{\"opp\":\"ping\"}", INVALID, "opp",
         "no member \"opp\"|op, id, protocol|after and token"},
        {"{\"op\":\"ping\",\"x\":1}", INVALID, "x",
         "a \"ping\" request has no member \"x\"; it takes op, id and protocol|"},
        {"{\"op\":\"cancel\",\"jbo\":1}", INVALID, "jbo",
         "mean \"job\"?); it takes op, id, protocol, batch"},
        {"{\"jobs\":[],\"x\":1}", INVALID, "x",
         "a request has no member \"x\"; it takes op|report, runs, detach|on_restart and "
         "heartbeat"},
        /* The longest of such messages is whole, too. */
        {"{\"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz\":1}",
         INVALID, "[\"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz\"]",
         "…\"; it takes op|after and token"},
        {"{\"op\\u0000\":\"ping\"}", INVALID, "[\"op\\u0000\"]", "no member"},
        {"{\"\":1}", INVALID, "[\"\"]", "no member \"\""},
        {"{\"a b\":1}", INVALID, "[\"a b\"]", "no member \"a b\""},
        {"{\"jobs\":{}}", INVALID, "jobs", "an array of jobs, not an object"},
        {"{\"jobs\":null}", INVALID, "jobs", "not null"},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(the_options_of_a_batch)
{
    static const struct refusal cases[] = {
        {"{\"mode\":\"x\",\"jobs\":[]}", INVALID, "mode",
         "\"concurrent\", \"sequential\" or \"blocking\", not \"x\""},
        {"{\"mode\":null,\"jobs\":[]}", INVALID, "mode", "not null"},
        {"{\"until\":\"done\",\"jobs\":[]}", INVALID, "until",
         "\"all\"|\"first_done\"|\"first_failed\"|not \"done\""},
        {"{\"clock\":\"fake\",\"jobs\":[]}", INVALID, "clock", "\"real\" or \"virtual\""},
        {"{\"events\":[],\"jobs\":[]}", INVALID, "events",
         "\"all\", \"done\" or \"none\", not an array"},
        {"{\"concurrency\":0,\"jobs\":[]}", INVALID, "concurrency", "1 or more|not 0"},
        {"{\"concurrency\":-1,\"jobs\":[]}", INVALID, "concurrency", "not -1"},
        {"{\"concurrency\":2.0,\"jobs\":[]}", INVALID, "concurrency", "without fraction|not 2.0"},
        {"{\"concurrency\":1e3,\"jobs\":[]}", INVALID, "concurrency", "exponent|not 1e3"},
        {"{\"workers\":\"2\",\"jobs\":[]}", INVALID, "workers", "not \"2\""},
        {"{\"workers\":null,\"jobs\":[]}", INVALID, "workers", "not null"},
        {"{\"timeout\":-1,\"jobs\":[]}", INVALID, "timeout", "0 or more, not -1"},
        {"{\"timeout\":\"1 s\",\"jobs\":[]}", INVALID, "timeout", "not \"1 s\""},
        {"{\"timeout\":{\"dist\":\"uniform\"},\"jobs\":[]}", INVALID, "timeout", "not an object"},
        {"{\"timeout\":1e400,\"jobs\":[]}", INVALID, "timeout", "at most 2592000 s, not 1e400"},
        {"{\"seed\":9223372036854775808,\"jobs\":[]}", INVALID, "seed", "2^63-1|not 92233"},
        {"{\"seed\":-9223372036854775809,\"jobs\":[]}", INVALID, "seed", "-2^63|not -92233"},
        {"{\"seed\":99999999999999999999999999,\"jobs\":[]}", INVALID, "seed", "not 999"},
        {"{\"seed\":1.0,\"jobs\":[]}", INVALID, "seed", "not 1.0"},
        {"{\"job\":[{\"wait\":1}]}", INVALID, "job", "did you mean \"jobs\"?|not an array"},
        {"{\"op\":\"cancel\",\"batch\":1,\"job\":\"x\"}", INVALID, "job",
         "an integer of 0 or more|not \"x\""},
        {"{\"defaults\":[],\"jobs\":[]}", INVALID, "defaults", "an object|not an array"},
        {"{\"op\":\"cancel\",\"batch\":-1}", INVALID, "batch", "0 or more|not -1"},
        {"{\"op\":\"cancel\",\"batch\":\"1\"}", INVALID, "batch", "not \"1\""},
        {"{\"op\":\"cancel\",\"batch\":1,\"job\":null}", INVALID, "job", "not null"},
        {"{\"op\":\"cancel\",\"job\":1}", INVALID, "", "\"batch\""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(the_waits_and_steps_of_a_job)
{
    static const struct refusal cases[] = {
        {"[5]", INVALID, "[0]", "each of the jobs takes an object, not 5"},
        {"{\"jobs\":[{},null]}", INVALID, "jobs[1]", "each of \"jobs\"|not null"},
        {"[{},[]]", INVALID, "[1]", "not an array"},
        {"[{\"wait\":-1}]", INVALID, "[0].wait", "0 or more, not -1"},
        {"{\"jobs\":[{},{\"wait\":-0.5}]}", INVALID, "jobs[1].wait", "not -0.5"},
        {"[{\"wait\":null}]", INVALID, "[0].wait", "seconds|\"250ms\"|\"dist\"|not null"},
        {"[{\"wait\":true}]", INVALID, "[0].wait", "not true"},
        {"[{\"wait\":[1]}]", INVALID, "[0].wait", "not an array"},
        {"[{\"wait\":\"1x\"}]", INVALID, "[0].wait", "\"1m30s\"|not \"1x\""},
        {"[{\"wait\":\"5\"}]", INVALID, "[0].wait", "not \"5\""},
        {"[{\"wait\":\"-1s\"}]", INVALID, "[0].wait", "0 or more, not \"-1s\""},
        {"[{\"wait\":2592000.000000001}]", INVALID, "[0].wait", "at most 2592000 s"},
        {"[{\"wait\":\"721h\"}]", INVALID, "[0].wait", "at most 2592000 s, not \"721h\""},
        {"[{\"wait\":1e999999999999}]", INVALID, "[0].wait", "not 1e999999999999"},
        {"[{\"compute\":\"\"}]", INVALID, "[0].compute", "not \"\""},
        {"[{\"wait\":1,\"compute\":1}]", INVALID, "[0].compute",
         "at most one of wait, compute and steps|\"compute\" stands beside \"wait\""},
        {"[{\"steps\":[],\"wait\":{\"dist\":\"none\"}}]", INVALID, "[0].wait", "beside \"steps\""},
        {"[{\"compute\":1,\"steps\":[{\"x\":1}]}]", INVALID, "[0].steps", "beside \"compute\""},
        {"[{\"steps\":{}}]", INVALID, "[0].steps", "an array of steps, not an object"},
        {"[{\"steps\":[1]}]", INVALID, "[0].steps[0]", "each of \"steps\""},
        {"[{\"steps\":[{\"wait\":1},{}]}]", INVALID, "[0].steps[1]",
         "each of \"steps\" takes wait or compute, and this one has neither"},
        {"[{\"steps\":[{\"wait\":1,\"compute\":1}]}]", INVALID, "[0].steps[0].compute", "beside"},
        {"{\"jobs\":[{\"steps\":[{\"wait\":1},{\"wait\":1},{\"wait\":-1}]}]}", INVALID,
         "jobs[0].steps[2].wait", "not -1"},
        {"[{\"steps\":[{\"wait\":1,\"name\":\"x\"}]}]", INVALID, "[0].steps[0].name",
         "a step has no member \"name\"; it takes wait, compute, note and pool"},
        {"[{\"steps\":[{\"wait\":1,\"note\":5}]}]", INVALID, "[0].steps[0].note", "a string"},
        {"[{\"steps\":[{\"wait\":1,\"wait\":1}]}]", INVALID, "[0].steps[0].wait", "twice"},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(the_other_members_of_a_job)
{
    static const struct refusal cases[] = {
        {"[{\"note\":\"x\"}]", INVALID, "[0].note", "a job has no member \"note\""},
        {"[{\"name\":5}]", INVALID, "[0].name", "a string, not 5"},
        {"[{\"name\":null}]", INVALID, "[0].name", "not null"},
        {"[{\"repeat\":0}]", INVALID, "[0].repeat", "1 or more"},
        {"[{\"count\":0}]", INVALID, "[0].count", "1 or more"},
        {"[{\"count\":-0}]", INVALID, "[0].count", "not -0"},
        {"[{\"count\":1.0}]", INVALID, "[0].count", "not 1.0"},
        {"[{\"count\":true}]", INVALID, "[0].count", "not true"},
        {"[{\"retries\":-1}]", INVALID, "[0].retries", "0 or more"},
        {"[{\"retries\":1e3}]", INVALID, "[0].retries", "not 1e3"},
        {"[{\"timeout\":null}]", INVALID, "[0].timeout", "not null"},
        {"[{\"fail\":2}]", INVALID, "[0].fail", "true, false or a probability from 0 to 1, not 2"},
        {"[{\"fail\":-0.1}]", INVALID, "[0].fail", "not -0.1"},
        {"[{\"fail\":1.00000000000000000000001}]", INVALID, "[0].fail", "not 1.0"},
        {"[{\"fail\":-1e-400}]", INVALID, "[0].fail", "not -1e-400"},
        {"[{\"fail\":\"yes\"}]", INVALID, "[0].fail", "not \"yes\""},
        {"[{\"fail\":null}]", INVALID, "[0].fail", "not null"},
        {"[{\"after\":5}]", INVALID, "[0].after", "a name or an array of names, not 5"},
        {"[{\"after\":{}}]", INVALID, "[0].after", "not an object"},
        {"[{\"after\":[[]]}]", INVALID, "[0].after[0]", "not an array"},
        {"[{\"name\":\"a\"},{\"after\":[\"a\",5]}]", INVALID, "[1].after[1]", "not 5"},
        {"[{\"wai t\":1}]", INVALID, "[0][\"wai t\"]",
         "no member \"wai t\" (did you mean \"wait\"?); it takes name, wait"},
        {"{\"jobs\":[{\"wait\":1,\"\\u0077ait\":1}]}", INVALID, "jobs[0].wait", "twice"},
        {"[{\"data\":1,\"data\":1}]", INVALID, "[0].data", "twice"},
        {"{\"defaults\":{\"wait\":-1},\"jobs\":[]}", INVALID, "defaults.wait", "not -1"},
        {"{\"defaults\":{\"jobs\":[]},\"jobs\":[]}", INVALID, "defaults.jobs", "no member"},
        {"{\"defaults\":{\"steps\":[{\"wait\":\"?\"}]},\"jobs\":[]}", INVALID,
         "defaults.steps[0].wait", "not \"?\""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(a_key_is_shown_in_the_path_as_jq_writes_it)
{
    static const struct refusal cases[] = {
        {"{\"a\\\"b\":1}", INVALID, "[\"a\\\"b\"]", ""},
        {"{\"a\\\\b\":1}", INVALID, "[\"a\\\\b\"]", ""},
        {"{\"\\u00e9\":1}", INVALID, "[\"é\"]", ""},
        {"{\"_a9\":1}", INVALID, "_a9", ""},
        {"{\"9a\":1}", INVALID, "[\"9a\"]", ""},
        {"{\"a-b\":1}", INVALID, "[\"a-b\"]", ""},
        {"{\"\\ud800\":1}", INVALID, "[\"\\ud800\"]", ""},
        {"{\"a\\nb\":1}", INVALID, "[\"a\\u000ab\"]", ""},
        {"[{\"x.y\":1}]", INVALID, "[0][\"x.y\"]", ""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(drawn_durations_and_back_offs)
{
#define WAIT(law) "[{\"wait\":{" law "}}]"
    static const struct refusal cases[] = {
        {WAIT(""), INVALID, "[0].wait", "\"dist\"|\"uniform\", \"exponential\", \"normal\""},
        {WAIT("\"min\":1"), INVALID, "[0].wait", "\"dist\""},
        {WAIT("\"dist\":\"gamma\""), INVALID, "[0].wait.dist",
         "\"uniform\"|\"exponential\"|\"normal\"|\"lognormal\" or \"trace\", not \"gamma\""},
        {WAIT("\"dist\":5"), INVALID, "[0].wait.dist", "not 5"},
        {WAIT("\"dist\":\"uniform\",\"min\":1"), INVALID, "[0].wait", "min and max|no \"max\""},
        {WAIT("\"dist\":\"uniform\",\"max\":1"), INVALID, "[0].wait", "no \"min\""},
        {WAIT("\"dist\":\"uniform\",\"min\":2,\"max\":1"), INVALID, "[0].wait.max",
         "at least \"min\"|2 s, not 1 s"},
        {WAIT("\"max\":1,\"min\":2,\"dist\":\"uniform\""), INVALID, "[0].wait.max", "not 1 s"},
        {WAIT("\"dist\":\"uniform\",\"min\":1,\"max\":2,\"mean\":1"), INVALID, "[0].wait.mean",
         "\"uniform\"|min and max|\"mean\""},
        {WAIT("\"mean\":1,\"dist\":\"uniform\",\"min\":1,\"max\":2"), INVALID, "[0].wait.mean", ""},
        {WAIT("\"dist\":\"exponential\""), INVALID, "[0].wait", "no \"mean\""},
        {WAIT("\"dist\":\"exponential\",\"mean\":-1"), INVALID, "[0].wait.mean", "not -1"},
        {WAIT("\"dist\":\"exponential\",\"mean\":1,\"values\":[1]"), INVALID, "[0].wait.values",
         ""},
        {WAIT("\"dist\":\"normal\",\"mean\":1"), INVALID, "[0].wait", "no \"stddev\""},
        {WAIT("\"dist\":\"normal\",\"mean\":1,\"stddev\":-1"), INVALID, "[0].wait.stddev", ""},
        {WAIT("\"dist\":\"lognormal\",\"p50\":0,\"p99\":1"), INVALID, "[0].wait.p50", "above 0"},
        {WAIT("\"dist\":\"lognormal\",\"p50\":2,\"p99\":1"), INVALID, "[0].wait.p99",
         "at least \"p50\""},
        {WAIT("\"dist\":\"trace\",\"values\":[]"), INVALID, "[0].wait.values", "empty"},
        {WAIT("\"dist\":\"trace\",\"values\":5"), INVALID, "[0].wait.values", "an array"},
        {WAIT("\"dist\":\"trace\",\"values\":[1,-1]"), INVALID, "[0].wait.values[1]", "not -1"},
        {WAIT("\"dist\":\"trace\",\"values\":[1,{}]"), INVALID, "[0].wait.values[1]", "an object"},
        {WAIT("\"dist\":\"trace\""), INVALID, "[0].wait", "no \"values\""},
        {WAIT("\"dist\":\"uniform\",\"lo\":1"), INVALID, "[0].wait.lo", "no member \"lo\""},
        {WAIT("\"dist\":\"uniform\",\"dist\":\"uniform\""), INVALID, "[0].wait.dist", "twice"},
        {"[{\"steps\":[{\"wait\":1},{\"compute\":{\"dist\":\"uniform\",\"min\":1,\"max\":0}}]}]",
         INVALID, "[0].steps[1].compute.max", ""},
        {"[{\"backoff\":5}]", INVALID, "[0].backoff", "an object with \"initial\", not 5"},
        {"[{\"backoff\":{}}]", INVALID, "[0].backoff",
         "\"backoff\" takes an \"initial\" duration, and this one has none"},
        {"[{\"compute\":{}}]", INVALID, "[0].compute",
         "\"compute\" takes a \"dist\", which is \"uniform\"|, and this one has none"},
        {"[{\"steps\":[{\"wait\":{\"dist\":\"normal\",\"mean\":1}}]}]", INVALID,
         "[0].steps[0].wait",
         "\"wait\" takes mean and stddev with a \"dist\" of \"normal\", and this one has no "
         "\"stddev\""},
        {"[{\"every\":{\"dist\":\"trace\"}}]", INVALID, "[0].every",
         "\"every\" takes values with a \"dist\" of \"trace\", and this one has no \"values\""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(figures_of_back_offs)
{
    static const struct refusal cases[] = {
        {"[{\"backoff\":{\"initial\":-1}}]", INVALID, "[0].backoff.initial", "not -1"},
        {"[{\"backoff\":{\"initial\":1,\"factor\":0.99}}]", INVALID, "[0].backoff.factor",
         "1 or more|not 0.99"},
        {"[{\"backoff\":{\"initial\":1,\"factor\":0.99999999999999999999}}]", INVALID,
         "[0].backoff.factor", "1 or more|not 0.99999999999999999999"},
        {"[{\"backoff\":{\"initial\":1,\"factor\":-2}}]", INVALID, "[0].backoff.factor", "not -2"},
        {"[{\"backoff\":{\"initial\":1,\"factor\":1.8e308}}]", INVALID, "[0].backoff.factor", ""},
        {"[{\"backoff\":{\"initial\":1,\"factor\":1e400}}]", INVALID, "[0].backoff.factor", ""},
        {"[{\"backoff\":{\"initial\":1,\"factor\":\"2\"}}]", INVALID, "[0].backoff.factor", ""},
        {"[{\"backoff\":{\"initial\":1,\"factor\":null}}]", INVALID, "[0].backoff.factor", ""},
        {"[{\"backoff\":{\"initial\":1,\"max\":\"x\"}}]", INVALID, "[0].backoff.max", ""},
        {"[{\"backoff\":{\"initial\":1,\"jitter\":true}}]", INVALID, "[0].backoff.jitter",
         "\"none\" or \"full\", not true"},
        {"[{\"backoff\":{\"initial\":1,\"base\":2}}]", INVALID, "[0].backoff.base",
         "initial, factor, max and jitter"},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(names_that_nobody_has_and_circles)
{
    static const struct refusal cases[] = {
        {"[{\"after\":\"x\"}]", INVALID, "[0].after", "\"x\""},
        {"{\"jobs\":[{\"name\":\"a\"},{\"after\":[\"a\",\"x\"]}]}", INVALID, "jobs[1].after[1]",
         "\"x\""},
        {"[{\"after\":[\"x\"]}]", INVALID, "[0].after[0]", ""},
        {"{\"defaults\":{\"after\":\"x\"},\"jobs\":[{}]}", INVALID, "defaults.after", "\"x\""},
        {"[{\"name\":\"a\",\"after\":\"a\"}]", INVALID, "[0].after", "a -> a"},
        {"[{\"name\":\"a\",\"after\":\"b\"},{\"name\":\"b\",\"after\":[\"c\"]},{\"name\":\"c\","
         "\"after\":\"a\"}]",
         INVALID, "[0].after", "a -> b -> c -> a"},
        {"[{\"after\":\"\\ud800\"}]", INVALID, "[0].after", "\\ud800"},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(pools_and_arrivals)
{
    static const struct refusal cases[] = {
        {"{\"pools\":[],\"jobs\":[]}", INVALID, "pools", "an object of pools|not an array"},
        {"{\"pools\":{\"a\":0},\"jobs\":[]}", INVALID, "pools.a", "1 or more|not 0"},
        {"{\"pools\":{\"a\":-1},\"jobs\":[]}", INVALID, "pools.a", "not -1"},
        {"{\"pools\":{\"a\":1.0},\"jobs\":[]}", INVALID, "pools.a", "not 1.0"},
        {"{\"pools\":{\"a\":null},\"jobs\":[]}", INVALID, "pools.a", "not null"},
        {"{\"pools\":{\"a\":{\"b\":1}},\"jobs\":[]}", INVALID, "pools.a", "an object"},
        {"{\"pools\":{\"a b\":\"1\"},\"jobs\":[]}", INVALID, "pools[\"a b\"]", ""},
        {"{\"pools\":{\"a\":1,\"\\u0061\":2},\"jobs\":[]}", INVALID, "pools.a", "twice"},
        {"{\"pools\":{\"\":0},\"jobs\":[]}", INVALID, "pools[\"\"]", ""},
        {"{\"pools\":{\"a\":1},\"mode\":\"blocking\",\"jobs\":[]}", INVALID, "pools",
         "not \"blocking\""},
        {"{\"mode\":\"blocking\",\"jobs\":[{\"wait\":-1}],\"pools\":{\"a\":1}}", INVALID,
         "jobs[0].wait", ""},
        {"{\"pools\":{\"a\":1},\"mode\":\"blocking\",\"jobs\":[{\"wait\":-1}]}", INVALID, "pools",
         ""},
        {"{\"op\":\"ping\",\"pools\":{}}", INVALID, "pools", "no \"pools\""},
        {"[{\"pool\":5}]", INVALID, "[0].pool", "the name of a pool, not 5"},
        {"[{\"pool\":\"x\"}]", INVALID, "[0].pool", "none is called \"x\""},
        {"{\"jobs\":[{\"pool\":\"orcale\"}],\"pools\":{\"oracle\":1}}", INVALID, "jobs[0].pool",
         "did you mean \"oracle\"?"},
        {"{\"pools\":{\"a\":1},\"jobs\":[{\"pool\":\"a\"},{\"steps\":[{\"compute\":1,"
         "\"pool\":\"a\"},{\"compute\":1,\"pool\":\"b\"}]}]}",
         INVALID, "jobs[1].steps[1].pool", "\"b\""},
        {"[{\"steps\":[{\"wait\":1,\"pool\":\"x\"}]}]", INVALID, "[0].steps[0].pool",
         "a wait takes no"},
        {"[{\"steps\":[{\"pool\":\"x\",\"wait\":1}]}]", INVALID, "[0].steps[0].pool",
         "a wait takes no"},
        {"{\"defaults\":{\"pool\":\"x\"},\"jobs\":[{}]}", INVALID, "defaults.pool", "\"x\""},
        {"{\"defaults\":{\"pool\":\"x\"},\"jobs\":[{\"pool\":\"x\"}]}", INVALID, "jobs[0].pool",
         ""},
        {"{\"jobs\":[{\"wait\":1},{\"pool\":\"x\"}],\"defaults\":{\"steps\":[{\"compute\":1,"
         "\"pool\":\"y\"}],\"pool\":\"z\"}}",
         INVALID, "jobs[1].pool", "\"x\""},
        {"{\"defaults\":{\"steps\":[{\"compute\":1,\"pool\":\"y\"}]},\"jobs\":[{\"wait\":1},{}]}",
         INVALID, "defaults.steps[0].pool", "\"y\""},
        {"[{\"pool\":\"x\",\"wait\":-1}]", INVALID, "[0].pool", ""},
        {"[{\"wait\":-1,\"pool\":\"x\"}]", INVALID, "[0].wait", ""},
        {"{\"defaults\":{\"pool\":\"x\"},\"jobs\":[{\"pool\":5},{}]}", INVALID, "defaults.pool",
         ""},
        {"{\"defaults\":{\"pool\":\"x\"},\"jobs\":[{\"pool\":5}]}", INVALID, "jobs[0].pool",
         "not 5"},
        {"[{\"after\":\"n\"},{\"pool\":\"x\"}]", INVALID, "[0].after", ""},
        {"[{\"pool\":\"x\"},{\"after\":\"n\"}]", INVALID, "[0].pool", ""},
        {"[{\"pool\":\"x\"},{\"name\":\"a\",\"after\":\"a\"}]", INVALID, "[0].pool", ""},
        {"[{\"name\":\"a\",\"after\":\"a\"},{\"pool\":\"x\"}]", INVALID, "[0].after", ""},
        {"[{\"priority\":2147483648}]", INVALID, "[0].priority", "-2147483648 to 2147483647"},
        {"[{\"priority\":-2147483649}]", INVALID, "[0].priority", "not -2147483649"},
        {"[{\"priority\":1.5}]", INVALID, "[0].priority", ""},
        {"[{\"priority\":\"1\"}]", INVALID, "[0].priority", ""},
        {"[{\"start\":-1}]", INVALID, "[0].start", "0 or more"},
        {"[{\"every\":{\"dist\":\"uniform\",\"min\":2,\"max\":1}}]", INVALID, "[0].every.max", ""},
        {"[{\"start\":null}]", INVALID, "[0].start", "not null"},
        {"[{\"every\":1e9}]", INVALID, "[0].every", "at most 2592000 s"},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

/* ---- The first fault in the order of the document -------------------------------------- */

START_TEST(of_several_faults_the_first_in_the_document_is_reported)
{
    static const struct refusal cases[] = {
        {"[{\"wait\":-1},{\"wait\":-2}]", INVALID, "[0].wait", "not -1"},
        {"{\"x\":1,\"jobs\":[{\"wait\":-2}]}", INVALID, "x", ""},
        {"{\"jobs\":[{\"wait\":-2}],\"x\":1}", INVALID, "jobs[0].wait", ""},
        /* found at the end, and standing before */
        {"[{\"after\":\"x\",\"wait\":-1}]", INVALID, "[0].after", ""},
        {"[{\"wait\":-1,\"after\":\"x\"}]", INVALID, "[0].wait", ""},
        {"[{\"after\":[\"x\",5]}]", INVALID, "[0].after[0]", ""},
        {"[{\"name\":\"a\",\"after\":\"b\"},{\"name\":\"b\",\"after\":\"a\",\"wait\":-1}]", INVALID,
         "[0].after", "a -> b -> a"},
        {"{\"batch\":1,\"jobs\":[{\"wait\":-1}]}", INVALID, "batch", ""},
        {"{\"jobs\":[{\"wait\":-1}],\"batch\":1}", INVALID, "jobs[0].wait", ""},
        {"{\"mode\":\"x\",\"op\":\"ping\"}", INVALID, "mode", "\"ping\""},
        {"{\"jobs\":[{\"after\":\"x\"}],\"op\":\"x\"}", INVALID, "jobs[0].after", ""},
        {"{\"defaults\":{\"retries\":5000000000},\"jobs\":[{\"after\":\"x\"},{\"wait\":-1}]}",
         "too_large", "jobs[0]", ""},
        {"{\"jobs\":[{}],\"defaults\":{\"count\":10000000},\"mode\":\"x\"}", "too_large", "jobs[0]",
         ""},
        {"{\"jobs\":[{},{\"wait\":-1}],\"defaults\":{\"count\":10000000}}", INVALID, "jobs[1].wait",
         ""},
        {"[{\"after\":\"x\"},{\"count\":10000000}]", INVALID, "[0].after", ""},
        {"[{\"name\":\"a\",\"after\":\"a\"},{\"after\":\"x\"}]", INVALID, "[0].after", "a -> a"},
        {"[{\"after\":\"x\"},{\"name\":\"a\",\"after\":\"a\"}]", INVALID, "[0].after", "\"x\""},
        {"[{\"after\":\"x\"},{\"retries\":5000000000}]", INVALID, "[0].after", ""},
        {"[{\"wait\":{\"mean\":-1,\"dist\":\"uniform\"}}]", INVALID, "[0].wait.mean", ""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

/* A job at fault still has its name. */
START_TEST(a_fault_elsewhere_makes_no_name_unknown)
{
    static const struct refusal cases[] = {
        {"[{\"after\":\"b\"},{\"name\":\"b\",\"wait\":-1}]", INVALID, "[1].wait", ""},
        {"[{\"after\":\"b\"},{\"wait\":-1,\"name\":\"b\"}]", INVALID, "[1].wait", ""},
        {"[{\"after\":\"b\"},{\"wait\":-1},{\"name\":\"b\",\"count\":5}]", INVALID, "[1].wait", ""},
        {"{\"jobs\":[{\"after\":\"b\",\"name\":\"c\"},{}],\"defaults\":{\"x\":1,\"name\":\"b\"}}",
         INVALID, "defaults.x", ""},
        /* as many jobs as numbers of 32 bits, which is 0 of them */
        {"{\"defaults\":{\"count\":4294967296},\"jobs\":[{\"after\":\"b\",\"bogus\":1},"
         "{\"name\":\"b\"}]}",
         INVALID, "jobs[0].bogus", "no member \"bogus\""},
    };
    refusals_check(&reading_limits, cases, N(cases));
}
END_TEST

START_TEST(the_id_is_found_wherever_it_stands)
{
    char *got = refusals_read(
        &reading_limits, "{\"y\":{\"id\":1,\"a\":[{}]},\"jobs\":[{\"data\":{\"id\":2}}],\"id\":3}");
    ck_assert_ptr_nonnull(strstr(got, "|id=3\n"));
    free(got);
    got = refusals_read(&reading_limits,
                        "{\"jobs\":[{\"count\":9999999},{\"x\":[{\"id\":1}]}],\"mode\":{\"id\":5},"
                        "\"\\u0069d\":\"late\",\"id\":\"second\"}");
    ck_assert_msg(strstr(got, "too_large|jobs[0].count|") == got, "%s", got);
    ck_assert_msg(strstr(got, "|id=\"late\"\n") != NULL, "%s", got);
    free(got);
}
END_TEST

START_TEST(a_quote_in_a_message_is_64_bytes_at_most)
{
    char text[400], *got;
    char value[301];
    memset(value, 'v', 300);
    value[300] = '\0';
    snprintf(text, sizeof(text), "[{\"wait\":\"%s\"}]", value);
    got = refusals_read(&reading_limits, text);
    value[64] = '\0';
    ck_assert_ptr_nonnull(strstr(got, value));
    ck_assert_ptr_nonnull(strstr(got, "v…\"\n"));
    ck_assert_ptr_null(
        strstr(got, "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"));
    free(got);
}
END_TEST

/* ---- What is not JSON ---------------------------------------------------------------------- */

START_TEST(what_is_not_json_ends_the_stream)
{
    static const struct refusal cases[] = {
        {"[1,]", "BROKEN bad_json", "",
         "a comma before the closing bracket, at line 1, column 4 (byte 4 of it)"},
        {"{\"id\":5,\"jobs\":[{\"wait\":-1}", "BROKEN bad_json", "", "ended inside|id=5"},
        {"{\"jobs\":[{\"wait\":-1}],\"id\":\"x\" x}", "BROKEN bad_json", "", "|id=\"x\""},
        {"{\"jobs\":[{\"count\":9999999}],\"id\":7,", "BROKEN bad_json", "", "|id=7"},
        {"GET / HTTP/1.1\r\n", "BROKEN bad_json", "",
         "begins no value, at line 1, column 1 (byte 1 of it)"},
        {"\n \n\n{\"op\":}\n", "BROKEN bad_json", "",
         "a member without a value, at line 4, column 7 (byte 11 of it)"},
        {"[\n{\"wait\":1},\n{\"wait\":1},\n]", "BROKEN bad_json", "",
         "a comma before the closing bracket, at line 4, column 1 (byte 27 of it)"},
        {"\xEF\xBB\xBF{\"op\":\"ping\"}", "BROKEN bad_json", "", "a byte order mark"},
        {"[{\"name\":\"\xFF\"}]", "BROKEN bad_json", "", "not UTF-8"},
        {"{\"x\":\"\xFF\"}", "BROKEN bad_json", "", "not UTF-8"},
        {"{\"jobs\":[{\"data\":{\"a\":[1,}]}}", "BROKEN bad_json", "", ""},
    };
    refusals_check(&reading_limits, cases, N(cases));
    char *got =
        refusals_read(&reading_limits, "{\"op\":\"ping\"}{\"id\":1,\"jobs\":[]}{\"x\" 1}[]");
    ck_assert_msg(strstr(got, "ping\nsubmit id=1 ") == got, "%s", got);
    ck_assert_msg(strstr(got, "\nBROKEN bad_json||") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "|id=") == NULL && strstr(got, "END") == NULL, "%s", got);
    free(got);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_request_as_a_whole, 1},
        {the_options_of_a_batch, 1},
        {the_waits_and_steps_of_a_job, 1},
        {the_other_members_of_a_job, 1},
        {a_key_is_shown_in_the_path_as_jq_writes_it, 1},
        {drawn_durations_and_back_offs, 1},
        {figures_of_back_offs, 1},
        {names_that_nobody_has_and_circles, 1},
        {of_several_faults_the_first_in_the_document_is_reported, 1},
        {a_fault_elsewhere_makes_no_name_unknown, 1},
        {the_id_is_found_wherever_it_stands, 1},
        {a_quote_in_a_message_is_64_bytes_at_most, 1},
        {pools_and_arrivals, 1},
        {what_is_not_json_ends_the_stream, 1},
    };

    return check_suite("request_faults", NULL, NULL, tests, N(tests));
}

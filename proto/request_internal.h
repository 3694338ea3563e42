/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUEST_INTERNAL_H
#define WAITD_REQUEST_INTERNAL_H

/*
 * The request reader's insides.
 *
 *   request.c        the stream: its pieces, a request's beginning and end,
 *                    completing its plan
 *   request_take.c   passes tokens to what reads them, fast-path jobs to the plan
 *   request_stage.c  long strings, copied and decoded in steps
 *   request_top.c    the members of a request
 *   request_detached.c  those of detached batches
 *   request_token.c  the secret of `auth`
 *   request_text.c   the text of a request, kept as it is read and condensed
 *   request_job.c    jobs and defaults, `after`
 *   request_step.c   steps
 *   request_pool.c   pools, declared and named
 *   request_data.c   `data`
 *   request_fast.c   the fast path: jobs that are read without tokens
 *   request_shape.c  and what predicts their text
 *   request_distribution.c  drawn durations and back-offs
 *   request_value.c  single values: strings, integers, durations, choices
 *   request_fault.c  refusing: messages, paths, skipping and dropping
 *
 * Between requests a reader holds next to nothing: what a request is read with
 * (struct request_reading) lives from its first token until it is returned.
 *
 * A request is read by a stack of frames, one for each object or array that
 * is open and means something.  The frame's context has a table of members
 * (an object) or a function for elements (an array).  A function that reads a
 * value is given its token: a scalar, or the bracket that opens it, for which
 * it pushes a frame, or refuses and passes over the value.
 */

#include "proto/lexer.h"
#include "proto/request.h"

#define REQUEST_FRAMES_MAX  8
#define REQUEST_MEMBERS_MAX 32

struct request_reading;

struct request_member {
    const char *name;
    size_t len;
    void (*read)(struct request_reading *reading, const struct lexer_token *token);
    unsigned mask;  /* its meaning is the table's */
    unsigned keeps; /* REQUEST_KEEPS_..., of a string */
};
#define REQUEST_MEMBER(name, read, mask)                                                           \
    {                                                                                              \
        name, sizeof(name) - 1, read, mask, 0                                                      \
    }
#define REQUEST_TEXT_MEMBER(name, read, mask, keeps)                                               \
    {                                                                                              \
        name, sizeof(name) - 1, read, mask, keeps                                                  \
    }

/* What the plan keeps of a string: its token, its decoded text, or both where they
 * differ. */
#define REQUEST_KEEPS_TEXT    1u
#define REQUEST_KEEPS_DECODED 2u
#define REQUEST_KEEPS_COPY    4u                            /* within `data` that is being copied */
#define REQUEST_KEEPS_ID      8u                            /* as reading->id */
#define REQUEST_KEEPS_POOL    (REQUEST_KEEPS_DECODED | 16u) /* looked up among the pools' names */

struct request_context {
    const char *noun;                     /* `a job` */
    const struct request_member *members; /* NULL for an array */
    unsigned n_members;
    void (*element)(struct request_reading *reading, const struct lexer_token *token);
    /* Of an object whose keys are the client's (no members), pools: takes a key, and declares
     * one; its value goes to `element`.  NULL for others. */
    void (*key)(struct request_reading *reading, const struct lexer_token *key);
    /* At the closing bracket, with the frame still there and nothing of it
     * current; NULL for none. */
    void (*close)(struct request_reading *reading, const struct lexer_token *token);
    unsigned keeps; /* of an array's strings, or of such keys, as a member's */
};

struct request_frame {
    const struct request_context *context;
    const struct request_member *member; /* current one of an object, or NULL */
    uint64_t index;                      /* current one of an array */
    bool has_index;
    uint32_t seen;                         /* members, by their place in the table */
    uint64_t offsets[REQUEST_MEMBERS_MAX]; /* of the keys of those */
};

/* Bytes that grow as needed. */
struct request_text {
    char *bytes;
    size_t len, room;
};

/* A drawn duration in progress: its parameters by their place in the table. */
struct request_distribution {
    unsigned kind;  /* place in the table of distributions */
    uint32_t valid; /* which parameters were read without fault */
    int64_t ns[REQUEST_MEMBERS_MAX];
    uint32_t first_value, n_values;
    struct dist *into; /* where it is to go: the step's, or one of the class's */
};

/* A long string on its way into the plan, see request_stage.c. */
struct request_staging {
    struct lexer_token token;
    unsigned keeps;               /* 0: there is none */
    bool open;                    /* a text of the plan is being appended to */
    const char *at;               /* the next byte of the token */
    size_t copied;                /* bytes in the plan of the text that is a copy */
    size_t held;                  /* bytes in the plan that are not counted elsewhere yet */
    plan_text_ref text, decoded;  /* what is whole; 0 for none */
    struct plan_pool_lookup pool; /* of the decoded one, if it is to be looked up */
};

/* The text of an object, as it was read: what has been passed of it is copied when its
 * piece is given up, so that a request that is whole in one piece takes no copy. */
struct request_capture {
    bool on;
    uint64_t begin, id_key, key_key; /* offsets in the stream: of it, and of two keys in it; 0
                                      * for none of those */
    struct request_text text;
    size_t read, written; /* condensing: of `text` */
    bool condensing, in_string, escaped, dropping, comma, any;
    unsigned depth;
};

/* A request being read, from its first token until it is returned. */
struct request_reading {
    struct lexer *lexer; /* the reader's, as are the next three */
    const struct request_limits *limits;
    const uint8_t *hash_key;
    const struct request_expectation *expected;
    bool sealing; /* its text has ended, its plan is being completed */
    unsigned n_frames;
    unsigned open_depth; /* brackets open after the token in hand */

    bool skipping;       /* a value at fault is passed over */
    unsigned skip_depth; /* where that value is */
    bool copying;        /* `data` is being copied */
    unsigned copy_depth;
    bool copy_comma;      /* a comma belongs before the next value copied */
    uint64_t copied;      /* bytes of it so far */
    uint64_t copy_offset; /* where it begins */
    bool dropped;         /* nothing is kept any more, only `id` is looked for */
    bool dropped_id;      /* the value of `id` is next */

    struct request_text id;      /* a struct request_id, once it is there */
    struct request_text scratch; /* a decoded string, a number with its NUL */
    plan_text_ref decoded_name;  /* of the job in progress, decoded, where it has escapes */
    struct request_staging staging;
    struct plan *plan; /* NULL until it is needed, and once dropped */
    size_t kept_bytes; /* in the plan, roughly */

    bool bare; /* the request is an array of jobs */
    bool op_known, clock_known;
    enum request_op op;
    struct plan_options options;
    uint64_t batch, job;
    bool has_batch, has_job;
    uint32_t runs;        /* of a forecast */
    uint64_t runs_offset; /* where they are */
    int64_t heartbeat_ns;
    size_t token_len; /* of `token` */
    struct request_capture capture;

    /* What came before anything at fault: elements, and where they and `defaults` end. */
    uint32_t whole_elements;
    uint64_t whole_end;

    unsigned fast_misses; /* jobs in a row that were not on the fast path */
    unsigned fast_rest;   /* jobs to come that are not looked at for that */

    uint64_t jobs;  /* so far, counts included */
    uint64_t steps; /* so far, at least */

    /* What is above begins as zeros; what follows, which is large, is written
     * before it is read, but for the code of `fault`. */
    struct fault fault;                              /* the first one, if any */
    struct request_frame frames[REQUEST_FRAMES_MAX]; /* n_frames of them */
    struct job_spec spec;                            /* of the job, or `defaults`, in progress */
    struct job_class job_class;                      /* and its class */
    struct step step;
    struct request_distribution distribution;
    struct request_detached detached; /* up to `key` zeros, too */
    char token[REQUEST_TOKEN_MAX];    /* of `auth` */
    struct plan_fault found;          /* plan_seal()'s, from its first call to its last */
};
#define REQUEST_READING_ZEROS offsetof(struct request_reading, fault)

extern const struct request_context request_top;
extern const struct request_context request_jobs_array;
extern const struct request_context request_defaults_object;
extern const struct request_context request_step_object;
extern const struct request_context request_distribution_object;
extern const struct request_context request_backoff_object;

/* ---- request_take.c ------------------------------------------------------- */

/* Takes a token of the request: its first one, and any other. */
void request_begin(struct request_reading *reading, const struct lexer_token *token);
void request_take(struct request_reading *reading, const struct lexer_token *token);

/* Adds the fast-path jobs that come next (request_fast.h) to the plan, at most `most`
 * of them, where request_at_job().  Returns how many there were. */
size_t request_take_fast(struct request_reading *reading, size_t most);

void request_push(struct request_reading *reading, const struct request_context *context);

static inline struct request_frame *request_frame(struct request_reading *reading)
{
    return &reading->frames[reading->n_frames - 1];
}

/* The plan, made when first asked for; NULL, with the request dropped, when
 * out of memory, and once it is dropped. */
struct plan *request_plan(struct request_reading *reading);

/* ---- request_stage.c ------------------------------------------------------ */

/* Longer strings than this are copied in steps. */
#define REQUEST_STAGE_BYTES 65536

/* Whether a token is to go through steps before it is taken. */
bool request_stage_begin(struct request_reading *reading, const struct lexer_token *token);

/* Does one.  Whether it was the last: the token is to be taken then. */
bool request_stage_step(struct request_reading *reading);

/* What is in the plan of a token that was added by them; else NULL. */
static inline const struct request_staging *request_staged(const struct request_reading *reading,
                                                           const struct lexer_token *token)
{
    const struct request_staging *staging = &reading->staging;

    return staging->keeps != 0 && staging->token.text == token->text ? staging : NULL;
}

/* ---- request_top.c ---------------------------------------------------------- */

/* The name of the operation of the request being read, NULL while it is not known, and the
 * members that it may take. */
const char *request_op_so_far(struct request_reading *reading, uint32_t *taken);

/* Whether this key of a request is `id`, and what it takes. */
bool request_is_id_key(struct request_reading *reading, const struct lexer_token *key);
bool request_is_id(const struct lexer_token *token);
void request_keep_id(struct request_reading *reading, const struct lexer_token *token);

/* The same part by part: begins with an empty one, of about `len` bytes in the end, and appends
 * whole characters to what is there.  -1, and there is none, when out of memory. */
int request_begin_id(struct request_reading *reading, size_t len);
int request_append_id(struct request_reading *reading, const char *at, const char *end);

/* Refuses the runs of a forecast whose plan is sealed, if all their steps are too many. */
void request_check_runs(struct request_reading *reading);

/* ---- request_token.c -------------------------------------------------------- */

void request_read_token(struct request_reading *reading, const struct lexer_token *token);

/* Wipes it out. */
void request_forget_token(struct request_reading *reading);

/* ---- request_detached.c ----------------------------------------------------- */

void request_read_detach(struct request_reading *reading, const struct lexer_token *token);
void request_read_key(struct request_reading *reading, const struct lexer_token *token);
void request_read_retain(struct request_reading *reading, const struct lexer_token *token);
void request_read_on_restart(struct request_reading *reading, const struct lexer_token *token);
void request_read_heartbeat(struct request_reading *reading, const struct lexer_token *token);
void request_read_ref(struct request_reading *reading, const struct lexer_token *token);
void request_read_from(struct request_reading *reading, const struct lexer_token *token);
void request_read_order(struct request_reading *reading, const struct lexer_token *token);
void request_read_state(struct request_reading *reading, const struct lexer_token *token);
void request_read_limit(struct request_reading *reading, const struct lexer_token *token);
void request_read_after(struct request_reading *reading, const struct lexer_token *token);

/* ---- request_text.c --------------------------------------------------------- */

/* The request begins at that offset of the stream, with an object. */
void request_text_begin(struct request_reading *reading, uint64_t offset);

/* Keeps the bytes of the piece that end at the offset `end`, as far as they are the
 * request's.  The request is refused when out of memory. */
void request_text_keep(struct request_reading *reading, const char *piece, uint64_t begin,
                       uint64_t end);

/* Nothing more is kept, and what was is freed: nobody wants it. */
void request_text_end(struct request_reading *reading);

/* Leaves out white space, `id` and `key`, at most about `budget` bytes a call.  Whether it is
 * done. */
bool request_text_condense(struct request_reading *reading, size_t budget);

/* What has been condensed, on the heap: the caller's. */
char *request_text_take(struct request_reading *reading, size_t *len);

/* ---- request_job.c ---------------------------------------------------------- */

/* Opens the frame of `defaults`. */
void request_begin_defaults(struct request_reading *reading);

/* Whether what is read is still worth keeping: nothing was at fault so far. */
static inline bool request_keeps(const struct request_reading *reading)
{
    return reading->plan != NULL && reading->fault.code == FAULT_NONE;
}

/* Whether what is next is an element of `jobs` that is to be kept.  (What is
 * skipped or dropped has been at fault.) */
static inline bool request_at_job(struct request_reading *reading)
{
    return reading->n_frames > 0 && request_frame(reading)->context == &request_jobs_array &&
           request_keeps(reading);
}

/* What a batch takes besides its jobs, and what a plan holds for an element, a
 * step and a name waited for, roughly. */
#define REQUEST_BATCH_BYTES   1024
#define REQUEST_ELEMENT_BYTES 24
#define REQUEST_DETAIL_BYTES  160
#define REQUEST_STEP_BYTES    32
#define REQUEST_AFTER_BYTES   24
#define REQUEST_CLASS_BYTES   64
#define REQUEST_POOL_BYTES    104

/* ---- request_step.c --------------------------------------------------------- */

void request_read_wait(struct request_reading *reading, const struct lexer_token *token);
void request_read_compute(struct request_reading *reading, const struct lexer_token *token);
void request_read_steps(struct request_reading *reading, const struct lexer_token *token);

/* Appends reading->step to the steps of the job in progress. */
void request_add_step(struct request_reading *reading);

/* Reads the length of a step, or of what a class has, into `into`.  Returns whether
 * it is known; if not, it is a distribution being read, or at fault. */
bool request_read_length(struct request_reading *reading, const struct lexer_token *token,
                         struct dist *into);

/* ---- request_pool.c --------------------------------------------------------- */

void request_read_pools(struct request_reading *reading, const struct lexer_token *token);

/* Names a pool, of the job or of the step in progress, to which *ref refers then. */
void request_use_pool(struct request_reading *reading, const struct lexer_token *token,
                      plan_pool_ref *ref);

/* Refuses a pool that is named and not declared, as plan_seal() found it. */
void request_pool_fault(struct request_reading *reading);

/* ---- request_data.c --------------------------------------------------------- */

void request_read_data(struct request_reading *reading, const struct lexer_token *token);

/* Takes a token of `data` while it is copied. */
void request_copy(struct request_reading *reading, const struct lexer_token *token);

/* The same for a long string or key, which is appended in between: false if it is refused, and
 * the copy at its end. */
bool request_copy_begin(struct request_reading *reading, const struct lexer_token *token);
void request_copy_end(struct request_reading *reading, const struct lexer_token *token);

/* ---- request_value.c -------------------------------------------------------- */

/* Grows text to hold size bytes.  -1, with the request dropped, when out of memory. */
int request_reserve(struct request_reading *reading, struct request_text *text, size_t size);

/* What a string token says, decoded into `scratch` if need be.  -1 as above. */
int request_decode(struct request_reading *reading, const struct lexer_token *token,
                   const char **text, size_t *len);

/* Whether a string token may say a word of the protocol's own: a longer one need not
 * be decoded to see that it does not.  An escape takes six bytes for one. */
#define REQUEST_WORD_MAX 32
static inline bool request_may_be_word(const struct lexer_token *token)
{
    return token->len <= 2 + 6 * REQUEST_WORD_MAX;
}

/* Keeps the token's text in the plan.  0, or -1 with the request dropped. */
int request_keep_text(struct request_reading *reading, const struct lexer_token *token,
                      plan_text_ref *ref);

/* Each reads a value into *out, or refuses it, passes over it and returns
 * false with *out untouched. */
bool request_string(struct request_reading *reading, const struct lexer_token *token);
bool request_fits(struct request_reading *reading,
                  const struct lexer_token *token); /* a string, or an `id`: its length alone */
bool request_integer(struct request_reading *reading, const struct lexer_token *token,
                     uint64_t least, uint64_t *out); /* saturates at UINT64_MAX */
bool request_seed(struct request_reading *reading, const struct lexer_token *token, int64_t *seed,
                  bool *random); /* one of the two */
bool request_signed_32(struct request_reading *reading, const struct lexer_token *token,
                       int32_t *out);
bool request_probability(struct request_reading *reading, const struct lexer_token *token,
                         uint64_t *below); /* token is a number; of DECIMAL_DIGITS_CERTAIN */
bool request_factor(struct request_reading *reading, const struct lexer_token *token,
                    struct plan_factor *out);
bool request_duration(struct request_reading *reading, const struct lexer_token *token,
                      int64_t *out);
bool request_duration_up_to(struct request_reading *reading, const struct lexer_token *token,
                            int64_t max_ns, int64_t *out);
bool request_choice(struct request_reading *reading, const struct lexer_token *token,
                    const char *const *choices, unsigned n, unsigned *out);

/* What a seed looks like, for messages. */
#define REQUEST_SEED "an integer from -2^63 to 2^63-1, without fraction or exponent, or \"random\""

/* What a duration looks like, for messages. */
#define REQUEST_DURATION "a number of seconds or a string such as \"1.5s\", \"250ms\" or \"1m30s\""

/* ---- request_fault.c -------------------------------------------------------- */

/* Whether a fault at or before `offset` is known: one at `offset` is not reported
 * then, and needs no message. */
static inline bool request_has_earlier_fault(const struct request_reading *reading, uint64_t offset)
{
    return reading->fault.code != FAULT_NONE && reading->fault.offset <= offset;
}

/* Refuses the request for what is at `offset`, with the path to what is
 * current in the frames, unless an earlier fault is known. */
void request_fault(struct request_reading *reading, enum fault_code code, uint64_t offset,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for a member of the innermost object, when none is current. */
void request_fault_member(struct request_reading *reading, unsigned place, enum fault_code code,
                          uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* `"member" takes TAKES, and this one has LACKS`, of the object that ends with the token. */
void request_lacks(struct request_reading *reading, const struct lexer_token *token,
                   const char *takes, const char *lacks);

/* `"member" takes WHAT, not GOT`, and passes over the value. */
void request_wrong(struct request_reading *reading, const struct lexer_token *token,
                   const char *what);

/* Refuse a key and pass over its value. */
void request_unknown_key(struct request_reading *reading, const struct lexer_token *key);
void request_second_key(struct request_reading *reading, const struct lexer_token *key);

/* Passes over a value whose first token this is; over the value that comes
 * next, at that depth. */
void request_pass(struct request_reading *reading, const struct lexer_token *token);
void request_pass_next(struct request_reading *reading, unsigned depth);

/* Frees what the request holds; the rest of it is looked at for its `id` alone. */
void request_drop(struct request_reading *reading);

/* Refuses the request because out of memory, and drops it. */
#define REQUEST_NO_MEMORY "out of memory while reading the request; try again later"
void request_no_memory(struct request_reading *reading);

/* Refuses a text of `got` bytes or more, WHAT of at most `most` by the limit named
 * (NULL for one that is not configured). */
void request_too_long(struct request_reading *reading, uint64_t offset, uint64_t got,
                      const char *what, const char *limit, uint64_t most);

/* Refuses a count of jobs or steps that passes the limit by itself. */
void request_wrong_count(struct request_reading *reading, const struct lexer_token *token,
                         const char *what, uint64_t most);

/* Refuses for a total that passes its limit: of the jobs, or the steps, of the
 * whole request.  Current in the frames is what made it so. */
void request_too_many_jobs(struct request_reading *reading, uint64_t offset, uint64_t got);
void request_too_many_steps(struct request_reading *reading, uint64_t offset, uint64_t got);

/* The path of an element of `jobs`, or of `defaults` (PLAN_NONE), and a member of it
 * (NULL for none); append one more key, an index. */
void request_write_element(const struct request_reading *reading, uint32_t element,
                           const char *member, char path[FAULT_PATH_MAX]);
void request_append_key(char path[FAULT_PATH_MAX], const char *key, size_t len);
void request_append_index(char path[FAULT_PATH_MAX], uint64_t index);

/* Refuses for what plan_seal() found. */
void request_plan_fault(struct request_reading *reading);

struct request_list {
    char text[256];
    size_t len;
};

/* Writes `"a", "b" or "c"`. */
void request_list_words(struct request_list *list, const char *const *words, unsigned n);

/* Writes the members of a context that are in the set: `a, b and c`. */
void request_list_members(struct request_list *list, const struct request_context *context,
                          uint32_t set);

#endif

/* SPDX-License-Identifier: ISC */
#include "client/cmd/conversation.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/net/dial.h"
#include "client/net/local.h"
#include "client/show/progress.h"
#include "client/base/say.h"
#include "client/net/session.h"
#include "client/base/text.h"

/* Longer addresses are cut in hints. */
#define SERVER_MAX 256

const struct show *conversation_show(const struct arguments *arguments)
{
    if (arguments->show != NULL)
        return arguments->show;
    return isatty(STDOUT_FILENO) ? &show_human : &show_json;
}

/* The address that was named, or NULL. */
static const char *named_server(const struct arguments *arguments)
{
    const char *server = getenv("WAITD_SERVER");

    if (arguments->server != NULL)
        return arguments->server;
    return server != NULL && server[0] != '\0' ? server : NULL;
}

const char *conversation_server(const struct arguments *arguments)
{
    const char *server = named_server(arguments);

    return server != NULL ? server : DIAL_DEFAULT;
}

static bool wants_color(const struct arguments *arguments)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (arguments->color != COLOR_AUTO)
        return arguments->color == COLOR_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(STDOUT_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* A waitd that ends by itself has said why. */
static enum status judge_daemon(int ended, enum status status)
{
    if (ended < 0)
        say("waitd --stdio was ended by signal %d (%s)", -ended, strsignal(-ended));
    return ended < 0 ? status_worse(status, STATUS_LOST) : status;
}

static enum status talk_locally(struct session_setup *setup)
{
    struct local local;
    const char *problem;
    enum status status;
    bool is_cut_short;
    int ended;

    if (local_start(&local, &problem) < 0) {
        say("cannot run waitd: %s; it is looked for beside waitctl and on the PATH", problem);
        return STATUS_LOST;
    }
    setup->peer = (struct peer){.name = "waitd --stdio", .fd = local.fd};
    status = session_run(setup, &is_cut_short);
    close(local.fd);
    if (is_cut_short)
        local_kill(&local);
    ended = local_wait(&local);
    return is_cut_short ? status : judge_daemon(ended, status);
}

static bool is_here(const struct address_spec *address)
{
    return address->kind != ADDRESS_HOST || strcmp(address->host, "127.0.0.1") == 0 ||
           strcmp(address->host, "::1") == 0 || strcmp(address->host, "localhost") == 0;
}

/* Whether services are a system's own here: what sd_booted(3) looks at. */
static bool has_services(void)
{
    return access("/run/systemd/system/", F_OK) == 0;
}

/* A Unix socket that is not for this user: who it is for, as far as that is to be seen. */
static void say_forbidden(const char *server, const struct address_spec *address)
{
    struct stat status;
    struct group *group = NULL;
    struct passwd *user = getpwuid(geteuid());
    struct bytes hint = {0};

    if (address->host[0] != '@' && stat(address->host, &status) == 0 &&
        (status.st_mode & S_IWGRP) != 0)
        group = getgrgid(status.st_gid);
    if (group != NULL)
        bytes_add_format(&hint, "  to join its group, and then log in again:  usermod -aG %s %s\n",
                         group->gr_name, user != NULL ? user->pw_name : "USER");
    say_with(&hint, "%s is not for this user%s%s: %s", server,
             group != NULL ? " but for the group " : "", group != NULL ? group->gr_name : "",
             strerror(EACCES));
    bytes_fini(&hint);
}

/* What is wrong, and what to do about it. */
static void say_unreachable(const char *server, const struct dial_target *target,
                            const char *problem, bool takes_local)
{
    bool is_default = strcmp(server, DIAL_DEFAULT) == 0;
    /* Of `:PORT` the port: to listen on all addresses takes another flag, too. */
    const char *there = server + (target->address.kind == ADDRESS_ANY);
    struct bytes hint = {0};

    if (is_here(&target->address) && !target->is_tls) {
        bytes_add_string(&hint, "  to start a daemon there:  ");
        bytes_add_string(&hint, is_default ? "waitd" : "waitd --listen ");
        if (!is_default)
            text_append_safe(&hint, there, strlen(there), SERVER_MAX);
        if (has_services())
            bytes_add_string(&hint, "\n  or, as a service:        systemctl start waitd.socket");
        bytes_add_string(&hint, "\n");
    }
    if (takes_local)
        bytes_add_string(&hint, "  to do without a daemon:   the same command with --local\n");
    /* By TLS there may be one, which is not trusted. */
    say_with(&hint, "%s %s: %s", target->is_tls ? "cannot connect to" : "no daemon at", server,
             problem);
    bytes_fini(&hint);
}

/* Reads the token that there is to be shown, if any.  0, or -1 and the problem is said. */
static int read_token(const struct arguments *arguments, struct dial_target *target)
{
    const char *path =
        arguments->token_file != NULL ? arguments->token_file : getenv("WAITD_TOKEN_FILE");
    const char *wrong =
        path != NULL && path[0] != '\0' ? credential_read(path, target->token) : NULL;

    if (wrong == NULL)
        return 0;
    say("cannot use the token in %s: %s", path, wrong);
    return -1;
}

/* OpenSSL, which reads the files for TLS later, does not name the one that it cannot read.
 * 0, or -1 and the problem is said. */
static int check_files(const struct tunnel_files *files)
{
    const char *const paths[] = {files->ca, files->cert, files->key};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i] != NULL && access(paths[i], R_OK) != 0) {
            say("cannot read %s: %s", paths[i], strerror(errno));
            return -1;
        }
    return 0;
}

int conversation_dial(const struct arguments *arguments, struct dial_target *target,
                      enum status *status)
{
    const char *server = conversation_server(arguments), *problem = dial_parse(server, target);
    int fd;

    *status = STATUS_REFUSED;
    if (problem != NULL) {
        say("the server's address '%s' %s", server, problem);
        return -1;
    }
    if (!target->is_tls && (arguments->tls.ca != NULL || arguments->tls.cert != NULL)) {
        say("--tls-ca and --tls-cert go with a server tls:HOST:PORT, and not with '%s'", server);
        return -1;
    }
    target->files = arguments->tls;
    if (check_files(&target->files) != 0 || read_token(arguments, target) != 0)
        return -1;
    fd = dial(target, arguments->connect_timeout_ns, &problem);
    *status = fd < 0 ? STATUS_LOST : STATUS_OK;
    if (fd < 0 && errno == EKEYREJECTED) {
        say("%s does not take our token: %s", server, problem);
        *status = STATUS_REFUSED;
    } else if (fd < 0 && target->address.kind == ADDRESS_UNIX && errno == EACCES) {
        say_forbidden(server, &target->address);
    } else if (fd < 0) {
        say_unreachable(server, target, problem, arguments_take(arguments, "local"));
    }
    return fd;
}

static enum status talk_remotely(struct session_setup *setup, const struct arguments *arguments)
{
    enum status status;
    bool is_cut_short;

    setup->peer.name = conversation_server(arguments);
    setup->peer.fd = conversation_dial(arguments, &setup->target, &status);
    if (setup->peer.fd < 0)
        return status;
    setup->has_target = true;
    status = session_run(setup, &is_cut_short);
    if (setup->peer.fd >= 0)
        close(setup->peer.fd);
    return status;
}

/* Adds the way of showing that is for standard output, and those for files.  A file
 * of `-` takes the place of what would be on standard output. */
static int add_shows(struct fanout *fanout, const struct arguments *arguments,
                     const struct show *show, void *own)
{
    const struct {
        const struct show *show;
        const char *path;
    } files[] = {
        {&show_trace, arguments->trace},
        {&show_joblog, arguments->joblog},
        {&show_svg, arguments->svg},
    };
    const size_t n = sizeof files / sizeof files[0];

    for (size_t i = 0; i < n; i++)
        if (files[i].path != NULL && strcmp(files[i].path, "-") == 0) {
            show = files[i].show;
            own = NULL;
        }
    if (fanout_add(fanout, show, own, NULL) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (files[i].path != NULL && files[i].show != show &&
            fanout_add(fanout, files[i].show, NULL, files[i].path) < 0)
            return -1;
    return 0;
}

/* Says which files the command reads. */
static int protect_inputs(struct fanout *fanout, const struct arguments *arguments)
{
    static const char *const standard_input = "-";
    const char *const *paths = (const char *const *)arguments->operands;
    size_t n = arguments->n_operands;
    bool takes_files = arguments->command == COMMAND_SUBMIT ||
                       arguments->command == COMMAND_REPORT ||
                       arguments->command == COMMAND_COMPARE;

    if (takes_files && n == 0) {
        paths = &standard_input;
        n = 1;
    }
    if (takes_files && fanout_protect(fanout, paths, n) < 0)
        return -1;
    return arguments->request != NULL ? fanout_protect(fanout, &arguments->request, 1) : 0;
}

int conversation_open(struct fanout *fanout, const struct arguments *arguments,
                      const struct show *show, void *own)
{
    if (fanout_init(fanout, wants_color(arguments)) == 0 && protect_inputs(fanout, arguments) == 0)
        return add_shows(fanout, arguments, show, own);
    say("%s", strerror(ENOMEM));
    return -1;
}

/* Whether all batches are, whatever the requests say. */
static bool is_virtual(const struct arguments *arguments)
{
    return arguments->overrides.json[OVERRIDE_CLOCK] != NULL ||
           (arguments->command == COMMAND_COMPARE && !arguments->real);
}

/* A batch on the virtual clock is over as soon as its end is known. */
static bool wants_eta(const struct arguments *arguments, const struct fanout *fanout)
{
    return progress_is_possible() && fanout->parts[0].show->has_progress && !is_virtual(arguments);
}

/* What is on the virtual clock needs no daemon; one that was named is asked. */
static bool computes_here(const struct arguments *arguments)
{
    return is_virtual(arguments) && !arguments->local && named_server(arguments) == NULL;
}

static enum status talk_to_simulator(struct session_setup *setup)
{
    enum status status = STATUS_LOST;
    bool is_cut_short;

    setup->peer = (struct peer){.name = "waitctl", .fd = -1, .simulator = simulator_new()};
    if (setup->peer.simulator == NULL)
        say("%s", strerror(errno));
    else
        status = session_run(setup, &is_cut_short);
    simulator_free(setup->peer.simulator);
    return status;
}

/* What is known of the answers beforehand. */
struct expectation {
    enum event_kind answer; /* of a single request, else EVENT_UNKNOWN */
    const struct show_modes *modes;
    struct watch *watch; /* of a request that watches, else NULL */
};

static enum status talk(const struct arguments *arguments, struct source *source,
                        struct fanout *fanout, const struct expectation *expectation)
{
    struct session_setup setup = {.source = source,
                                  .fanout = fanout,
                                  .expects = expectation->answer,
                                  .watch = expectation->watch,
                                  .has_key = arguments->overrides.json[OVERRIDE_KEY] != NULL,
                                  .answer_timeout_ns = arguments->connect_timeout_ns};

    if (computes_here(arguments))
        return talk_to_simulator(&setup);
    return arguments->local ? talk_locally(&setup) : talk_remotely(&setup, arguments);
}

static enum status converse(const struct arguments *arguments, struct source *source,
                            const struct expectation *expectation, const struct show *show,
                            void *own)
{
    struct fanout fanout;
    enum status status = STATUS_REFUSED;

    if (conversation_open(&fanout, arguments, show, own) == 0) {
        fanout.modes = expectation->modes;
        fanout.reports_all = fanout.shows_all = expectation->watch != NULL;
        if (expectation->watch == NULL &&
            (fanout.needs_all || fanout.needs_plan || wants_eta(arguments, &fanout)) &&
            source_want(source, fanout.needs_all) < 0)
            say("%s", strerror(errno));
        else
            status = talk(arguments, source, &fanout, expectation);
        fanout_end(&fanout, NULL, 0);
        fanout_flush(&fanout);
    }
    fanout_fini(&fanout);
    return status;
}

enum status conversation(const struct arguments *arguments, struct source *source,
                         const struct show *show, void *own)
{
    const struct expectation batches = {.answer = EVENT_UNKNOWN};

    return converse(arguments, source, &batches, show, own);
}

enum status conversation_compare(const struct arguments *arguments, struct source *source,
                                 const struct show_modes *modes, const struct show *show, void *own)
{
    const struct expectation variants = {.answer = EVENT_UNKNOWN, .modes = modes};

    return converse(arguments, source, &variants, show, own);
}

/* One request, which is taken. */
static enum status converse_by_text(const struct arguments *arguments, struct bytes *request,
                                    const struct expectation *expectation, const struct show *show,
                                    void *own)
{
    struct source *source = request->failed ? NULL : source_new_text(request);
    enum status status = STATUS_LOST;

    if (source == NULL)
        say("%s", strerror(ENOMEM));
    else
        status = converse(arguments, source, expectation, show, own);
    source_free(source);
    bytes_fini(request);
    return status;
}

enum status conversation_ask(const struct arguments *arguments, struct bytes *request,
                             enum event_kind expects, const struct show *for_people, void *own)
{
    const struct expectation expectation = {.answer = expects};
    const struct show *show = conversation_show(arguments);

    return converse_by_text(arguments, request, &expectation,
                            show == &show_json ? show : for_people, own);
}

enum status conversation_watch(const struct arguments *arguments, struct watch *watch)
{
    const struct expectation expectation = {.answer = EVENT_UNKNOWN, .watch = watch};
    struct bytes request = {0};

    watch_append_request(watch, &request);
    return converse_by_text(arguments, &request, &expectation, conversation_show(arguments), NULL);
}

/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/conversation.h"
#include "client/net/replay.h"
#include "client/base/say.h"

/* Reads the requests of which the events are; what they are is then in
 * source_pending().  NULL when an error was reported. */
static struct source *read_requests(const struct arguments *arguments)
{
    char *path = (char *)(uintptr_t)arguments->request;
    struct source *source = source_new_files(&path, 1, NULL);
    bool failed;

    if (source == NULL)
        return NULL;
    failed = source_want(source, false) < 0 || source_read_all(source, NULL) < 0;
    if (!failed && source_is_closed(source) && !source_has_quit(source)) {
        say("%s: what is there is not valid JSON", source_display(path));
        failed = true;
    }
    if (!failed)
        return source;
    source_free(source);
    return NULL;
}

static int open_events(const char *path)
{
    struct stat status;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        if (fd > STDIN_FILENO)
            close(fd);
        fd = -1;
    }
    if (fd < 0)
        say("%s: %s", path, strerror(errno));
    return fd;
}

static enum status show(const struct arguments *arguments, int fd, const char *name,
                        struct source *requests)
{
    struct fanout fanout;
    enum status status = STATUS_REFUSED;

    if (conversation_open(&fanout, arguments, conversation_show(arguments), NULL) == 0) {
        /* What was asked for is what there is. */
        fanout.shows_all = true;
        if (requests != NULL)
            fanout.pending = source_pending(requests);
        status = replay_run(fd, name, &fanout);
        if (fanout.mismatches > 0)
            say("%s: %" PRIu64 " batch%s of %s %s not of the requests there", arguments->request,
                fanout.mismatches, fanout.mismatches == 1 ? "" : "es", name,
                fanout.mismatches == 1 ? "is" : "are");
    }
    fanout_fini(&fanout);
    return status;
}

enum status cmd_report(const struct arguments *arguments)
{
    const char *path = arguments->n_operands > 0 ? arguments->operands[0] : "-";
    struct source *requests = NULL;
    enum status status = STATUS_REFUSED;
    int fd;

    if (arguments->request != NULL && (requests = read_requests(arguments)) == NULL)
        return status;
    fd = open_events(path);
    if (fd >= 0)
        status = show(arguments, fd, source_display(path), requests);
    if (fd > STDIN_FILENO)
        close(fd);
    source_free(requests);
    return status;
}

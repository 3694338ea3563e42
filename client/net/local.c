/* SPDX-License-Identifier: ISC */
#include "client/net/local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* Whether there is one at directory/relative; then its path is in out. */
static bool find_beside(const char *directory, const char *relative, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s", directory, relative);

    return len > 0 && len < PATH_MAX && is_program(out);
}

static void find_daemon(char out[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (len > 0) {
        self[len] = '\0';
        slash = strrchr(self, '/');
        if (slash != NULL) {
            *slash = '\0';
            if (find_beside(self, "waitd", out) || find_beside(self, "../daemon/waitd", out))
                return;
        }
    }
    strcpy(out, "waitd");
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, handled;

    sigemptyset(&none);
    sigemptyset(&handled);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGPIPE);
    if (posix_spawnattr_setpgroup(attributes, 0) != 0 ||
        posix_spawnattr_setsigmask(attributes, &none) != 0 ||
        posix_spawnattr_setsigdefault(attributes, &handled) != 0)
        return -1;
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
}

static int spawn(pid_t *pid, int fd)
{
    char path[PATH_MAX], name[] = "waitd", flag[] = "--stdio";
    char *const arguments[] = {name, flag, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = ENOMEM;

    find_daemon(path);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) == 0) {
        if (posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO) == 0 &&
            posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO) == 0 &&
            set_attributes(&attributes) == 0)
            error = posix_spawnp(pid, path, &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int local_start(struct local *local, const char **problem)
{
    int fds[2], error;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        *problem = strerror(errno);
        return -1;
    }
    error = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? errno : spawn(&local->pid, fds[1]);
    close(fds[1]);
    if (error != 0) {
        close(fds[0]);
        *problem = strerror(error);
        return -1;
    }
    local->fd = fds[0];
    return 0;
}

void local_kill(struct local *local)
{
    kill(-local->pid, SIGKILL);
}

int local_wait(struct local *local)
{
    int status = 0;

    while (waitpid(local->pid, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CMD_H
#define WAITD_CMD_H

/* The commands, each in a file of its own. */

#include "client/base/status.h"

struct arguments;

enum status cmd_submit(const struct arguments *arguments);
enum status cmd_run(const struct arguments *arguments);
enum status cmd_compare(const struct arguments *arguments);
enum status cmd_forecast(const struct arguments *arguments);
enum status cmd_watch(const struct arguments *arguments);
enum status cmd_list(const struct arguments *arguments);
enum status cmd_cancel(const struct arguments *arguments);
enum status cmd_forget(const struct arguments *arguments);
enum status cmd_report(const struct arguments *arguments);
enum status cmd_import(const struct arguments *arguments);
enum status cmd_ping(const struct arguments *arguments);
enum status cmd_stats(const struct arguments *arguments);
enum status cmd_top(const struct arguments *arguments);
enum status cmd_token(const struct arguments *arguments);
enum status cmd_help(const struct arguments *arguments);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands. Each returns what the program exits with. */
#ifndef RTPRELAYCTL_COMMAND_H
#define RTPRELAYCTL_COMMAND_H

#include <glib.h>

/* The command line is wrong; else EXIT_SUCCESS and EXIT_FAILURE of stdlib.h */
#define EXIT_USAGE	2

struct link;

/**
 * struct command_call - how a command is called
 * @link: to the daemon
 * @json: print JSON
 * @args: what follows the command, as many as its entry in main.c allows, then NULL
 */
struct command_call {
	struct link *link;
	gboolean json;
	char **args;
};

int command_cap(const struct command_call *call);
int command_kick(const struct command_call *call);
int command_list(const struct command_call *call);
int command_show(const struct command_call *call);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include <locale.h>
#include <stdlib.h>

#include "command.h"
#include "config_monitor.h"
#include "link.h"

static char *opt_socket;
static gboolean opt_json;
static gboolean opt_version;
static char **opt_args;

static const GOptionEntry entries[] = {
	{ "socket", 's', 0, G_OPTION_ARG_FILENAME, &opt_socket,
	  "The daemon's control socket (" CONFIG_CONTROL_SOCKET ")", "PATH" },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &opt_json, "Print JSON", NULL },
	{ "version", 'V', 0, G_OPTION_ARG_NONE, &opt_version, "Print the version and exit",
	  NULL },
	{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_args, NULL,
	  "COMMAND [ARGUMENT...]" },
	{ NULL }
};

/**
 * struct main_command - a command
 * @name: of it
 * @usage: its arguments
 * @what: it does
 * @least, @most: how many arguments it takes
 * @run: does it
 */
struct main_command {
	const char *name;
	const char *usage;
	const char *what;
	guint least;
	guint most;
	int (*run)(const struct command_call *call);
};

static const struct main_command commands[] = {
	{ "list", "[streams|viewers|limits]", "a line for each", 0, 1, command_list },
	{ "show", "PATH", "all of a stream and its viewers", 1, 1, command_show },
	{ "kick", "VIEWER", "end a viewer's session", 1, 1, command_kick },
	{ "cap", "VIEWER DID,QID,TID", "change the layers that a viewer gets", 2, 2,
	  command_cap },
};

static char *main_summary(void)
{
	GString *text = g_string_new("Looks into a running rtprelayd, and changes it. "
				     "See rtprelayctl(8).\n\nCommands:");

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *call = g_strdup_printf("%s %s", commands[i].name,
							commands[i].usage);

		g_string_append_printf(text, "\n  %-31s%s", call, commands[i].what);
	}
	return g_string_free(text, FALSE);
}

static const struct main_command *main_find_command(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int main_run(char **args)
{
	const struct main_command *command = args ? main_find_command(args[0]) : NULL;
	struct command_call call = { .json = opt_json };
	guint n = args ? g_strv_length(args) - 1 : 0;
	int status;

	if (!command) {
		g_printerr("rtprelayctl: %s%s; see rtprelayctl --help\n",
			   args ? args[0] : "no command", args ? ": no such command" : "");
		return EXIT_USAGE;
	}
	if (n < command->least || n > command->most) {
		g_printerr("rtprelayctl: usage: rtprelayctl %s %s\n", command->name,
			   command->usage);
		return EXIT_USAGE;
	}
	call.args = args + 1;
	call.link = link_new(opt_socket ? opt_socket : CONFIG_CONTROL_SOCKET);
	status = command->run(&call);
	link_free(call.link);
	return status;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autofree char *summary = main_summary();
	g_autoptr(GError) error = NULL;
	int status;

	setlocale(LC_ALL, "");
	g_option_context_set_summary(context, summary);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("rtprelayctl: %s; see rtprelayctl --help\n", error->message);
		return EXIT_USAGE;
	}
	if (opt_version) {
		g_print("rtprelayctl " RTPRELAY_VERSION "\n");
		return EXIT_SUCCESS;
	}
	status = main_run(opt_args);
	g_strfreev(opt_args);
	g_free(opt_socket);
	return status;
}

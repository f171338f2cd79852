// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "command.h"
#include "link.h"

int command_cap(const struct command_call *call)
{
	g_autoptr(JsonNode) done = link_ask(call->link, TRUE, "/cap", "viewer",
					    call->args[0], "cap", call->args[1], NULL);

	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

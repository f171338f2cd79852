/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the model of status.h that is about limits, and why layers are given */
#ifndef RTPRELAYD_STATUS_LIMIT_H
#define RTPRELAYD_STATUS_LIMIT_H

#include <json-glib/json-glib.h>

#include "server.h"

/* status_limits - the limits that are in force, and what is used of them */
JsonArray *status_limits(struct server *server, const char *only);

/* struct status_decisions - how many viewers have their layers for which reason */
struct status_decisions;

/* status_decisions_new - of all tracks, as of now */
struct status_decisions *status_decisions_new(struct server *server);

void status_decisions_free(struct status_decisions *decisions);

/* status_decisions - of a track: a number for each reason of decision_name() */
JsonObject *status_decisions(const struct status_decisions *decisions,
			     const struct track *track);

#endif

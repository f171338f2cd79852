/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be seen of the running daemon: one model, of which the status page,
 * the metrics, rtprelayctl and the counters on the standard output each show a
 * part. rtprelayd(8) describes its members.
 */
#ifndef RTPRELAYD_STATUS_H
#define RTPRELAYD_STATUS_H

#include <json-glib/json-glib.h>

#include "server.h"

/**
 * struct status_query - what is asked for
 * @path: only this stream and its viewers; NULL for all
 * @viewers: the most viewers that are listed, those with something to complain
 *	of first; 0 for none
 */
struct status_query {
	const char *path;
	guint viewers;
};

/* status_to_json - the model; counts are of all, whatever is listed */
JsonNode *status_to_json(struct server *server, const struct status_query *query);

/* status_sample - to be called every LIMIT_SAMPLE_S: rates are of that time */
void status_sample(struct server *server);

/*
 * status_warn - log for whom another side is slow than was last logged. After
 * status_sample(); LIMIT_WARN_LINES at most, the others the next time.
 */
void status_warn(struct server *server);

/* status_print - a line of JSON on stdout for each track, see rtprelayd(8) */
void status_print(struct server *server);

#endif

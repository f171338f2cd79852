/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the model of status.h that is about viewers */
#ifndef RTPRELAYD_STATUS_VIEWER_H
#define RTPRELAYD_STATUS_VIEWER_H

#include <json-glib/json-glib.h>

#include "status.h"

/* status_viewers - the array that @query asks for */
JsonArray *status_viewers(struct server *server, const struct status_query *query);

/* status_warn_viewers - the part of status_warn() */
void status_warn_viewers(struct server *server);

#endif

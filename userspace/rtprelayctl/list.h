/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RTPRELAYCTL_LIST_H
#define RTPRELAYCTL_LIST_H

#include <json-glib/json-glib.h>

/* list_viewers - print a line for each viewer of an array of the daemon's */
void list_viewers(JsonArray *viewers);

#endif

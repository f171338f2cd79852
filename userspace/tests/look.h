/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into the daemon under test as an operator does */
#ifndef TESTS_LOOK_H
#define TESTS_LOOK_H

#include <json-glib/json-glib.h>

#include "bed.h"

/* struct look - an answer of the status page */
struct look {
	guint status;
	char *type;
	char *policy;	/* Content-Security-Policy */
	char *body;
	gsize len;
};

/* look_at - ask for @path, which may have a query; @method as in "GET" */
struct look *look_at(const struct bed *bed, const char *method, const char *path);
void look_free(struct look *look);

/* look_json - the JSON object at @path, which answers 200 */
JsonNode *look_json(const struct bed *bed, const char *path);

/* look_text - what is at @path, which answers 200 */
char *look_text(const struct bed *bed, const char *path);

/*
 * look_stream, look_track, look_viewer, look_leg - of /status; NULL when there is none; a
 * viewer's leg is that in its first track
 */
JsonObject *look_stream(JsonNode *status, const char *path);
JsonObject *look_track(JsonNode *status, const char *path, guint track);
JsonObject *look_viewer(JsonNode *status, guint index);
JsonObject *look_leg(JsonNode *status, guint viewer);

/* look_int - a number of an object */
#define look_int(object, name)	json_object_get_int_member(object, name)

/* look_raw - a connection to the status page; it receives for 15 s at most */
GSocket *look_raw(const struct bed *bed);

/* look_metric - value of the sample that begins with @name, labels and all, or -1 */
gint64 look_metric(const char *metrics, const char *name);

#endif

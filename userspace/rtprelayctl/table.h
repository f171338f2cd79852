/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends up in a terminal: columns, and numbers with units */
#ifndef RTPRELAYCTL_TABLE_H
#define RTPRELAYCTL_TABLE_H

#include <json-glib/json-glib.h>

/* struct table - rows of cells, the first of which is the head */
struct table;

struct table *table_new(guint n_columns);

/* table_add - append a cell, which is freed; rows begin where the last is full */
void table_add(struct table *table, char *cell);

/* table_print - with columns as wide as they have to be; and free it */
void table_print(struct table *table);

/* table_text - a copy fit for a terminal: what could command it is replaced */
char *table_text(const char *text);

/* table_rate - octets a second as "2.66Mbit" */
char *table_rate(gint64 octets);

/* table_age - seconds as "1:02:03" or "4d05h" */
char *table_age(gint64 seconds);

/* table_number, table_string - a member of an object */
char *table_number(JsonObject *object, const char *member);
char *table_string(JsonObject *object, const char *member);

/* table_sum - of all members that begin so */
gint64 table_sum(JsonObject *object, const char *prefix);

/* table_slow - "slow: why", or what there is of that */
char *table_slow(JsonObject *object);

/* table_print_json - @node, as it is */
void table_print_json(JsonNode *node);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of status.h as Prometheus reads it: text format, version 0.0.4 */
#ifndef RTPRELAYD_METRICS_H
#define RTPRELAYD_METRICS_H

#include <json-glib/json-glib.h>

#define METRICS_TYPE	"text/plain; version=0.0.4; charset=utf-8"

/**
 * metrics_to_text - write the metrics
 * @model: of status_to_json(), of no use for anything else afterwards; what is
 *	told of viewers one by one is what it lists of them
 */
char *metrics_to_text(JsonNode *model);

#endif

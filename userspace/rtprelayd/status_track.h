/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the model of status.h that is about a track */
#ifndef RTPRELAYD_STATUS_TRACK_H
#define RTPRELAYD_STATUS_TRACK_H

#include <gst/sdp/gstsdpmessage.h>
#include <json-glib/json-glib.h>

#include "track.h"
#include "verdict.h"

/* status_add_u64 - a counter; JSON has no unsigned ones: the largest is 2^63 - 1 */
void status_add_u64(JsonObject *object, const char *name, guint64 value);

/**
 * status_track - describe a track
 * @media: its description
 * @playing: see struct verdict_track
 */
JsonObject *status_track(struct track *track, const GstSDPMedia *media,
			 gboolean playing);

/* status_track_verdict - which side is slow */
void status_track_verdict(struct track *track, gboolean playing,
			  struct verdict *verdict);

/* status_track_sample - sample its meters and those of its legs */
void status_track_sample(struct track *track);

#endif

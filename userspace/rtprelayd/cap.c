// SPDX-License-Identifier: GPL-2.0-or-later
#include "cap.h"

#include "fanout.h"

static gboolean cap_parse_value(const char *value, struct rtp_fanout_cap *cap)
{
	static const guint max[] = { 7, 15, 7 };
	g_auto(GStrv) parts = g_strsplit(value, ",", G_N_ELEMENTS(max) + 1);
	guint64 numbers[G_N_ELEMENTS(max)];

	if (g_strv_length(parts) != G_N_ELEMENTS(max))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(max); i++)
		if (!g_ascii_string_to_unsigned(parts[i], 10, 0, max[i], &numbers[i], NULL))
			return FALSE;
	*cap = (struct rtp_fanout_cap){
		.did = numbers[0],
		.qid = numbers[1],
		.tid = numbers[2],
	};
	return TRUE;
}

gboolean cap_parse(const char *query, struct rtp_fanout_cap *cap)
{
	GUriParamsIter iter;
	gboolean seen = FALSE;
	g_autoptr(GError) error = NULL;
	char *key, *value;

	*cap = FANOUT_CAP_ALL;
	if (!query)
		return TRUE;

	g_uri_params_iter_init(&iter, query, -1, "&", G_URI_PARAMS_NONE);
	while (g_uri_params_iter_next(&iter, &key, &value, &error)) {
		g_autofree char *this_key = key, *this_value = value;

		if (!g_str_equal(this_key, "cap"))
			continue;
		if (seen || !cap_parse_value(this_value, cap))
			return FALSE;
		seen = TRUE;
	}
	return !error;
}

struct rtp_fanout_cap cap_canonical(const struct rtp_fanout_cap *cap,
				    const guint8 codec[static 128])
{
	struct rtp_fanout_cap all = FANOUT_CAP_ALL;

	for (guint i = 0; i < 128; i++)
		if (codec[i] > RTP_FANOUT_CODEC_OPAQUE)
			return *cap;
	all.flags = cap->flags;
	return all;
}

gboolean cap_is_within(const struct rtp_fanout_cap *cap, const struct rtp_fanout_cap *of)
{
	return !((cap->flags | of->flags) & RTP_FANOUT_CAP_PAUSE) &&
	       cap->did <= of->did && cap->qid <= of->qid && cap->tid <= of->tid;
}

gint cap_compare(const struct rtp_fanout_cap *a, const struct rtp_fanout_cap *b)
{
	if (a->did != b->did)
		return a->did - b->did;
	if (a->tid != b->tid)
		return a->tid - b->tid;
	return a->qid - b->qid;
}

const char *cap_to_string(const struct rtp_fanout_cap *cap,
			  char buf[static CAP_STRLEN])
{
	g_snprintf(buf, CAP_STRLEN, "%u,%u,%u", cap->did & 7, cap->qid & 15,
		   cap->tid & 7);
	return buf;
}

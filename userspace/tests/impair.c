// SPDX-License-Identifier: GPL-2.0-or-later
#include "impair.h"

#define SLOTS	(IMPAIR_DEPTH + 1)

struct impair {
	GRand *rand;
	struct impair_config config;
	impair_deliver deliver;
	gpointer data;
	guint64 now;		/* packets sent */
	guint lost;		/* packets of a burst yet to be lost */
	GArray *due[SLOTS];	/* of packets (guint64), by when they arrive */
};

struct impair *impair_new(GRand *rand, impair_deliver deliver, gpointer data)
{
	struct impair *impair = g_new0(struct impair, 1);

	impair->rand = rand;
	impair->deliver = deliver;
	impair->data = data;
	for (guint i = 0; i < SLOTS; i++)
		impair->due[i] = g_array_new(FALSE, FALSE, sizeof(guint64));
	return impair;
}

void impair_free(struct impair *impair)
{
	for (guint i = 0; i < SLOTS; i++)
		g_array_unref(impair->due[i]);
	g_free(impair);
}

static void arrive(struct impair *impair)
{
	GArray *due = impair->due[impair->now++ % SLOTS];

	for (guint i = 0; i < due->len; i++)
		impair->deliver(g_array_index(due, guint64, i), impair->data);
	g_array_set_size(due, 0);
}

static gboolean happens(struct impair *impair, guint chance)
{
	return chance && (guint)g_rand_int_range(impair->rand, 0, 10000) < chance;
}

/* A burst has (1 + burst) / 2 packets in the mean. */
static gboolean loses(struct impair *impair)
{
	const struct impair_config *config = &impair->config;

	if (!impair->lost && config->loss &&
	    (guint)g_rand_int_range(impair->rand, 0, 5000 * (1 + config->burst)) < config->loss)
		impair->lost = g_rand_int_range(impair->rand, 1, config->burst + 1);
	if (!impair->lost)
		return FALSE;
	impair->lost--;
	return TRUE;
}

static void launch(struct impair *impair, guint64 packet)
{
	guint late = 0;

	if (happens(impair, impair->config.reorder))
		late = g_rand_int_range(impair->rand, 1, impair->config.depth + 1);
	g_array_append_val(impair->due[(impair->now + late) % SLOTS], packet);
}

void impair_set(struct impair *impair, const struct impair_config *config)
{
	impair_flush(impair);
	impair->config = *config;
	impair->lost = 0;
}

gboolean impair_send(struct impair *impair, guint64 packet)
{
	gboolean lost = loses(impair);

	if (!lost)
		launch(impair, packet);
	if (!lost && happens(impair, impair->config.duplicate))
		launch(impair, packet);
	arrive(impair);
	return !lost;
}

void impair_flush(struct impair *impair)
{
	for (guint i = 0; i < SLOTS; i++)
		arrive(impair);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "dependencies.h"
#include "pictures.h"

#include <gio/gio.h>
#include <string.h>

#define TARGETS		(SPATIAL_LAYERS * TEMPORAL_LAYERS)
#define CHAINS		SPATIAL_LAYERS
#define MAX_TEMPLATES	64
#define MAX_DIFF	16	/* that a template can have, of frames */
#define MAX_CHAIN_DIFF	15

/* Decode target indications, table A.1 */
enum indication {
	NOT_PRESENT,
	DISCARDABLE,
	SWITCH,
	REQUIRED,
};

struct template {
	guint8 sid;
	guint8 tid;
	guint8 indication[TARGETS];
	guint8 refs;
	guint8 ref[LAYERED_MAX_REFS];
	guint8 chain[CHAINS];
};

struct dependencies {
	const struct layered *stream;
	GArray *templates;	/* struct template, by layer */
	GArray *of_frame;	/* guint: index of each frame's */
};

struct bits {
	GByteArray *bytes;
	guint count;
};

static void put(struct bits *bits, guint width, guint value)
{
	while (width--) {
		guint8 zero = 0;

		if (bits->count % 8 == 0)
			g_byte_array_append(bits->bytes, &zero, 1);
		bits->bytes->data[bits->count / 8] |= (value >> width & 1) << (7 - bits->count % 8);
		bits->count++;
	}
}

/* ns(n), section A.8.2 */
static void put_ns(struct bits *bits, guint values, guint value)
{
	guint width = g_bit_storage(values), spare = (1 << width) - values;

	if (value < spare)
		put(bits, width - 1, value);
	else
		put(bits, width, value + spare);
}

/* Target s, t is what a viewer with that cap gets. */
static gboolean in_target(const struct layered_frame *frame, guint target)
{
	return frame->sid <= target / TEMPORAL_LAYERS && frame->tid <= target % TEMPORAL_LAYERS;
}

/*
 * The targets, as bits, in which something refers to the frames at each place of the
 * temporal pattern: of the last ones of a stream that would else not be known.
 */
static void find_needed(const struct layered *stream, guint needed[PERIOD][SPATIAL_LAYERS])
{
	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *frame = layered_at(stream, i);

		for (guint n = 0; n < frame->refs; n++) {
			const struct layered_frame *to = layered_at(stream, i - frame->ref[n]);

			for (guint target = 0; target < TARGETS; target++)
				if (in_target(frame, target))
					needed[to->picture % PERIOD][to->sid] |= 1 << target;
		}
	}
}

static enum indication indicate(const struct layered_frame *frame, guint target, guint needed)
{
	if (!in_target(frame, target))
		return NOT_PRESENT;
	if (!(needed & 1 << target))
		return DISCARDABLE;
	if (frame->key)
		return SWITCH;
	if (frame->sid == target / TEMPORAL_LAYERS &&
	    (frame->switching || frame->tid == target % TEMPORAL_LAYERS))
		return SWITCH;
	return REQUIRED;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct template));
}

static guint find(const GArray *templates, const struct template *template)
{
	guint i;

	for (i = 0; i < templates->len; i++)
		if (!compare(&g_array_index(templates, struct template, i), template))
			break;
	return i;
}

/* The template of a frame; @last is the newest frame of each chain so far. */
static struct template describe(const struct layered_frame *frame, guint needed,
				guint32 last[CHAINS])
{
	struct template template = { .sid = frame->sid, .tid = frame->tid, .refs = frame->refs };

	for (guint i = 0; i < TARGETS; i++)
		template.indication[i] = indicate(frame, i, needed);
	for (guint i = 0; i < frame->refs; i++)
		template.ref[i] = MIN(frame->ref[i], G_MAXUINT8);
	/* a chain is the lowest temporal layer of a spatial one and of those below it */
	for (guint chain = 0; chain < CHAINS; chain++) {
		if (!frame->key || frame->sid)
			template.chain[chain] = MIN(frame->number - last[chain], G_MAXUINT8);
		if (!frame->tid && frame->sid <= chain)
			last[chain] = frame->number;
	}
	return template;
}

/* What cannot be said of the templates, or NULL. */
static const char *check(const GArray *templates)
{
	if (templates->len > MAX_TEMPLATES)
		return "more than 64 templates";
	for (guint i = 0; i < templates->len; i++) {
		const struct template *template = &g_array_index(templates, struct template, i);
		const struct template *before = i ? template - 1 : NULL;

		for (guint n = 0; n < template->refs; n++)
			if (template->ref[n] > MAX_DIFF)
				return "a reference over more than 16 frames";
		for (guint n = 0; n < CHAINS; n++)
			if (template->chain[n] > MAX_CHAIN_DIFF)
				return "a chain with a step over more than 15 frames";
		if (!i && (template->sid || template->tid))
			return "a stream without a base layer";
		if (!i)
			continue;
		if (template->sid == before->sid ? template->tid > before->tid + 1 :
		    template->sid > before->sid + 1 || template->tid)
			return "a layer without the one below it";
	}
	return NULL;
}

struct dependencies *dependencies_new(const struct layered *stream, GError **error)
{
	g_autoptr(dependencies) deps = g_new0(struct dependencies, 1);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct template));
	guint needed[PERIOD][SPATIAL_LAYERS] = {};
	guint32 last[CHAINS] = {};
	const char *wrong;

	deps->stream = stream;
	deps->templates = g_array_new(FALSE, FALSE, sizeof(struct template));
	deps->of_frame = g_array_new(FALSE, FALSE, sizeof(guint));
	find_needed(stream, needed);
	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *frame = layered_at(stream, i);
		struct template template;

		template = describe(frame, needed[frame->picture % PERIOD][frame->sid], last);
		g_array_append_val(all, template);
		if (find(deps->templates, &template) == deps->templates->len)
			g_array_append_val(deps->templates, template);
	}
	g_array_sort(deps->templates, compare);
	wrong = check(deps->templates);
	if (wrong) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			    "the dependency descriptor cannot describe %s", wrong);
		return NULL;
	}
	for (guint i = 0; i < all->len; i++) {
		guint index = find(deps->templates, &g_array_index(all, struct template, i));

		g_array_append_val(deps->of_frame, index);
	}
	return g_steal_pointer(&deps);
}

void dependencies_free(struct dependencies *deps)
{
	g_clear_pointer(&deps->templates, g_array_unref);
	g_clear_pointer(&deps->of_frame, g_array_unref);
	g_free(deps);
}

/* The identifier of the first template in the sequence of frame @index. */
static guint offset(const struct dependencies *deps, guint index)
{
	guint sequence = 0;

	for (guint i = 0; i <= index; i++)
		sequence += layered_at(deps->stream, i)->key && !layered_at(deps->stream, i)->sid;
	return sequence * deps->templates->len % MAX_TEMPLATES;
}

/* next_layer_idc of a template, table A.2 */
static guint next_layer(const struct dependencies *deps, guint i)
{
	const struct template *template = &g_array_index(deps->templates, struct template, i);

	if (i + 1 == deps->templates->len)
		return 3;
	if (template[1].sid != template->sid)
		return 2;
	return template[1].tid - template->tid;
}

/* template_dependency_structure() */
static void put_structure(struct bits *bits, const struct dependencies *deps, guint index)
{
	const struct template *templates = (const struct template *)deps->templates->data;
	guint count = deps->templates->len;

	put(bits, 6, offset(deps, index));
	put(bits, 5, TARGETS - 1);
	for (guint i = 0; i < count; i++)
		put(bits, 2, next_layer(deps, i));
	for (guint i = 0; i < count; i++)
		for (guint target = 0; target < TARGETS; target++)
			put(bits, 2, templates[i].indication[target]);
	for (guint i = 0; i < count; i++) {
		for (guint n = 0; n < templates[i].refs; n++) {
			put(bits, 1, 1);
			put(bits, 4, templates[i].ref[n] - 1);
		}
		put(bits, 1, 0);
	}
	put_ns(bits, TARGETS + 1, CHAINS);
	for (guint target = 0; target < TARGETS; target++)
		put_ns(bits, CHAINS, target / TEMPORAL_LAYERS);
	for (guint i = 0; i < count; i++)
		for (guint chain = 0; chain < CHAINS; chain++)
			put(bits, 4, templates[i].chain[chain]);
	put(bits, 1, 1);
	for (guint i = index; i < index + SPATIAL_LAYERS; i++) {
		put(bits, 16, layered_at(deps->stream, i)->width - 1);
		put(bits, 16, layered_at(deps->stream, i)->height - 1);
	}
}

GByteArray *dependencies_descriptor(const struct dependencies *deps, guint index,
				    gboolean start, gboolean end)
{
	const struct layered_frame *frame = layered_at(deps->stream, index);
	struct bits bits = { .bytes = g_byte_array_new() };
	guint template = g_array_index(deps->of_frame, guint, index);

	put(&bits, 1, start);
	put(&bits, 1, end);
	put(&bits, 6, (offset(deps, index) + template) % MAX_TEMPLATES);
	put(&bits, 16, frame->number);
	if (start && frame->key && !frame->sid) {
		/* the structure; neither active targets nor anything custom */
		put(&bits, 5, 0x10);
		put_structure(&bits, deps, index);
	}
	return bits.bytes;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the dependency descriptor ("RTP Payload Format For AV1", section A.8).
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "codec.h"
#include "dependency.h"

/* The fields that every descriptor has, in bytes. */
#define DEPENDENCY_MANDATORY_LEN	3

/* Decode target indications, table A.1: those that matter here. */
#define DEPENDENCY_NOT_PRESENT	0
#define DEPENDENCY_SWITCH	2

/* next_layer_idc, table A.2; 0 is the same layer again */
enum dependency_next_layer {
	DEPENDENCY_NEXT_TID	= 1,
	DEPENDENCY_NEXT_DID	= 2,
	DEPENDENCY_NO_MORE	= 3,
};

/* Bits from the most significant of the first byte on; @len and @pos in bits.
 * Beyond the end there are zeros, and @overrun.
 */
struct dependency_bits {
	const u8 *data;
	unsigned int len;
	unsigned int pos;
	bool overrun;
};

static bool bits_skip(struct dependency_bits *bits, unsigned int count)
{
	if (count > bits->len - bits->pos) {
		bits->pos = bits->len;
		bits->overrun = true;
		return false;
	}
	bits->pos += count;

	return true;
}

/* f(n) of the specification, for up to 16 */
static unsigned int bits_read(struct dependency_bits *bits, unsigned int count)
{
	unsigned int pos = bits->pos, value = 0;

	if (!bits_skip(bits, count))
		return 0;
	for (; count; count--, pos++)
		value = value << 1 | (bits->data[pos / 8] >> (7 - pos % 8) & 1);

	return value;
}

/* ns(n) of the specification: below @values, which is 1 to 33 */
static unsigned int bits_read_ns(struct dependency_bits *bits,
				 unsigned int values)
{
	unsigned int width = 0, spare, value;

	while (values >> width)
		width++;
	spare = (1 << width) - values;
	value = bits_read(bits, width - 1);
	if (value < spare)
		return value;

	return (value << 1) - spare + bits_read(bits, 1);
}

/* template_layers(), in the order of which layers never go down */
static bool dependency_layers(struct dependency_bits *bits,
			      struct rtp_dependency_structure *new)
{
	unsigned int did = 0, tid = 0;

	for (;;) {
		if (new->count == RTP_DEPENDENCY_TEMPLATES ||
		    did > RTP_DID_MAX || tid > RTP_TID_MAX || bits->overrun)
			return false;
		new->templates[new->count].did = did;
		new->templates[new->count++].tid = tid;

		switch (bits_read(bits, 2)) {
		case DEPENDENCY_NEXT_TID:
			tid++;
			break;
		case DEPENDENCY_NEXT_DID:
			did++;
			tid = 0;
			break;
		case DEPENDENCY_NO_MORE:
			return !bits->overrun;
		}
	}
}

/*
 * What the indications of a template at @bits say, with @targets the highest
 * layers of each target.
 *
 * Switch means that who decodes the frame decodes all later ones of the target.
 * A picture has a frame of each spatial layer, so more temporal layers can be
 * begun at it when the frames of all spatial layers say so, each of the targets
 * of its own: when all templates of the temporal layer do. To tell from the
 * first of them, those that follow must keep to their templates.
 */
static void dependency_switches(struct dependency_bits *bits,
				const struct rtp_dependency_template *targets,
				struct rtp_dependency_template *template,
				struct rtp_dependency_structure *new)
{
	u8 *up_to = &new->up_to[template->tid];
	bool begins = false, all = true;
	unsigned int i;

	for (i = 0; i < new->targets; i++) {
		bool can = bits_read(bits, 2) == DEPENDENCY_SWITCH;

		if (targets[i].did != template->did ||
		    targets[i].tid < template->tid)
			continue;
		begins |= can;
		all &= can;
		if (!can && targets[i].tid > template->tid)
			*up_to = min_t(u8, *up_to, targets[i].tid - 1);
	}
	template->begins = begins && all;
}

/* template_dtis() and decode_target_layers() */
static void dependency_indications(struct dependency_bits *bits,
				   struct rtp_dependency_structure *new)
{
	struct rtp_dependency_template targets[RTP_DEPENDENCY_TARGETS] = {};
	struct dependency_bits again = *bits;
	unsigned int i, j;

	for (i = 0; i < new->count && !bits->overrun; i++) {
		const struct rtp_dependency_template *t = &new->templates[i];

		for (j = 0; j < new->targets; j++) {
			if (bits_read(bits, 2) == DEPENDENCY_NOT_PRESENT)
				continue;
			targets[j].did = max_t(u8, targets[j].did, t->did);
			targets[j].tid = max_t(u8, targets[j].tid, t->tid);
		}
	}

	for (i = 0; i < ARRAY_SIZE(new->up_to); i++)
		new->up_to[i] = RTP_TID_MAX;
	for (i = 0; i < new->count && !again.overrun; i++)
		dependency_switches(&again, targets, &new->templates[i], new);
}

/* template_fdiffs() */
static void dependency_fdiffs(struct dependency_bits *bits,
			      struct rtp_dependency_structure *new)
{
	unsigned int i;

	for (i = 0; i < new->count && !bits->overrun; i++) {
		struct rtp_dependency_template *template = &new->templates[i];

		while (bits_read(bits, 1))
			template->fdiff = max_t(u8, template->fdiff,
						bits_read(bits, 4) + 1);
	}
}

/* template_chains(): only to find what comes behind */
static void dependency_skip_chains(struct dependency_bits *bits,
				   const struct rtp_dependency_structure *new)
{
	unsigned int chains = bits_read_ns(bits, new->targets + 1), i;

	if (!chains)
		return;
	for (i = 0; i < new->targets; i++)
		bits_read_ns(bits, chains);
	bits_skip(bits, new->count * chains * 4);
}

/* template_dependency_structure(); false when its layers cannot be */
static bool dependency_structure(struct dependency_bits *bits,
				 struct rtp_dependency_structure *new)
{
	new->offset = bits_read(bits, 6);
	new->targets = bits_read(bits, 5) + 1;
	if (!dependency_layers(bits, new))
		return false;
	dependency_indications(bits, new);
	dependency_fdiffs(bits, new);
	dependency_skip_chains(bits, new);
	/* render_resolutions(): a width and a height for each spatial layer */
	if (bits_read(bits, 1))
		bits_skip(bits, (new->templates[new->count - 1].did + 1) * 32);

	return true;
}

/* frame_fdiffs() */
static u16 dependency_frame_fdiff(struct dependency_bits *bits)
{
	unsigned int size;
	u16 fdiff = 0;

	while ((size = bits_read(bits, 2)))
		fdiff = max_t(u16, fdiff, bits_read(bits, 4 * size) + 1);

	return fdiff;
}

bool rtp_dependency_read(struct rtp_dependency_structure *structure, bool late,
			 const u8 *data, unsigned int len,
			 struct rtp_dependency *desc)
{
	bool targets = false, custom_dtis = false, custom_fdiffs = false;
	struct dependency_bits bits = { .data = data, .len = len * 8 };
	const struct rtp_dependency_structure *use = structure;
	const struct rtp_dependency_template *template;
	struct rtp_dependency_structure new = {};
	unsigned int id;

	*desc = (struct rtp_dependency) {};
	desc->start = bits_read(&bits, 1);
	desc->end = bits_read(&bits, 1);
	id = bits_read(&bits, 6);
	desc->frame = bits_read(&bits, 16);

	if (len > DEPENDENCY_MANDATORY_LEN) {
		desc->structure = bits_read(&bits, 1);
		targets = bits_read(&bits, 1);
		custom_dtis = bits_read(&bits, 1);
		custom_fdiffs = bits_read(&bits, 1);
		bits_skip(&bits, 1);	/* custom chains, which come last */
	}
	if (desc->structure) {
		if (!dependency_structure(&bits, &new))
			return false;
		use = &new;
	}

	id = (id - use->offset) % RTP_DEPENDENCY_TEMPLATES;
	if (id >= use->count)
		return false;
	template = &use->templates[id];
	desc->did = template->did;
	desc->tid = template->tid;
	desc->fdiff = template->fdiff;
	desc->begins = template->begins && !custom_dtis;

	if (targets)
		bits_skip(&bits, use->targets);
	if (custom_dtis)
		bits_skip(&bits, use->targets * 2);
	if (custom_fdiffs)
		desc->fdiff = dependency_frame_fdiff(&bits);
	if (bits.overrun)
		return false;

	if (!late) {
		if (desc->structure)
			*structure = new;
		/* its frames do not keep to their templates */
		if (custom_dtis)
			memset(structure->up_to, 0, sizeof(structure->up_to));
	}

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_dependency_read);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dependency descriptors for a stream ("RTP Payload Format For AV1", appendix A), worked
 * out from what its frames refer to.
 */
#ifndef RTPRELAY_MEDIA_DEPENDENCIES_H
#define RTPRELAY_MEDIA_DEPENDENCIES_H

#include "layered.h"

struct dependencies;

/*
 * @stream must outlive it and must not have been cut. NULL with @error set if its
 * structure cannot be described by templates.
 */
struct dependencies *dependencies_new(const struct layered *stream, GError **error);
void dependencies_free(struct dependencies *deps);

typedef struct dependencies dependencies;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dependencies, dependencies_free)

/*
 * The descriptor of a datagram of frame @index, the first or last of which it is. The
 * first of a key picture brings the structure, each time under other identifiers.
 */
GByteArray *dependencies_descriptor(const struct dependencies *deps, guint index,
				    gboolean start, gboolean end);

#endif

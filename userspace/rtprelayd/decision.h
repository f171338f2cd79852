/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a viewer has the layers that it has, in a word and in a sentence */
#ifndef RTPRELAYD_DECISION_H
#define RTPRELAYD_DECISION_H

#include "adaptive.h"
#include "rate.h"

/* Longest sentence, NUL included; one that would be longer is cut */
#define DECISION_STRLEN		96

/**
 * enum decision_reason - what it follows from
 * @DECISION_WISH: it has all that it asked for
 * @DECISION_STEADY: less, and nothing speaks for another level now
 * @DECISION_LOSS: datagrams are lost
 * @DECISION_DELAY: a queue fills on the way
 * @DECISION_TCP: a TCP on the same way would get too little
 * @DECISION_FAILED: the trial of a higher level failed
 * @DECISION_PROBING: a trial is on
 * @DECISION_SHARED: those at its address share a way that carries no more
 * @DECISION_THESIS: the estimate of thesis.h
 * @DECISION_BANDWIDTH: its request had a header Bandwidth
 * @DECISION_VIEWER: the path's limit for a viewer
 * @DECISION_PATH: the path's limit for all of them
 * @DECISION_INTERFACE: that of the interface
 * @DECISION_HOST: that of this host
 */
enum decision_reason {
	DECISION_WISH,
	DECISION_STEADY,
	DECISION_LOSS,
	DECISION_DELAY,
	DECISION_TCP,
	DECISION_FAILED,
	DECISION_PROBING,
	DECISION_SHARED,
	DECISION_THESIS,
	DECISION_BANDWIDTH,
	DECISION_VIEWER,
	DECISION_PATH,
	DECISION_INTERFACE,
	DECISION_HOST,
	DECISION_REASONS,	/* how many there are */
};

/**
 * struct decision - see above; zeros are DECISION_WISH
 * @reason: in a word
 * @text: in a sentence; "" for the word
 */
struct decision {
	enum decision_reason reason;
	char text[DECISION_STRLEN];
};

/* decision_name - the reason's word, as metrics have it; of a constant set */
const char *decision_name(enum decision_reason reason);

/* decision_text - the sentence */
const char *decision_text(const struct decision *decision);

/**
 * decision_adapted - what the adaptive controller decided
 * @decision: the one before; one that changed nothing leaves its reason be
 * @adaptive: the controller, after the step
 * @points: what it moves along
 * @report: what it decided by
 */
void decision_adapted(struct decision *decision, enum adaptive_reason reason,
		      const struct adaptive *adaptive, const struct points *points,
		      const struct adapt_report *report);

/**
 * decision_shared - the controller of those at its address did
 * @all: it has all that it asked for
 * @limit: what they share, octets a second
 * @viewers: how many they are
 */
void decision_shared(struct decision *decision, gboolean all, guint64 limit,
		     guint viewers);

/* decision_thesis - the thesis's controller did, to be at @level */
void decision_thesis(struct decision *decision, const struct points *points, guint level,
		     const struct adapt_report *report);

/**
 * decision_limited - a limit did
 * @reason: which
 * @interface: its name, with DECISION_INTERFACE
 * @limit: octets a second
 * @viewers: that share it
 */
void decision_limited(struct decision *decision, enum decision_reason reason,
		      const char *interface, guint64 limit, guint viewers);

#endif

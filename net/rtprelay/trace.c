// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints.
 */
#include "dest.h"

#define CREATE_TRACE_POINTS
#include <trace/events/rtprelay.h>

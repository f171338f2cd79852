/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What operators look in by: the status page and the metrics on an HTTP port,
 * read-only, and the control socket of rtprelayctl(8).
 */
#ifndef RTPRELAYD_MONITOR_H
#define RTPRELAYD_MONITOR_H

#include "config_monitor.h"
#include "server.h"

struct monitor;

/**
 * monitor_new - listen
 * @server: what is looked at; outlives it
 * @error: G_IO_ERROR, from listening; the text says where
 *
 * Return: it, or NULL.
 */
struct monitor *monitor_new(const struct config_monitor *config, struct server *server,
			    GError **error);

void monitor_free(struct monitor *monitor);

#endif

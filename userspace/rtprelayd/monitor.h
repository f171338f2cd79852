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
 * monitor_listen - listen for HTTP, which may take privileges that monitor_new() has not
 * @http: set to the socket; NULL when the configuration has none
 * @error: G_IO_ERROR; the text says where
 *
 * Return: FALSE on error.
 */
gboolean monitor_listen(const struct config_monitor *config, GSocket **http,
			GError **error);

/**
 * monitor_new - be looked in by
 * @http: of monitor_listen(), or NULL; a reference is taken
 * @server: what is looked at; outlives it
 * @error: G_IO_ERROR, from listening on the control socket; the text says where
 *
 * Return: it, or NULL.
 */
struct monitor *monitor_new(const struct config_monitor *config, GSocket *http,
			    struct server *server, GError **error);

void monitor_free(struct monitor *monitor);

#endif

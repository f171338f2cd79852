/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper: a process that does in the daemon's place the little that asks for
 * CAP_NET_ADMIN, so that whoever takes over the daemon, which reads what strangers
 * send, has no privilege. It holds no descriptor longer than a request takes.
 *
 * There is one at most, as long as the daemon lives. When it has ended no other
 * can be started, for whoever could has given that up: what is attached stays so,
 * nothing new is.
 */
#ifndef RTPRELAYD_HELPER_H
#define RTPRELAYD_HELPER_H

#include <gio/gio.h>
#include <linux/rtp_fanout.h>

#include "privileges.h"

/**
 * helper_start - start it, and have the fan-out library use it
 * @user: who it is to become
 * @error: G_IO_ERROR; PERMISSION_DENIED without CAP_NET_ADMIN, else what failed
 *
 * To be called before there are threads. Return: FALSE on error.
 */
gboolean helper_start(const struct privileges_user *user, GError **error);

/* helper_ended - it is lost, for @reason; called once at most */
typedef void (*helper_ended)(const char *reason, gpointer user_data);

/**
 * helper_watch - be told, from the main context on, when it ends before helper_stop()
 * @func: may be called from within whatever asks the helper for something
 */
void helper_watch(helper_ended func, gpointer user_data);

/* helper_stop - end it, and wait until it has */
void helper_stop(void);

/* helper_pid - its process, 0 without one */
pid_t helper_pid(void);

/* helper_state - "running", "lost", or "none" when there never was one */
const char *helper_state(void);

/**
 * helper_force_buffers - set a UDP socket's buffers to UDP_BUFFER, whatever
 * net.core.rmem_max and wmem_max say
 *
 * Return: 0 or an errno value, EPERM without a helper.
 */
int helper_force_buffers(int fd);

#endif

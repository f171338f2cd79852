/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper: a process that does in the daemon's place the little that asks for
 * CAP_NET_ADMIN, so that whoever takes over the daemon, which reads what strangers
 * send, has no privilege. It holds no descriptor longer than a request takes.
 *
 * There is one at most, as long as the daemon lives. When it has ended no other
 * can be started: what is attached stays so, nothing new is.
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

/* helper_watch - have its end logged when it comes; from the main context on */
void helper_watch(void);

/* helper_stop - end it, and wait until it has */
void helper_stop(void);

/* helper_pid - its process, 0 without one */
pid_t helper_pid(void);

/**
 * helper_force_buffers - set a UDP socket's buffers to UDP_BUFFER, whatever
 * net.core.rmem_max and wmem_max say
 *
 * Return: 0 or an errno value, EPERM without a helper.
 */
int helper_force_buffers(int fd);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities and the user of a process, and how it gives them up */
#ifndef RTPRELAYD_PRIVILEGES_H
#define RTPRELAYD_PRIVILEGES_H

#include <glib.h>
#include <sys/types.h>

/**
 * struct privileges_user - who a process becomes
 * @name: NULL for who it is already; the others are not read then
 * @uid: its user
 * @gid: its group
 */
struct privileges_user {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/**
 * privileges_find_user - look a user up
 * @name: as in passwd(5), or NULL
 * @error: G_FILE_ERROR_NOENT when there is none of that name
 *
 * Return: FALSE on error. The user's name is @name itself, or NULL when the process
 * is that user.
 */
gboolean privileges_find_user(const char *name, struct privileges_user *user,
			      GError **error);

/* privileges_has_net_admin - does the process hold CAP_NET_ADMIN? */
gboolean privileges_has_net_admin(void);

enum privileges_keep {
	PRIVILEGES_NONE,
	PRIVILEGES_NET_ADMIN,	/* CAP_NET_ADMIN, and no groups but the user's own */
};

/**
 * privileges_reduce - become a user and keep no other capability
 * @keep: what stays
 *
 * No program that it starts can get more. Capabilities belong to a thread: to be
 * called while there is only one.
 *
 * Return: 0 or an errno value; EPERM when it is another user and not root, EBUSY
 * when there are threads. After an error the process must end.
 */
int privileges_reduce(const struct privileges_user *user, enum privileges_keep keep);

#endif

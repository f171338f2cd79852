// SPDX-License-Identifier: GPL-2.0-or-later
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

gboolean privileges_find_user(const char *name, struct privileges_user *user,
			      GError **error)
{
	const struct passwd *entry;

	*user = (struct privileges_user){ .name = name };
	if (!name)
		return TRUE;
	entry = getpwnam(name);
	if (!entry) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "no user %s: add it, as useradd(8) does with --system", name);
		return FALSE;
	}
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	if (geteuid() == user->uid)
		user->name = NULL;
	return TRUE;
}

gboolean privileges_has_net_admin(void)
{
	return !capng_get_caps_process() &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN);
}

static gboolean privileges_has_threads(void)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);

	return tasks && g_dir_read_name(tasks) && g_dir_read_name(tasks);
}

int privileges_reduce(const struct privileges_user *user, enum privileges_keep keep)
{
	gboolean may_bound;
	int failed;

	if (user->name && geteuid() != 0)
		return EPERM;
	if (privileges_has_threads())
		return EBUSY;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	if (capng_get_caps_process())
		return EPERM;
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (keep == PRIVILEGES_NET_ADMIN)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (user->name)
		failed = capng_change_id(user->uid, user->gid, CAPNG_CLEAR_BOUNDING |
					 (keep == PRIVILEGES_NONE ? CAPNG_INIT_SUPP_GRP :
								    CAPNG_DROP_SUPP_GRP));
	else if (may_bound)
		failed = capng_apply(CAPNG_SELECT_ALL);
	else
		failed = capng_apply(CAPNG_SELECT_CAPS) || capng_apply(CAPNG_SELECT_AMBIENT);
	return failed ? EPERM : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread has a fan-out in userspace: nothing to lock. */
#ifndef SHIM_LINUX_SPINLOCK_H
#define SHIM_LINUX_SPINLOCK_H

typedef struct {
	char unused;
} spinlock_t;

#define spin_lock_init(lock)	((void)(lock))
#define spin_lock_bh(lock)	((void)(lock))
#define spin_unlock_bh(lock)	((void)(lock))
#define spin_lock(lock)		((void)(lock))
#define spin_unlock(lock)	((void)(lock))

#endif /* SHIM_LINUX_SPINLOCK_H */

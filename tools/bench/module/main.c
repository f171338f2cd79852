// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark's module: /proc/rtpbench.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include "bench.h"

struct bench_wanted {
	const char *name;
	struct tracepoint *found;
};

static void bench_look(struct tracepoint *tp, void *data)
{
	struct bench_wanted *wanted = data;

	if (!strcmp(tp->name, wanted->name))
		wanted->found = tp;
}

struct tracepoint *bench_tracepoint(const char *name)
{
	struct bench_wanted wanted = { .name = name };

	for_each_kernel_tracepoint(bench_look, &wanted);

	return wanted.found;
}

/* One measurement at a time. */
static DEFINE_MUTEX(bench_mutex);

static long bench_run(unsigned int cmd, void __user *arg)
{
	union {
		struct rtpbench_clock clock;
		struct rtpbench_floor floor;
		struct rtpbench_feed feed;
		struct rtpbench_option option;
		struct rtpbench_watch watch;
	} u;
	int err = 0;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&u, arg, _IOC_SIZE(cmd)))
		return -EFAULT;

	switch (cmd) {
	case RTPBENCH_CLOCK:
		bench_clock_read(&u.clock);
		break;
	case RTPBENCH_FLOOR:
		err = bench_floor(&u.floor);
		break;
	case RTPBENCH_FEED:
		err = bench_feed(&u.feed);
		break;
	case RTPBENCH_OPTION:
		err = bench_option(&u.option);
		break;
	case RTPBENCH_WATCH:
		err = bench_watch(&u.watch);
		break;
	default:
		return -ENOTTY;
	}
	if (!err && copy_to_user(arg, &u, _IOC_SIZE(cmd)))
		err = -EFAULT;

	return err;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err;

	mutex_lock(&bench_mutex);
	err = bench_run(cmd, (void __user *)arg);
	mutex_unlock(&bench_mutex);

	return err;
}

static const struct proc_ops bench_ops = {
	.proc_ioctl = bench_ioctl,
};

static int __init bench_init(void)
{
	int err;

	err = bench_clock_init();
	if (err)
		return err;
	if (!proc_create("rtpbench", 0600, NULL, &bench_ops)) {
		bench_clock_exit();
		return -ENOMEM;
	}

	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	remove_proc_entry("rtpbench", NULL);
	bench_watch_exit();
	bench_clock_exit();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("What ./run bench measures with");
MODULE_LICENSE("GPL");

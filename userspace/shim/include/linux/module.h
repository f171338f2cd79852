/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Userspace has no modules: nothing remains of the macros that describe one. */
#ifndef SHIM_LINUX_MODULE_H
#define SHIM_LINUX_MODULE_H

#define MODULE_DESCRIPTION(text)
#define MODULE_LICENSE(text)

#endif /* SHIM_LINUX_MODULE_H */

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdlib.h>

#define kcalloc(n, size, flags)	calloc(n, size)
#define kfree(memory)		free(memory)

#endif /* SHIM_LINUX_SLAB_H */

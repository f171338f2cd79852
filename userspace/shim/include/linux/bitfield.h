/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_BITFIELD_H
#define SHIM_LINUX_BITFIELD_H

#define FIELD_GET(mask, val)	(((val) & (mask)) >> __builtin_ctz(mask))

#endif /* SHIM_LINUX_BITFIELD_H */

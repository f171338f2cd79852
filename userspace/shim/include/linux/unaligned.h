/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_UNALIGNED_H
#define SHIM_LINUX_UNALIGNED_H

#include <arpa/inet.h>
#include <linux/types.h>
#include <string.h>

static inline u16 get_unaligned_be16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return ntohs(v);
}

static inline u32 get_unaligned_be32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return ntohl(v);
}

static inline void put_unaligned_be16(u16 val, void *p)
{
	u16 v = htons(val);

	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_be32(u32 val, void *p)
{
	u32 v = htonl(val);

	memcpy(p, &v, sizeof(v));
}

#endif /* SHIM_LINUX_UNALIGNED_H */

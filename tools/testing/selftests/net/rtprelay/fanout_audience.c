// SPDX-License-Identifier: GPL-2.0
/*
 * Viewers with caps, and what each of them is to get.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fanout_lib.h"

#define MARKER	0x80	/* in the second byte */

/* The next that the viewer gets is what was sent, under the next number. */
bool fo_next(struct fo_watch *watch, const __u8 *sent, size_t len)
{
	__u8 got[FO_MTU];
	ssize_t ret = fo_recv(watch->fd, got, sizeof(got));
	bool same;

	if (ret < FO_RTP_HDR) {
		fprintf(stderr, "# nothing came: %zd\n", ret);
		return false;
	}
	same = ret == (ssize_t)len && fo_rtp_same(sent, got, len);
	if (!same)
		fprintf(stderr, "# something else came, number %u\n",
			fo_seq(got));
	if (watch->started && watch->next != fo_seq(got)) {
		fprintf(stderr, "# number %u, not %u\n", fo_seq(got),
			watch->next);
		same = false;
	}
	watch->started = true;
	watch->next = fo_seq(got) + 1;
	return same;
}

/* Attach as relay->cfg says, and add a viewer for each cap. */
void fo_audience(struct fo_audience *audience,
		 const struct rtp_fanout_cap *caps, int count)
{
	struct fo_relay *relay = &audience->relay;
	int i;

	errno = -fo_attach(relay->fd, &relay->cfg);
	if (errno)
		fo_fatal("attach");
	memset(audience->watch, 0, sizeof(audience->watch));
	for (i = 0; i < FO_VIEWERS; i++)
		audience->watch[i].fd = i < count ?
			fo_view(relay, i, &caps[i]) : -1;
	audience->ssrc = FO_SSRC;
	audience->seq = 65000;
	audience->timestamp = 0xfffffff0;
	audience->pt = FO_PT_H264;
}

static bool fo_given(struct fo_audience *audience, unsigned int keep,
		     const void *payload, size_t size)
{
	__u32 timestamp = htonl(audience->timestamp);
	__u8 buf[FO_MTU];
	bool same = true;
	size_t len;
	int i;

	len = fo_rtp(buf, audience->pt, audience->seq, audience->ssrc, size);
	buf[1] |= audience->marker ? MARKER : 0;
	memcpy(buf + 4, &timestamp, sizeof(timestamp));
	memcpy(buf + FO_RTP_HDR, payload, size);
	fo_send_buf(audience->relay.source, buf, len);

	for (i = 0; i < FO_VIEWERS; i++) {
		if (!(keep & 1 << i))
			continue;
		buf[1] &= ~MARKER;
		if (audience->marked & 1 << i)
			buf[1] |= MARKER;
		if (fo_next(&audience->watch[i], buf, len))
			continue;
		fprintf(stderr, "# viewer %d, sent %u\n", i, audience->seq);
		same = false;
		break;
	}
	return same;
}

/* Sends a payload. The viewers of @keep get it, next in number; what another
 * got would be in the way of what it is to get next.
 */
bool fo_kept(struct fo_audience *audience, unsigned int keep,
	     const void *payload, size_t size)
{
	bool same = fo_given(audience, keep, payload, size);

	audience->seq++;
	return same;
}

/* A datagram is not sent. A number is left free for the viewers of @left. */
void fo_lose(struct fo_audience *audience, unsigned int left,
	     struct fo_hole *hole)
{
	int i;

	hole->seq = audience->seq++;
	hole->timestamp = audience->timestamp;
	hole->left = left;
	for (i = 0; i < FO_VIEWERS; i++) {
		if (left & 1 << i)
			hole->number[i] = audience->watch[i].next++;
	}
}

/* It is sent now. The viewers of @keep get it under that number. */
bool fo_late(struct fo_audience *audience, const struct fo_hole *hole,
	     unsigned int keep, const void *payload, size_t size)
{
	struct fo_audience late = *audience;
	int i;

	late.seq = hole->seq;
	late.timestamp = hole->timestamp;
	for (i = 0; i < FO_VIEWERS; i++)
		late.watch[i].next = hole->number[i];
	return fo_given(&late, keep & hole->left, payload, size);
}

/* Sets the cap of a viewer. Returns 0 or -errno. */
int fo_set_cap(const struct fo_relay *relay, int i, struct rtp_fanout_cap cap)
{
	struct rtp_fanout_dest dest;

	fo_viewer(relay, i, &dest);
	dest.cap = cap;
	return fo_set(relay->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, &dest, 1,
		      sizeof(dest));
}

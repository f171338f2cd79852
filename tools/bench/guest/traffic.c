// SPDX-License-Identifier: GPL-2.0-or-later
#include "traffic.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTP_MARKER	0x80
#define CLOCK_STEP	4500	/* a twentieth of a second */
/* A picture that others refer to, in a NAL unit by itself (RFC 6184). */
#define NAL_SLICE	0x41

static uint32_t timestamp_of(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data + 4, sizeof(value));
	return ntohl(value);
}

static void equal(struct traffic *traffic, unsigned int count)
{
	static uint8_t data[TRAFFIC_SIZE] = { 0x80, [RTP_HEADER] = NAL_SLICE };

	for (unsigned int i = RTP_HEADER + 1; i < sizeof(data); i++)
		data[i] = i * 31;
	traffic->count = count;
	traffic->datagram = calloc(count, sizeof(*traffic->datagram));
	traffic->first = calloc(2, sizeof(*traffic->first));
	if (!traffic->datagram || !traffic->first)
		err(1, "memory");
	for (unsigned int i = 0; i < count; i++)
		traffic->datagram[i] = (struct datagram) { sizeof(data), data };
	traffic->batches = 1;
	traffic->first[1] = count;
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	uint8_t *data;

	if (!file || fseek(file, 0, SEEK_END))
		err(1, "%s", path);
	*size = ftell(file);
	rewind(file);
	data = malloc(*size);
	if (!data || fread(data, 1, *size, file) != *size)
		err(1, "%s", path);
	fclose(file);
	return data;
}

static void add(struct traffic *traffic, uint16_t len, const uint8_t *data)
{
	unsigned int i = traffic->count++;

	traffic->datagram = reallocarray(traffic->datagram, i + 1,
					 sizeof(*traffic->datagram));
	traffic->first = reallocarray(traffic->first, i + 2,
				      sizeof(*traffic->first));
	if (!traffic->datagram || !traffic->first)
		err(1, "memory");
	traffic->datagram[i] = (struct datagram) { len, data };
	if (!i || timestamp_of(data) !=
		  timestamp_of(traffic->datagram[i - 1].data) ||
	    i - traffic->first[traffic->batches - 1] == TRAFFIC_BATCH)
		traffic->first[traffic->batches++] = i;
	traffic->first[traffic->batches] = traffic->count;
}

static void trace(struct traffic *traffic, const char *path)
{
	size_t size, pos = 0;
	uint8_t *data = read_file(path, &size);
	uint16_t len;

	while (pos + sizeof(len) <= size) {
		memcpy(&len, data + pos, sizeof(len));
		len = ntohs(len);
		pos += sizeof(len);
		if (len < RTP_HEADER || len > size - pos)
			errx(1, "%s: not RTP datagrams by RFC 4571", path);
		add(traffic, len, data + pos);
		pos += len;
	}
	if (!traffic->count)
		errx(1, "%s: no datagrams", path);
}

void traffic_open(struct traffic *traffic, const char *name)
{
	unsigned int count;
	char end;

	memset(traffic, 0, sizeof(*traffic));
	if (sscanf(name, "%u%c", &count, &end) == 1 && count &&
	    count <= TRAFFIC_BATCH)
		equal(traffic, count);
	else
		trace(traffic, name);
}

size_t traffic_write(const struct traffic *traffic, unsigned int batch,
		     struct traffic_numbers *numbers, uint8_t *buf)
{
	unsigned int i, last = traffic->first[batch + 1] - 1;
	const struct datagram *from;
	uint32_t value;
	uint16_t seq;
	size_t pos = 0;

	for (i = traffic->first[batch]; i <= last; i++) {
		from = &traffic->datagram[i];
		memcpy(buf + pos, &from->len, sizeof(from->len));
		pos += sizeof(from->len);
		memcpy(buf + pos, from->data, from->len);
		buf[pos + 1] = RTP_PT | (i == last ? RTP_MARKER : 0);
		seq = htons(numbers->seq++);
		memcpy(buf + pos + 2, &seq, sizeof(seq));
		value = htonl(numbers->timestamp);
		memcpy(buf + pos + 4, &value, sizeof(value));
		value = htonl(RTP_SSRC);
		memcpy(buf + pos + 8, &value, sizeof(value));
		pos += from->len;
	}
	numbers->timestamp += CLOCK_STEP;
	return pos;
}

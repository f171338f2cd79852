// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of layers, what is made of them for RTP, and back. */
#include "av1pay.h"
#include "dependencies.h"
#include "obu.h"
#include "pictures.h"
#include "vp9pay.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define PICTURES	9
#define CUT_STEP	7

/* How many frames back a frame's own layer was last kept, in pictures 0 2 1 2. */
static const guint own_ref[PERIOD] = { 4, 1, 2, 1 };

/* OBUs with sizes: a delimiter and a sequence header with a key picture, a frame. */
static GBytes *frame_data(enum layered_codec codec, guint number, gboolean first, gboolean key,
			  guint sid, guint tid)
{
	static const guint8 delimiter[] = { 0x12, 0 }, header[] = { 0x0a, 2, 0xaa, 0xbb };
	g_autoptr(GByteArray) data = g_byte_array_new();
	guint len = 20 + number * 37 % 900;
	guint8 head[] = { 0x36, tid << 5 | sid << 3 };

	if (codec == LAYERED_AV1) {
		if (first)
			g_byte_array_append(data, delimiter, sizeof(delimiter));
		if (first && key)
			g_byte_array_append(data, header, sizeof(header));
		g_byte_array_append(data, head, sizeof(head));
		obu_append_size(data, len);
	}
	for (guint i = 0; i < len; i++) {
		guint8 octet = number * 31 + i;

		g_byte_array_append(data, &octet, 1);
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&data));
}

static struct layered *make_stream(enum layered_codec codec)
{
	struct layered *stream = layered_new(codec);

	for (guint n = 0; n < PICTURES * SPATIAL_LAYERS; n++) {
		guint picture = n / SPATIAL_LAYERS, sid = n % SPATIAL_LAYERS;
		struct layered_frame *frame = layered_add(stream, NULL, 0);

		frame->number = n;
		frame->picture = picture;
		frame->timestamp = picture * 4500;
		frame->width = 320 >> (SPATIAL_LAYERS - 1 - sid);
		frame->height = 192 >> (SPATIAL_LAYERS - 1 - sid);
		frame->sid = sid;
		frame->tid = pictures_tid(picture);
		frame->key = !picture;
		if (sid)
			layered_add_ref(frame, n - 1);
		if (picture)
			layered_add_ref(frame, n - own_ref[picture % PERIOD] * SPATIAL_LAYERS);
		g_bytes_unref(frame->data);
		frame->data = frame_data(codec, n, !sid, frame->key, sid, frame->tid);
	}
	layered_mark_switching(stream);
	return stream;
}

static void assert_same_data(const struct layered_frame *a, const struct layered_frame *b)
{
	g_assert_true(g_bytes_equal(a->data, b->data));
	g_assert_cmpuint(a->picture, ==, b->picture);
	g_assert_cmpuint(a->timestamp, ==, b->timestamp);
	g_assert_cmpuint(a->sid, ==, b->sid);
	g_assert_cmpuint(a->tid, ==, b->tid);
	g_assert_cmpint(a->key, ==, b->key);
}

/* What a stream is in its file. */
static GBytes *save(const struct layered *stream)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	gchar *data;
	gsize len;
	gint fd = g_file_open_tmp("layered-XXXXXX", &path, &error);

	g_assert_no_error(error);
	g_assert_true(g_close(fd, NULL));
	g_assert_true(layered_save(stream, path, &error));
	g_assert_true(g_file_get_contents(path, &data, &len, &error));
	g_assert_cmpint(g_unlink(path), ==, 0);
	return g_bytes_new_take(data, len);
}

static void test_file(gconstpointer codec)
{
	g_autoptr(layered) stream = make_stream(GPOINTER_TO_INT(codec));
	g_autoptr(GBytes) bytes = save(stream);
	g_autoptr(GError) error = NULL;
	g_autoptr(layered) back = NULL;
	gsize len;
	const guint8 *data = g_bytes_get_data(bytes, &len);

	back = layered_parse(data, len, &error);
	g_assert_no_error(error);
	g_assert_cmpint(back->codec, ==, stream->codec);
	g_assert_cmpuint(back->frames->len, ==, stream->frames->len);
	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *a = layered_at(stream, i), *b = layered_at(back, i);

		assert_same_data(a, b);
		g_assert_cmpuint(a->number, ==, b->number);
		g_assert_cmpuint(a->width, ==, b->width);
		g_assert_cmpuint(a->height, ==, b->height);
		g_assert_cmpint(a->switching, ==, b->switching);
		g_assert_cmpmem(a->ref, a->refs * sizeof(*a->ref), b->ref, b->refs * sizeof(*b->ref));
	}
}

static void test_file_wrong(void)
{
	g_autoptr(layered) stream = make_stream(LAYERED_VP9);
	g_autoptr(GBytes) bytes = save(stream);
	gsize len, whole = 16;
	const guint8 *data = g_bytes_get_data(bytes, &len);
	static const struct {
		gsize at;
		guint8 octet;
		const char *message;
	} wrong[] = {
		{ 0, 'L', "not a file of layers" },
		{ 8, 'X', "a codec that is neither VP9 nor AV1" },
		/* the second frame's */
		{ 20, 8, "a layer above 7" },
		{ 21, 8, "a layer above 7" },
		{ 23, 13, "too many references" },
		{ 24, 0, "a frame that refers to itself" },
	};

	for (gsize cut = 0; cut < len; cut += cut < 200 ? 1 : CUT_STEP) {
		g_autofree guint8 *copy = g_memdup2(data, cut);
		g_autoptr(layered) back = layered_parse(copy, cut, NULL);

		/* cut between two frames it is a shorter file */
		while (whole < cut)
			whole += 48 + (data[whole + 12] | data[whole + 13] << 8);
		g_assert_true(!!back == (cut == whole));
	}
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree guint8 *copy = g_memdup2(data, len);
		gsize first = 16 + 48 + g_bytes_get_size(layered_at(stream, 0)->data);
		g_autoptr(GError) error = NULL;

		copy[wrong[i].at < 16 ? wrong[i].at : first + wrong[i].at] = wrong[i].octet;
		g_assert_null(layered_parse(copy, len, &error));
		g_assert_cmpstr(error->message, ==, wrong[i].message);
	}
}

/* Nothing is above what the pattern has, and one reference denies switching. */
static void test_switching(void)
{
	g_autoptr(layered) stream = make_stream(LAYERED_VP9);

	for (guint i = 0; i < stream->frames->len; i++)
		g_assert_true(layered_at(stream, i)->switching);
	/* picture 5, of layer 2, refers to picture 3, past picture 4 of layer 0 */
	layered_add_ref(layered_at(stream, 5 * SPATIAL_LAYERS), 3 * SPATIAL_LAYERS);
	layered_mark_switching(stream);
	for (guint i = 0; i < stream->frames->len; i++)
		g_assert_cmpint(layered_at(stream, i)->switching, ==,
				layered_at(stream, i)->picture != 4);
}

static GPtrArray *pay(const struct layered *stream, guint first, guint end, guint mtu)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(rtpfile_packet_free);
	g_autoptr(GError) error = NULL;

	for (guint i = first; i < end; i++) {
		g_autoptr(GPtrArray) packets = g_ptr_array_new();

		if (stream->codec == LAYERED_VP9)
			vp9_pay(stream, i, mtu, packets);
		else
			g_assert_true(av1_pay(stream, i, mtu, packets, &error));
		for (guint n = 0; n < packets->len; n++) {
			struct rtpfile_packet *packet = g_ptr_array_index(packets, n);

			g_assert_cmpuint(packet->payload->len, <=, mtu - RTPFILE_HEADER);
			g_assert_cmpint(packet->marker, ==, i + 1 == end && n + 1 == packets->len);
			packet->seq = 65534 + all->len;
			g_ptr_array_add(all, packet);
		}
	}
	return all;
}

static gboolean depay(const GPtrArray *packets, guint32 picture, struct layered *stream)
{
	g_autoptr(GError) error = NULL;
	gboolean right = stream->codec == LAYERED_VP9 ?
			 vp9_depay(packets, picture, stream, &error) :
			 av1_depay(packets, picture, stream, &error);

	g_assert_true(right == !error);
	return right;
}

static void test_round(gconstpointer codec)
{
	static const guint mtu[] = { RTPFILE_MIN_MTU, 101, 250, 1200, 16000 };
	g_autoptr(layered) stream = make_stream(GPOINTER_TO_INT(codec));

	for (guint m = 0; m < G_N_ELEMENTS(mtu); m++) {
		g_autoptr(layered) back = layered_new(stream->codec);

		for (guint i = 0, end; i < stream->frames->len; i = end) {
			g_autoptr(GPtrArray) packets = NULL;

			end = layered_next_picture(stream, i);
			packets = pay(stream, i, end, mtu[m]);
			g_assert_true(depay(packets, layered_at(stream, i)->picture, back));
		}
		g_assert_cmpuint(back->frames->len, ==, stream->frames->len);
		for (guint i = 0; i < stream->frames->len; i++)
			assert_same_data(layered_at(stream, i), layered_at(back, i));
	}
}

/* Without one of its packets a picture is never taken for whole. */
static void test_round_lossy(gconstpointer codec)
{
	g_autoptr(layered) stream = make_stream(GPOINTER_TO_INT(codec));
	guint end = layered_next_picture(stream, 6);
	g_autoptr(GPtrArray) packets = pay(stream, 6, end, 150);

	for (guint lost = 0; lost < packets->len; lost++) {
		g_autoptr(GPtrArray) rest = g_ptr_array_new();
		g_autoptr(layered) back = layered_new(stream->codec);

		for (guint i = 0; i < packets->len; i++)
			if (i != lost)
				g_ptr_array_add(rest, g_ptr_array_index(packets, i));
		g_assert_false(depay(rest, 2, back));
	}
}

/* Each payload cut short: an error or not, but nothing beyond the end is read. */
static void test_round_short(gconstpointer codec)
{
	g_autoptr(layered) stream = make_stream(GPOINTER_TO_INT(codec));
	g_autoptr(GPtrArray) packets = pay(stream, 0, layered_next_picture(stream, 0), 1200);

	for (guint i = 0; i < packets->len; i++) {
		struct rtpfile_packet *packet = g_ptr_array_index(packets, i);
		GByteArray *whole = packet->payload;

		for (guint len = 0; len < MIN(whole->len, 40); len++) {
			g_autoptr(layered) back = layered_new(stream->codec);

			packet->payload = g_byte_array_new_take(g_memdup2(whole->data, len), len);
			depay(packets, 0, back);
			g_byte_array_unref(packet->payload);
		}
		packet->payload = whole;
	}
}

/* Payloads by hand, each all of a picture. */
static void test_payloads(void)
{
	static const struct {
		enum layered_codec codec;
		gboolean right;
		gsize len;
		guint8 octet[12];
	} rows[] = {
		{ LAYERED_VP9, TRUE, 2, { 0x0c, 0x87 } },
		{ LAYERED_VP9, FALSE, 1, { 0x0c } },
		/* flexible mode: the last reference says that more follow */
		{ LAYERED_VP9, TRUE, 6, { 0xfc, 0x05, 0x02, 0x03, 0x04, 0x87 } },
		{ LAYERED_VP9, FALSE, 4, { 0xfc, 0x05, 0x02, 0x03 } },
		/* a structure of one layer without sizes and a group of two pictures */
		{ LAYERED_VP9, TRUE, 7, { 0x0e, 0x08, 2, 0x00, 0x14, 0x02, 0x87 } },
		{ LAYERED_VP9, FALSE, 6, { 0x0e, 0x08, 2, 0x00, 0x14, 0x02 } },
		{ LAYERED_VP9, FALSE, 4, { 0x0e, 0x08, 2, 0x00 } },
		{ LAYERED_VP9, FALSE, 2, { 0x0e, 0x08 } },
		{ LAYERED_VP9, FALSE, 5, { 0x0e, 0x10, 0, 96, 0 } },
		{ LAYERED_AV1, TRUE, 3, { 0x10, 0x30, 0xaa } },
		/* no beginning, no end, fewer than counted, more than counted */
		{ LAYERED_AV1, FALSE, 3, { 0x90, 0x30, 0xaa } },
		{ LAYERED_AV1, FALSE, 3, { 0x50, 0x30, 0xaa } },
		{ LAYERED_AV1, FALSE, 4, { 0x20, 2, 0x30, 0xaa } },
		{ LAYERED_AV1, FALSE, 3, { 0x00, 2, 0x30 } },
		{ LAYERED_AV1, FALSE, 1, { 0x10 } },
		{ LAYERED_AV1, FALSE, 2, { 0x10, 0x34 } },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func(rtpfile_packet_free);
		struct rtpfile_packet *packet = rtpfile_packet_new();
		g_autoptr(layered) stream = layered_new(rows[i].codec);

		g_byte_array_unref(packet->payload);
		packet->payload = g_byte_array_new_take(g_memdup2(rows[i].octet, rows[i].len),
							rows[i].len);
		g_ptr_array_add(packets, packet);
		if (depay(packets, 0, stream) != rows[i].right)
			g_error("row %u: not %s", i, rows[i].right ? "right" : "wrong");
	}
}

static void test_superframe(void)
{
	static const guint8 sizes[] = { 20, 0, 0, 0, 57, 0, 0, 0, 94, 0, 0, 0 };
	g_autoptr(layered) stream = make_stream(LAYERED_VP9);
	g_autoptr(GByteArray) one = g_byte_array_new();
	g_autoptr(GByteArray) all = g_byte_array_new();

	vp9_superframe(stream, 0, 1, one);
	g_assert_cmpuint(one->len, ==, 20);
	vp9_superframe(stream, 0, 3, all);
	g_assert_cmpuint(all->len, ==, 20 + 57 + 94 + 2 + sizeof(sizes));
	/* annex B: 110, size of sizes less one, frames less one; at both ends */
	g_assert_cmpuint(all->data[all->len - 1], ==, 0xda);
	g_assert_cmpuint(all->data[all->len - 2 - sizeof(sizes)], ==, 0xda);
	g_assert_cmpmem(all->data + all->len - 1 - sizeof(sizes), sizeof(sizes), sizes, sizeof(sizes));
}

static void test_dependencies(void)
{
	g_autoptr(layered) stream = make_stream(LAYERED_AV1);
	g_autoptr(GError) error = NULL;
	g_autoptr(dependencies) deps = dependencies_new(stream, &error);
	g_autoptr(GByteArray) key = NULL;
	g_autoptr(GByteArray) other = NULL;

	g_assert_no_error(error);
	key = dependencies_descriptor(deps, 0, TRUE, FALSE);
	g_assert_cmpuint(key->data[0] & 0xc0, ==, 0x80);
	g_assert_cmpuint(key->len, >, 3);
	g_assert_cmpuint(key->data[3], ==, 0x80 | (key->data[3] & 7));
	/* the identifier of the first template, which is the key frame's */
	g_assert_cmpuint(key->data[0] & 0x3f, ==, (key->data[3] & 7) << 3 | key->data[4] >> 5);
	other = dependencies_descriptor(deps, 14, FALSE, TRUE);
	g_assert_cmpuint(other->len, ==, 3);
	g_assert_cmpuint(other->data[0] & 0xc0, ==, 0x40);
	g_assert_cmpuint(other->data[1] << 8 | other->data[2], ==, 14);
	/* what no template can say */
	layered_add_ref(layered_at(stream, 20), 0);
	g_assert_null(dependencies_new(stream, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void test_rtpfile(void)
{
	g_autoptr(GByteArray) file = g_byte_array_new();
	g_autoptr(GPtrArray) packets = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 3; i++) {
		struct rtpfile_packet *packet = rtpfile_packet_new();

		packet->seq = i;
		packet->timestamp = i * 4500;
		packet->marker = i == 1;
		g_byte_array_append(packet->payload, (const guint8 *)"payload", 7);
		if (i) {
			packet->extension = g_byte_array_new();
			g_byte_array_append(packet->extension, (const guint8 *)"extension", 9 * i);
		}
		rtpfile_append(file, packet, 5);
		rtpfile_packet_free(packet);
		if (i == 1)
			break;
	}
	packets = rtpfile_parse(file->data, file->len, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(packets->len, ==, 2);
	for (guint i = 0; i < packets->len; i++) {
		const struct rtpfile_packet *packet = g_ptr_array_index(packets, i);

		g_assert_cmpmem(packet->payload->data, packet->payload->len, "payload", 7);
		g_assert_cmpint(packet->marker, ==, i == 1);
	}
	/* the extension longer than the datagram, padding longer than its payload */
	for (guint i = 0; i < 2; i++) {
		g_autofree guint8 *copy = g_memdup2(file->data, file->len);

		copy[2] |= i ? 0x20 : 0x10;
		g_assert_null(rtpfile_parse(copy, file->len, NULL));
	}
	for (gsize cut = 1; cut < file->len; cut++) {
		g_autofree guint8 *copy = g_memdup2(file->data, cut);
		g_autoptr(GPtrArray) some = rtpfile_parse(copy, cut, NULL);

		g_assert_true(!!some == (cut == 2 + 12 + 7));
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(gconstpointer codec);
	} both[] = {
		{ "file", test_file }, { "round", test_round }, { "round-lossy", test_round_lossy },
		{ "round-short", test_round_short },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
		g_autofree char *vp9 = g_strconcat("/layered/vp9/", both[i].name, NULL);
		g_autofree char *av1 = g_strconcat("/layered/av1/", both[i].name, NULL);

		g_test_add_data_func(vp9, GINT_TO_POINTER(LAYERED_VP9), both[i].test);
		g_test_add_data_func(av1, GINT_TO_POINTER(LAYERED_AV1), both[i].test);
	}
	g_test_add_func("/layered/file-wrong", test_file_wrong);
	g_test_add_func("/layered/switching", test_switching);
	g_test_add_func("/layered/payloads", test_payloads);
	g_test_add_func("/layered/superframe", test_superframe);
	g_test_add_func("/layered/dependencies", test_dependencies);
	g_test_add_func("/layered/rtpfile", test_rtpfile);
	return g_test_run();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/log_object.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "lib/aws/sign.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum {
	ID_DIGITS = 17,
	HASH_DIGITS = 8,
	HASHED_MAX = 1024,
	/* Leaves room for what comes behind a prefix: some 300 bytes. */
	PREFIX_MAX = 512,
	GZIP_WINDOW = 15 + 16, /* zlib: 32 KiB, and gzip's head and end */
	GZIP_MEMORY = 8,
	CHUNK_SIZE = 1 << 14,
};

int log_prefix_check(struct str prefix, struct err *err)
{
	struct str rest = prefix;

	if (prefix.len > PREFIX_MAX || !str_is_utf8(prefix))
		return err_set(err, ERR_USAGE,
			       "the prefix of a bucket is UTF-8 of at most %d bytes", PREFIX_MAX);
	for (size_t i = 0; i < prefix.len; i++)
		if ((unsigned char)prefix.ptr[i] < ' ' || prefix.ptr[i] == 0x7f)
			return err_set(err, ERR_USAGE, "a control character in a prefix");
	while (rest.len) {
		struct str folder = str_cut(&rest, '/');

		if (str_is(folder, "AWSLogs"))
			return err_set(err, ERR_USAGE,
				       "'%.*s': no folder of a prefix may be called AWSLogs:"
				       " that one comes behind it",
				       STR_ARG(prefix));
		if (folder.len == 0)
			return err_set(err, ERR_USAGE, "'%.*s': a folder without a name",
				       STR_ARG(prefix));
	}
	return 0;
}

void flow_log_id_make(const char *account_id, struct str host, char out[static FLOW_LOG_ID_SIZE])
{
	auto_buf struct buf text = buf_make(HASHED_MAX);
	char		    hash[AWS_HASH_SIZE];

	buf_printf(&text, "%s/", account_id);
	buf_add_str(&text, host);
	aws_hash(buf_str(&text), hash);
	snprintf(out, FLOW_LOG_ID_SIZE, "fl-%.*s", ID_DIGITS, hash);
}

/* Where in "2026-10-02T08:00:00Z" they stand. */
struct moment {
	char text[CLOCK_TIME_SIZE];
};

static void add_folders(const struct log_layout *layout, const struct moment *moment,
			struct buf *out)
{
	const char *year = moment->text, *month = year + 5, *day = year + 8, *hour = year + 11;

	if (layout->prefix.len) {
		buf_add_str(out, layout->prefix);
		buf_add_char(out, '/');
	}
	buf_printf(out,
		   layout->hive ? "AWSLogs/aws-account-id=%s/aws-service=vpcflowlogs/aws-region=%s/"
				  "year=%.4s/month=%.2s/day=%.2s/"
				: "AWSLogs/%s/vpcflowlogs/%s/%.4s/%.2s/%.2s/",
		   layout->account_id, layout->region, year, month, day);
	if (layout->hourly)
		buf_printf(out, layout->hive ? "hour=%.2s/" : "%.2s/", hour);
}

static int64_t period_of(const struct segment_line *line)
{
	return line->end_s - line->end_s % LOG_OBJECT_PERIOD_S;
}

int64_t log_object_period(const struct segment *segment, int64_t after_s)
{
	struct str	    rest = segment->text;
	struct segment_line line;
	int64_t		    first_s = -1;

	while (segment_next(&rest, &line)) {
		int64_t period_s = period_of(&line);

		if (period_s > after_s && (first_s < 0 || period_s < first_s))
			first_s = period_s;
	}
	return first_s;
}

int log_object_key(const struct log_layout *layout, const struct log_object *object,
		   struct buf *out, struct err *err)
{
	auto_buf struct buf hashed = buf_make(HASHED_MAX);
	char		    hash[AWS_HASH_SIZE];
	struct moment	    moment;
	const char	   *at = moment.text;

	buf_add_str(&hashed, layout->host);
	buf_printf(&hashed, "/%s/%u", object->segment->name, object->turn);
	aws_hash(buf_str(&hashed), hash);
	clock_print_time(object->period_s, moment.text);
	add_folders(layout, &moment, out);
	buf_printf(out, "%s_vpcflowlogs_%s_", layout->account_id, layout->region);
	buf_add_str(out, layout->flow_log_id);
	buf_printf(out, "_%.4s%.2s%.2sT%.2s%.2sZ_%.*s.log.gz", at, at + 5, at + 8, at + 11, at + 14,
		   HASH_DIGITS, hash);
	return out->overflow
		       ? err_set(err, ERR_INPUT, "a key of more than %d bytes", LOG_OBJECT_KEY_MAX)
		       : 0;
}

/* What deflate has, until it wants more. */
static void squeeze(z_stream *stream, struct str text, int flush, struct buf *out)
{
	unsigned char chunk[CHUNK_SIZE];

	stream->next_in = (unsigned char *)(uintptr_t)text.ptr;
	stream->avail_in = (uInt)text.len;
	do {
		int result;

		stream->next_out = chunk;
		stream->avail_out = sizeof(chunk);
		result = deflate(stream, flush);
		assert(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
		buf_add(out, chunk, sizeof(chunk) - stream->avail_out);
	} while (stream->avail_out == 0);
}

uint64_t log_object_write(const struct log_object *object, struct str header, struct buf *out)
{
	const struct str    newline = { "\n", 1 };
	z_stream	    stream = { 0 };
	struct segment_line line;
	struct str	    rest = object->segment->text;
	uint64_t	    count = 0;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	squeeze(&stream, header, Z_NO_FLUSH, out);
	squeeze(&stream, newline, Z_NO_FLUSH, out);
	while (segment_next(&rest, &line)) {
		if (period_of(&line) != object->period_s)
			continue;
		count++;
		squeeze(&stream, line.text, Z_NO_FLUSH, out);
		squeeze(&stream, newline, Z_NO_FLUSH, out);
	}
	squeeze(&stream, (struct str){ "", 0 }, Z_FINISH, out);
	deflateEnd(&stream);
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/flow/stream.h"
#include "tests/unit/drip.h"
#include "tests/unit/packed.h"

#define SSH                                                                                        \
	"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 "      \
	"1418530010 1418530070 ACCEPT OK\n"

enum { TEXT_MAX = 1 << 24, WHOLE = 1 << 20 };

/* The text of packed bytes that come in pieces, read into room of out_size. */
static struct err unpack(struct str packed, size_t piece, size_t out_size, struct buf *text)
{
	struct drip drip = { .bytes = packed, .piece = piece };
	struct err  failure;

	buf_clear(text);
	failure = drip_text(layer_pile(drip_layer(&drip)), out_size, TEXT_MAX, text);
	CHECK(failure.kind || drip.bytes.len == 0);
	return failure;
}

static void check_unpacks(struct str packed, struct str expected)
{
	static const size_t pieces[] = { WHOLE, 1, 2, 3, 17, 1000 };
	auto_buf struct buf text = buf_make(TEXT_MAX);

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			struct err failure = unpack(packed, pieces[i], pieces[j], &text);

			if (failure.kind)
				fail_msg("pieces of %zu: %s", pieces[i], failure.text);
			CHECK(str_eq(buf_str(&text), expected));
		}
	}
}

/* The text comes, and then the failure that has these words in it. */
static void check_fails(struct str packed, struct str expected, const char *words)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	struct err	    failure = unpack(packed, WHOLE, WHOLE, &text);

	if (failure.kind != ERR_INPUT || !strstr(failure.text, words))
		fail_msg("expected '%s', not '%s'", words, failure.text);
	CHECK(str_eq(buf_str(&text), expected));
}

/* Flow-log lines that differ, so that packing them takes blocks and matches of all kinds. */
static void add_lines(struct buf *text, unsigned count)
{
	unsigned seed = 7;

	for (unsigned i = 0; i < count; i++) {
		seed = seed * 1103515245 + 12345;
		buf_printf(text,
			   "2 123456789010 eni-%08x 10.0.%u.%u 10.1.2.3 %u 443 6 %u %u 1 2 ACCEPT "
			   "OK\n",
			   seed % 50, seed >> 8 & 7, seed >> 12 & 255, seed >> 16, i, seed >> 20);
	}
}

TEST(stream_of_text_is_that_text)
{
	static const char *texts[] = { "",
				       "\n",
				       SSH,
				       SSH SSH "no newline",
				       "\x1f",
				       "B",
				       "{",
				       "  [2 1",
				       "P",
				       "\x28\xb5\x2f",
				       "[INFO] 2 1 eni-1",
				       "{eni-1} 2" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_unpacks(str_of(texts[i]), str_of(texts[i]));
}

TEST(stream_passes_over_the_mark_of_utf8)
{
	check_unpacks(str_of("\xef\xbb\xbf" SSH), str_of(SSH));
	check_unpacks(str_of("\xef\xbb\xbf[\"2 1\"]"), str_of("2 1\n"));
}

TEST(stream_unpacks_members_and_frames_one_after_another)
{
	static void (*const pack[])(struct buf *, struct str) = { pack_gzip, pack_zstd };

	for (size_t i = 0; i < ARRAY_LEN(pack); i++) {
		auto_buf struct buf packed = buf_make(PACKED_MAX), text = buf_make(TEXT_MAX);

		add_lines(&text, 300);
		pack[i](&packed, str_head(buf_str(&text), 5000));
		pack[i](&packed, str_of(""));
		pack[i](&packed, str_head(str_skip(buf_str(&text), 5000), 1));
		pack[i](&packed, str_skip(buf_str(&text), 5001));
		check_unpacks(buf_str(&packed), buf_str(&text));
	}
}

TEST(stream_unpacks_a_large_member_in_bounded_room)
{
	auto_buf struct buf gzip = buf_make(PACKED_MAX), zstd = buf_make(PACKED_MAX);
	auto_buf struct buf text = buf_make(TEXT_MAX), got = buf_make(TEXT_MAX);

	add_lines(&text, 60000);
	pack_gzip(&gzip, buf_str(&text));
	pack_zstd(&zstd, buf_str(&text));
	CHECK(unpack(buf_str(&gzip), WHOLE, 1 << 18, &got).kind == ERR_NONE);
	CHECK(str_eq(buf_str(&got), buf_str(&text)));
	CHECK(unpack(buf_str(&gzip), 5000, 70000, &got).kind == ERR_NONE);
	CHECK(str_eq(buf_str(&got), buf_str(&text)));
	CHECK(unpack(buf_str(&zstd), WHOLE, 1 << 18, &got).kind == ERR_NONE);
	CHECK(str_eq(buf_str(&got), buf_str(&text)));
}

TEST(stream_takes_all_fields_that_a_gzip_header_may_have)
{
	for (unsigned fields = 0; fields < 16; fields++) {
		auto_buf struct buf packed = buf_make(PACKED_MAX);
		gz_header	    header = { .time = 1418530010,
					       .os = 3,
					       .text = 1,
					       .extra = fields & 1 ? (uint8_t *)"extra" : NULL,
					       .extra_len = 5,
					       .name = fields & 2 ? (uint8_t *)"flow.log" : NULL,
					       .comment = fields & 4 ? (uint8_t *)"none" : NULL,
					       .hcrc = fields >> 3 };

		pack_gzip_with(&packed, str_of(SSH), &header);
		pack_gzip_with(&packed, str_of(SSH), &header);
		check_unpacks(buf_str(&packed), str_of(SSH SSH));
	}
}

TEST(stream_passes_over_zeros_behind_the_last_member)
{
	auto_buf struct buf packed = buf_make(PACKED_MAX);
	static const char   zeros[100000];

	pack_gzip(&packed, str_of(SSH));
	buf_add(&packed, zeros, 1);
	check_unpacks(buf_str(&packed), str_of(SSH));
	buf_add(&packed, zeros, sizeof(zeros));
	check_unpacks(buf_str(&packed), str_of(SSH));
	pack_gzip(&packed, str_of(SSH));
	check_fails(buf_str(&packed), str_of(SSH), "followed by something else");
}

TEST(stream_passes_over_frames_that_are_to_be_skipped)
{
	auto_buf struct buf packed = buf_make(PACKED_MAX);

	buf_add(&packed, "\x5a\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
	pack_zstd(&packed, str_of(SSH));
	buf_add(&packed, "\x50\x2a\x4d\x18\x00\x00\x00\x00", 8);
	check_unpacks(buf_str(&packed), str_of(SSH));
}

TEST(stream_fails_behind_the_data_where_something_else_follows)
{
	static const char *rests[] = { "x", "\x1f", SSH, "\x1f\x8a", "PK\x03\x04" };

	for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
		auto_buf struct buf gzip = buf_make(PACKED_MAX), zstd = buf_make(PACKED_MAX);

		pack_gzip(&gzip, str_of(SSH));
		buf_add_text(&gzip, rests[i]);
		check_fails(buf_str(&gzip), str_of(SSH),
			    "the gzip data is followed by something else");
		pack_zstd(&zstd, str_of(SSH));
		buf_add_text(&zstd, rests[i]);
		check_fails(buf_str(&zstd), str_of(SSH), "the zstd data is ");
	}
}

/* Wherever it is cut, what comes is the text's beginning and then a failure. */
static void check_cut(struct str packed, struct str text, size_t from)
{
	auto_buf struct buf got = buf_make(TEXT_MAX);

	for (size_t len = from; len < packed.len; len++) {
		struct err failure = unpack(str_head(packed, len), WHOLE, WHOLE, &got);

		CHECK(failure.kind == ERR_INPUT);
		CHECK(got.len <= text.len && memcmp(got.data, text.ptr, got.len) == 0);
		failure = unpack(str_head(packed, len), 1, 1, &got);
		CHECK(failure.kind == ERR_INPUT);
		CHECK(got.len <= text.len && memcmp(got.data, text.ptr, got.len) == 0);
	}
}

TEST(stream_never_takes_what_is_cut_off_for_whole)
{
	auto_buf struct buf gzip = buf_make(PACKED_MAX), zstd = buf_make(PACKED_MAX);
	auto_buf struct buf text = buf_make(TEXT_MAX);

	add_lines(&text, 20);
	pack_gzip(&gzip, buf_str(&text));
	pack_zstd(&zstd, buf_str(&text));
	check_cut(buf_str(&gzip), buf_str(&text), 2);
	check_cut(buf_str(&zstd), buf_str(&text), 4);
}

/* A flipped bit is a failure, or one that does not matter: the time in the header, say. */
static void check_flipped(struct buf *packed, struct str text)
{
	auto_buf struct buf got = buf_make(TEXT_MAX);

	for (size_t bit = 32; bit < packed->len * 8; bit++) {
		struct err failure;

		packed->data[bit / 8] ^= (char)(1 << bit % 8);
		failure = unpack(buf_str(packed), WHOLE, WHOLE, &got);
		packed->data[bit / 8] ^= (char)(1 << bit % 8);
		if (!failure.kind && !str_eq(buf_str(&got), text))
			fail_msg("bit %zu makes another text", bit);
	}
}

TEST(stream_never_takes_what_is_damaged_for_sound)
{
	auto_buf struct buf gzip = buf_make(PACKED_MAX), zstd = buf_make(PACKED_MAX);
	auto_buf struct buf text = buf_make(TEXT_MAX);

	add_lines(&text, 20);
	pack_gzip(&gzip, buf_str(&text));
	pack_zstd(&zstd, buf_str(&text));
	check_flipped(&gzip, buf_str(&text));
	check_flipped(&zstd, buf_str(&text));
}

TEST(stream_checks_the_checksum_and_the_length_behind_a_member)
{
	auto_buf struct buf packed = buf_make(PACKED_MAX);

	pack_gzip(&packed, str_of(SSH));
	for (size_t from_end = 1; from_end <= 8; from_end++) {
		packed.data[packed.len - from_end] ^= 0x10;
		check_fails(buf_str(&packed), str_of(SSH),
			    "the gzip data is damaged after 115 bytes");
		packed.data[packed.len - from_end] ^= 0x10;
	}
}

TEST(stream_checks_the_length_that_a_frame_says)
{
	/* 168 bytes, says the header; the only block is empty.  libzstd passes over it when it comes in pieces. */
	static const struct str frame = STR_LITERAL("\x28\xb5\x2f\xfd\x20\xa8\x01\x00\x00");
	auto_buf struct buf	text = buf_make(TEXT_MAX);

	CHECK(unpack(frame, WHOLE, WHOLE, &text).kind == ERR_INPUT);
	CHECK(unpack(frame, 1, WHOLE, &text).kind == ERR_INPUT);
}

TEST(stream_refuses_a_frame_that_wants_too_much_memory)
{
	/* A header with a window of 2 GiB, and nothing more. */
	check_fails(STR_LITERAL("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"), str_of(""), "128 MiB");
}

TEST(stream_unpacks_what_is_packed_in_each_other)
{
	auto_buf struct buf once = buf_make(PACKED_MAX), twice = buf_make(PACKED_MAX);
	auto_buf struct buf thrice = buf_make(PACKED_MAX), fourth = buf_make(PACKED_MAX);
	auto_buf struct buf fifth = buf_make(PACKED_MAX);

	pack_gzip(&once, str_of("{\"events\":[{\"message\":\"2 1\"}]}"));
	check_unpacks(buf_str(&once), str_of("2 1\n"));
	pack_zstd(&twice, buf_str(&once));
	check_unpacks(buf_str(&twice), str_of("2 1\n"));
	pack_gzip(&thrice, buf_str(&twice));
	check_unpacks(buf_str(&thrice), str_of("2 1\n"));
	pack_gzip(&fourth, buf_str(&thrice));
	check_fails(buf_str(&fourth), str_of(""), "packed more than 4 times");
	pack_gzip(&fifth, buf_str(&fourth));
	check_fails(buf_str(&fifth), str_of(""), "packed more than 4 times");
}

TEST(stream_names_what_it_knows_and_does_not_read)
{
	static const struct {
		struct str  bytes;
		const char *words;
	} cases[] = {
		{ STR_LITERAL("PAR1\x15\x00"), "is Parquet" },
		{ STR_LITERAL("BZh91AY"), "`bzcat" },
		{ STR_LITERAL("\xfd\x37zXZ\x00"), "`xzcat" },
		{ STR_LITERAL("\x04\x22\x4d\x18"), "`lz4cat" },
		{ STR_LITERAL("PK\x03\x04"), "`unzip" },
		{ STR_LITERAL("\xff\xfe\x32\x00"), "`iconv" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf packed = buf_make(PACKED_MAX);

		check_fails(cases[i].bytes, str_of(""), cases[i].words);
		pack_gzip(&packed, cases[i].bytes);
		check_fails(buf_str(&packed), str_of(""), cases[i].words);
	}
}

/* A stream on a file with these bytes; the file is gone at once, its open descriptor is not. */
static struct stream *open_bytes(struct str bytes, char path[static 32])
{
	struct stream *stream;
	struct err     err;
	int	       fd;

	snprintf(path, 32, "/tmp/weir-stream-XXXXXX");
	fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len && close(fd) == 0);
	stream = stream_open(path, &err);
	CHECK(stream != NULL && unlink(path) == 0);
	return stream;
}

TEST(stream_gives_what_comes_before_damage_first_and_then_the_file_and_the_place)
{
	auto_buf struct buf	   packed = buf_make(PACKED_MAX);
	static char		   room[STREAM_READ_MIN];
	char			   path[32];
	auto_stream struct stream *stream = NULL;

	pack_gzip(&packed, str_of(SSH));
	pack_gzip(&packed, str_of(SSH));
	stream = open_bytes(str_head(buf_str(&packed), packed.len - 1), path);
	for (int i = 0; i < 3; i++) {
		struct err err = { 0 };
		ssize_t	   got = stream_read(stream, room, sizeof(room), &err);

		if (i == 0) {
			CHECK(got == 230 && err.kind == ERR_NONE);
			continue;
		}
		CHECK(got == -1 && err.kind == ERR_INPUT);
		CHECK_TEXT(err.source, path);
		CHECK_TEXT(err.text, "the gzip data is cut off after 230 bytes of text");
	}
	CHECK(stream_taken(stream) == packed.len - 1);
}

TEST(stream_hands_on_what_a_pipe_has_without_waiting_for_more)
{
	static char		   room[STREAM_READ_MIN];
	auto_stream struct stream *stream = NULL;
	struct err		   err;
	int			   ends[2];
	char			   path[32];

	CHECK(pipe(ends) == 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	stream = stream_open(path, &err);
	CHECK(stream != NULL);
	CHECK(write(ends[1], SSH, 115) == 115);
	CHECK(stream_read(stream, room, sizeof(room), &err) == 115);
	CHECK(write(ends[1], "2 1", 3) == 3);
	CHECK(stream_read(stream, room, sizeof(room), &err) == 3);
	CHECK(close(ends[1]) == 0);
	CHECK(stream_read(stream, room, sizeof(room), &err) == 0);
	CHECK(close(ends[0]) == 0);
}

TEST(stream_hands_on_each_member_and_event_that_a_pipe_has)
{
	static const char  *events[] = { "{\"message\":\"2 1\"}\n", "{\"message\":\"2 2\"}\n" };
	static char	    room[STREAM_READ_MIN];
	auto_buf struct buf packed = buf_make(PACKED_MAX);
	auto_stream struct stream *stream = NULL;
	struct err		   err;
	int			   ends[2];
	char			   path[32];

	CHECK(pipe(ends) == 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	stream = stream_open(path, &err);
	CHECK(stream != NULL);
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		buf_clear(&packed);
		pack_gzip(&packed, str_of(events[i]));
		CHECK(write(ends[1], packed.data, packed.len) == (ssize_t)packed.len);
		CHECK(stream_read(stream, room, sizeof(room), &err) == 4);
		CHECK(memcmp(room, i ? "2 2\n" : "2 1\n", 4) == 0);
	}
	CHECK(close(ends[1]) == 0 && close(ends[0]) == 0);
}

TEST(stream_of_a_folder_or_of_no_file_is_refused)
{
	static const char *bad[] = { "/nonexistent", "/", "" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };

		CHECK(stream_open(bad[i], &err) == NULL && err.kind == ERR_INPUT);
	}
	stream_close(NULL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stream_of_text_is_that_text),
		cmocka_unit_test(stream_passes_over_the_mark_of_utf8),
		cmocka_unit_test(stream_unpacks_members_and_frames_one_after_another),
		cmocka_unit_test(stream_unpacks_a_large_member_in_bounded_room),
		cmocka_unit_test(stream_takes_all_fields_that_a_gzip_header_may_have),
		cmocka_unit_test(stream_passes_over_zeros_behind_the_last_member),
		cmocka_unit_test(stream_passes_over_frames_that_are_to_be_skipped),
		cmocka_unit_test(stream_fails_behind_the_data_where_something_else_follows),
		cmocka_unit_test(stream_never_takes_what_is_cut_off_for_whole),
		cmocka_unit_test(stream_never_takes_what_is_damaged_for_sound),
		cmocka_unit_test(stream_checks_the_checksum_and_the_length_behind_a_member),
		cmocka_unit_test(stream_checks_the_length_that_a_frame_says),
		cmocka_unit_test(stream_refuses_a_frame_that_wants_too_much_memory),
		cmocka_unit_test(stream_unpacks_what_is_packed_in_each_other),
		cmocka_unit_test(stream_names_what_it_knows_and_does_not_read),
		cmocka_unit_test(
			stream_gives_what_comes_before_damage_first_and_then_the_file_and_the_place),
		cmocka_unit_test(stream_hands_on_what_a_pipe_has_without_waiting_for_more),
		cmocka_unit_test(stream_hands_on_each_member_and_event_that_a_pipe_has),
		cmocka_unit_test(stream_of_a_folder_or_of_no_file_is_refused),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}

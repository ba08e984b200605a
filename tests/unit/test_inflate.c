/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/mem.h"
#include "lib/flow/inflate.h"
#include "tests/unit/packed.h"

enum { TEXT_MAX = 1 << 22 };

/* Each of them ships, on some processor. */
static const struct inflate_ops *const libraries[] = {
	&inflate_zlib,
#if defined(__x86_64__)
	&inflate_isal,
#endif
};

/* The text of one member, its bytes given and taken in pieces.  *rest: what comes after it. */
static enum inflate_result inflate_all(const struct inflate_ops *library, void *state, size_t piece,
				       struct str *rest, struct buf *text)
{
	enum inflate_result result;
	char		    room[777];
	size_t		    before;

	do {
		struct inflate_io io = { .in = rest->ptr,
					 .in_len = rest->len < piece ? rest->len : piece,
					 .out = room,
					 .out_len = piece < sizeof(room) ? piece : sizeof(room) };

		before = rest->len;
		result = library->run(state, &io);
		buf_add(text, room, (size_t)(io.out - room));
		*rest = str_skip(*rest, (size_t)(io.in - rest->ptr));
		if (result == INFLATE_DAMAGED)
			CHECK(io.why != NULL);
		if (io.out != room)
			before++;
	} while (result == INFLATE_ON && before > rest->len);
	return result;
}

static void add_text(struct buf *text)
{
	for (unsigned i = 0; i < 900; i++)
		buf_printf(text, "2 123456789010 eni-%u 10.0.0.%u %u ACCEPT OK\n", i % 9, i & 255,
			   i * i);
}

TEST(inflate_takes_members_one_after_another_in_any_pieces)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 64, 1000, 1 << 20 };
	auto_buf struct buf text = buf_make(TEXT_MAX), packed = buf_make(TEXT_MAX);
	gz_header	    header = { .extra = (uint8_t *)"extra",
				       .extra_len = 5,
				       .name = (uint8_t *)"flow.log",
				       .comment = (uint8_t *)"none",
				       .hcrc = 1 };

	add_text(&text);
	pack_gzip_with(&packed, buf_str(&text), &header);
	pack_gzip(&packed, str_of(""));
	pack_gzip_with(&packed, buf_str(&text), &header);
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			auto_buf struct buf got = buf_make(TEXT_MAX);
			struct str	    rest = buf_str(&packed);
			void		   *inflate = libraries[i]->open();

			for (int member = 0; member < 3; member++) {
				if (member)
					libraries[i]->restart(inflate);
				buf_clear(&got);
				if (inflate_all(libraries[i], inflate, pieces[j], &rest, &got) !=
				    INFLATE_END)
					fail_msg("%s, pieces of %zu", libraries[i]->name,
						 pieces[j]);
				CHECK(str_eq(buf_str(&got),
					     member == 1 ? str_of("") : buf_str(&text)));
			}
			CHECK(rest.len == 0);
			libraries[i]->close(inflate);
		}
	}
}

TEST(inflate_never_ends_a_member_that_is_cut_off_or_damaged)
{
	auto_buf struct buf text = buf_make(TEXT_MAX), packed = buf_make(TEXT_MAX);

	buf_add_text(&text, "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21\n");
	pack_gzip(&packed, buf_str(&text));
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		for (size_t len = 0; len < packed.len; len++) {
			auto_buf struct buf got = buf_make(TEXT_MAX);
			struct str	    rest = str_head(buf_str(&packed), len);
			void		   *inflate = libraries[i]->open();

			CHECK(inflate_all(libraries[i], inflate, 7, &rest, &got) == INFLATE_ON);
			libraries[i]->close(inflate);
		}
		for (size_t bit = 80; bit < packed.len * 8; bit++) { /* behind the header */
			auto_buf struct buf got = buf_make(TEXT_MAX);
			struct str	    rest = buf_str(&packed);
			void		   *inflate = libraries[i]->open();

			packed.data[bit / 8] ^= (char)(1 << bit % 8);
			/* The last byte of the data has bits that say nothing. */
			if (inflate_all(libraries[i], inflate, 7, &rest, &got) == INFLATE_END)
				CHECK(bit / 8 == packed.len - 9 &&
				      str_eq(buf_str(&got), buf_str(&text)));
			packed.data[bit / 8] ^= (char)(1 << bit % 8);
			libraries[i]->close(inflate);
		}
	}
}

TEST(inflate_takes_no_more_than_there_is_of_damaged_data)
{
	/* A match that reaches back before the beginning: ISA-L says that it took a byte too many. */
	static const struct str member = STR_LITERAL(
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03\x33\x52\x30\x34\x32\x36\x31\x35\x33\xb7"
		"\xb0\x34"
		"\x30\x34\x50\x48\xcd\xcb\xd4\x05\x0a\x98\x26\x59\x24\x27\xc2\x25\x14\x0c\xcd\x8d"
		"\xf4\x8c\x0d"
		"\xf5\x0c\xcd\xf4\x0c\x8d\x91\x79\x46\x86\x0a\x46\x06\x66\x26\x40\xd2\x48\xc1\x0c"
		"\xc8\x54\x30"
		"\x31\x32\x01\xca\x9b\x18\x5a\x98\x1a\x1b\x80\x8c\x83\x31\xcd\x0d\x14\x1c\x9d\x9d"
		"\x5d\x03\x42"
		"\x14\x47\xbd\xb9\x8c\xe8\x6f\x81\x38\x00\x00\x10\x61\x00\x00\x00\x00");

	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		auto_buf struct buf got = buf_make(TEXT_MAX);
		struct str	    rest = member;
		void		   *inflate = libraries[i]->open();

		CHECK(inflate_all(libraries[i], inflate, 1000, &rest, &got) == INFLATE_DAMAGED);
		CHECK(rest.len <= member.len);
		libraries[i]->close(inflate);
	}
}

TEST(inflate_refuses_a_header_with_flags_that_are_not_known)
{
	auto_buf struct buf packed = buf_make(TEXT_MAX);

	pack_gzip(&packed, str_of("2 1\n"));
	packed.data[3] = 0x20;
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		auto_buf struct buf got = buf_make(TEXT_MAX);
		struct str	    rest = buf_str(&packed);
		void		   *inflate = libraries[i]->open();

		CHECK(inflate_all(libraries[i], inflate, 1000, &rest, &got) == INFLATE_DAMAGED);
		CHECK(got.len == 0);
		libraries[i]->close(inflate);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(inflate_takes_members_one_after_another_in_any_pieces),
		cmocka_unit_test(inflate_never_ends_a_member_that_is_cut_off_or_damaged),
		cmocka_unit_test(inflate_takes_no_more_than_there_is_of_damaged_data),
		cmocka_unit_test(inflate_refuses_a_header_with_flags_that_are_not_known),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}

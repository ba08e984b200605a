/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer over flow logs is made of, each alone on one core:
 *
 *	flowlog_floor newlines LOG	counts newlines, read in blocks
 *	flowlog_floor inflate LOG.gz	unpacks, and forgets what comes out
 *	flowlog_floor parse LOG		source, destination and port of every record, and forgets them
 *
 * Prints what it counted: newlines, bytes of text, records.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cli.h"
#include "lib/base/mem.h"
#include "lib/flow/columns.h"
#include "lib/flow/inflate.h"

enum { READ_SIZE = 256 << 10, VECTOR_SIZE = 64, LANE_MAX = 255 };

typedef uint8_t lanes __attribute__((vector_size(VECTOR_SIZE)));

#if defined(__x86_64__)
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define WIDEST
#endif

/* Each lane counts for itself, until it could overflow. */
WIDEST static uint64_t count_in(const char *text, size_t size)
{
	uint64_t count = 0;
	size_t	 at = 0;

	while (size - at >= VECTOR_SIZE) {
		lanes sums = { 0 };

		for (size_t i = 0; i < LANE_MAX && size - at >= VECTOR_SIZE; i++) {
			lanes here;

			memcpy(&here, text + at, VECTOR_SIZE);
			sums -= (lanes)(here == '\n');
			at += VECTOR_SIZE;
		}
		for (size_t i = 0; i < VECTOR_SIZE; i++)
			count += sums[i];
	}
	for (; at < size; at++)
		count += text[at] == '\n';
	return count;
}

/* Bytes that were read, 0 at the end. */
static ssize_t take(int fd, const char *path, char *out, struct err *err)
{
	ssize_t size = read(fd, out, READ_SIZE);

	return size < 0 ? err_sys(err, "cannot read '%s'", path) : size;
}

static int count_newlines(const char *path, uint64_t *count, struct err *err)
{
	auto_free char *text = mem_aligned(READ_SIZE, VECTOR_SIZE);
	auto_close int	fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t		size;

	if (fd < 0)
		return err_sys(err, "cannot open '%s'", path);
	for (;;) {
		size = take(fd, path, text, err);
		if (size <= 0)
			return (int)size;
		*count += count_in(text, (size_t)size);
	}
}

/* All of one piece of the file; the room for what comes out is used again and again. */
static bool inflate_piece(void *state, const char *in, size_t in_len, uint64_t *count)
{
	static char	  text[READ_SIZE];
	struct inflate_io io = { .in = in, .in_len = in_len };

	do {
		enum inflate_result result;

		io.out = text;
		io.out_len = sizeof(text);
		result = INFLATE_FASTEST.run(state, &io);
		*count += sizeof(text) - io.out_len;
		if (result == INFLATE_DAMAGED)
			return false;
		if (result == INFLATE_END)
			INFLATE_FASTEST.restart(state);
	} while (io.in_len > 0 || io.out_len == 0);
	return true;
}

static int inflate_all(const char *path, uint64_t *count, struct err *err)
{
	static char    in[READ_SIZE];
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	void	      *state = INFLATE_FASTEST.open();
	ssize_t	       size = 0;

	if (fd < 0) {
		err_sys(err, "cannot open '%s'", path);
		size = -1;
	}
	while (size >= 0) {
		size = take(fd, path, in, err);
		if (size <= 0)
			break;
		if (!inflate_piece(state, in, (size_t)size, count))
			size = err_set(err, ERR_INPUT, "'%s' is damaged", path);
	}
	INFLATE_FASTEST.close(state);
	return (int)size;
}

static int parse_all(const char *path, uint64_t *count, struct err *err)
{
	uint64_t wanted = UINT64_C(1) << FIELD_SRCADDR | UINT64_C(1) << FIELD_DSTADDR |
			  UINT64_C(1) << FIELD_DSTPORT;
	struct blocks	*blocks = blocks_open(path, 0, NULL, err);
	struct parser	*parser = parser_new(wanted);
	struct bad_lines bad = { 0 };
	struct block	 block;
	int		 more = blocks ? 1 : -1;

	block_init(&block);
	while (more > 0) {
		const struct columns *columns;

		more = blocks_next(blocks, &block, &bad, err);
		if (more <= 0)
			break;
		parser_take(parser, &block);
		while ((columns = parser_next(parser, &bad)))
			*count += columns->count;
	}
	block_done(&block);
	parser_free(parser);
	blocks_close(blocks);
	return more;
}

static const struct {
	const char *name;
	int (*run)(const char *path, uint64_t *count, struct err *err);
} floors[] = { { "newlines", count_newlines }, { "inflate", inflate_all }, { "parse", parse_all } };

static int flowlog_floor_run(const void *args, char **operands, struct err *err)
{
	uint64_t count = 0;

	(void)args;
	for (size_t i = 0; i < ARRAY_LEN(floors); i++) {
		if (strcmp(floors[i].name, operands[0]) != 0)
			continue;
		if (floors[i].run(operands[1], &count, err) < 0)
			return -1;
		printf("%" PRIu64 "\n", count);
		return 0;
	}
	return err_set(err, ERR_USAGE, "newlines, inflate or parse, not '%s'", operands[0]);
}

static const struct opt opts[] = { OPT_END };

static const struct cmd command = { .name = "flowlog_floor",
				    .operands = "newlines|inflate|parse LOG",
				    .summary = "parts of an answer over flow logs, each alone",
				    .opts = opts,
				    .operands_min = 2,
				    .operands_max = 2,
				    .run = flowlog_floor_run };

int main(int argc, char **argv)
{
	return cli_single(&command, argc, argv);
}

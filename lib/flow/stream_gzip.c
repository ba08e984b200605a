/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/flow/inflate.h"
#include "lib/flow/stream_layer.h"

enum place { IN_MEMBER, BETWEEN, IN_PADDING };

struct gzip {
	void	  *inflate; /* of INFLATE_FASTEST */
	enum place place;
};

static void *open_gzip(void)
{
	struct gzip *gzip = mem_alloc(sizeof(*gzip));

	gzip->inflate = INFLATE_FASTEST.open();
	return gzip;
}

static void close_gzip(void *state)
{
	struct gzip *gzip = state;

	INFLATE_FASTEST.close(gzip->inflate);
	free(gzip);
}

/* How many bytes it takes to go on from here. */
static size_t needed(const struct gzip *gzip)
{
	return gzip->place == BETWEEN ? 2 : 1;
}

/* Without input too: the library may hold output back that found no room. */
static void step_member(struct layer *layer, struct inflate_io *io, size_t given)
{
	struct gzip	   *gzip = layer->state;
	size_t		    room = io->out_len;
	struct str	    rest = layer_look(layer, 0);
	enum inflate_result result;

	io->in = rest.ptr;
	io->in_len = rest.len;
	result = INFLATE_FASTEST.run(gzip->inflate, io);
	layer->in_start += rest.len - io->in_len;
	given += room - io->out_len;
	if (result == INFLATE_END)
		gzip->place = BETWEEN;
	else if (result == INFLATE_DAMAGED)
		layer_fail(layer, given, "is damaged", io->why);
	else if (io->out_len == room && io->in_len && io->in_len == rest.len)
		layer_fail(layer, given, "is damaged", "nothing follows from it");
	else if (io->out_len == room && rest.len == 0 && layer_look(layer, 1).len == 0)
		layer_cut_off(layer, given);
}

/* Whether there is more.  Zeros may follow the last member, as gzip(1) has it; nothing else may. */
static bool step_between(struct layer *layer, size_t given)
{
	struct gzip *gzip = layer->state;
	struct str   rest = layer_look(layer, needed(gzip));
	size_t	     zeros = 0;

	if (rest.len == 0)
		return false;
	if (gzip->place == BETWEEN && str_starts(rest, "\x1f\x8b")) {
		INFLATE_FASTEST.restart(gzip->inflate);
		gzip->place = IN_MEMBER;
		return true;
	}
	gzip->place = IN_PADDING;
	while (zeros < rest.len && rest.ptr[zeros] == '\0')
		zeros++;
	layer->in_start += zeros;
	if (zeros < rest.len)
		layer_fail(layer, given, "is followed by something else", NULL);
	return true;
}

/* All that the buffer holds; waits for more only when nothing came of it. */
static size_t read_gzip(struct layer *layer, char *out, size_t size)
{
	struct gzip	 *gzip = layer->state;
	struct inflate_io io = { .out = out, .out_len = size };

	while (io.out_len && !layer->failure.kind) {
		size_t given = size - io.out_len;

		if (given && layer_look(layer, 0).len < needed(gzip))
			break;
		if (gzip->place == IN_MEMBER)
			step_member(layer, &io, given);
		else if (!step_between(layer, given))
			break;
	}
	return size - io.out_len;
}

const struct layer_ops layer_gzip = {
	.name = "gzip data",
	.open = open_gzip,
	.read = read_gzip,
	.close = close_gzip,
};

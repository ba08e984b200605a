/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream is a pile of layers: the file at the bottom, what unpacks it on top.  Each takes bytes from the one
 * below through a buffer of its own, in which it can look ahead, and gives bytes to the one above.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum { LAYER_INPUT = 1 << 17 };

struct layer;

struct layer_ops {
	const char *name;    /* what it takes, in words */
	void *(*open)(void); /* its state; NULL when it needs none */
	size_t (*read)(struct layer *layer, char *out, size_t size); /* see layer_read */
	void (*close)(void *state);				     /* NULL: nothing to do */
};

extern const struct layer_ops layer_plain, layer_gzip, layer_zstd, layer_events;

struct layer {
	const struct layer_ops *ops;
	void		       *state;
	struct layer	       *below;		  /* owned; NULL: the file */
	char		       *in;		  /* LAYER_INPUT bytes; NULL for the file */
	size_t			in_start, in_end; /* what came from below and is not used yet */
	uint64_t		given;		  /* bytes handed up so far */
	struct err		failure;	  /* kind ERR_NONE: none; without the file's name */
};

/* On top of below, which it takes; NULL: the bottom.  Its kind comes with layer_start. */
struct layer *layer_new(struct layer *below);
void	      layer_start(struct layer *layer, const struct layer_ops *ops);
void	      layer_free(struct layer *layer); /* with all below */

/*
 * Up to size bytes as soon as there are any; 0 at the end or, with failure set, where it cannot go on.  An
 * ops->read does the same: what it has before it fails it returns, with failure set.  The failure of the layer
 * below becomes that of the layer when nothing else is left.
 */
size_t layer_read(struct layer *layer, char *out, size_t size);

/*
 * Sees to it that count bytes (at most LAYER_INPUT) from below are in the buffer, and returns what is there:
 * less only where below ends or has failed.
 */
struct str layer_look(struct layer *layer, size_t count);

/*
 * "the gzip data is damaged after 812 bytes of text: why".  given is what the present ops->read has to return;
 * why may be NULL.
 */
void layer_fail(struct layer *layer, size_t given, const char *what, const char *why);

/* Below has no more, and it takes more: its failure is the reason, or it simply ends. */
void layer_cut_off(struct layer *layer, size_t given);

/*
 * Puts layers onto bottom, each told by the first bytes of what is below it, until text comes out of the topmost.
 * What is known and cannot be unpacked is a failure of that one.
 */
struct layer *layer_pile(struct layer *bottom);

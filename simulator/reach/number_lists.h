/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers, equal ones once: what many rows share is compared as one number. */
#pragma once

#include "lib/base/map.h"

/* Numbers; each once and ascending when it is done. */
struct list {
	uint32_t *items;
	size_t	  count, capacity;
};

/* Lists, equal ones once. */
struct lists {
	struct map   numbers; /* items as bytes → number */
	struct list *items;
	size_t	     count, capacity;
};

void list_add(struct list *list, uint32_t item);

/* Sorts and takes the list; its number. */
uint32_t lists_put(struct lists *lists, struct list *list);
void	 lists_done(struct lists *lists);

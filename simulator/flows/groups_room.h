/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array that grows in place: address space is set aside for all of it, memory is taken as it is
 * needed, in large pages where the kernel has them.  Nothing is ever copied, so growing makes
 * nobody wait.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct groups_room {
	void  *at;    /* zeroed when first touched */
	size_t size;  /* bytes set aside */
	size_t ready; /* bytes that can be used */
};

/*
 * Less than wanted is set aside where the process may not have that much; without any the program
 * ends.
 */
void groups_room_open(struct groups_room *room, size_t size);
void groups_room_close(struct groups_room *room);

/*
 * Makes bytes usable, and some beyond.  False when they were not set aside, or the kernel has no
 * memory.
 */
bool groups_room_grow(struct groups_room *room, size_t bytes);

/* Gives the memory back, keeps the address space. */
void groups_room_empty(struct groups_room *room);

/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_room.h"

#include <stdint.h>
#include <sys/mman.h>

#include "lib/base/mem.h"

enum { LARGE_PAGE = 2 << 20, STEP_MIN = 64 << 10, STEP_MAX = 32 << 20 };

/* Address space without memory behind it, from a large page's beginning on. */
static char *set_aside(size_t size)
{
	size_t spare = size >= LARGE_PAGE ? LARGE_PAGE : 0, head, tail;
	char  *at = mmap(NULL, size + spare, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (!spare)
		return at;
	head = (LARGE_PAGE - (uintptr_t)at % LARGE_PAGE) % LARGE_PAGE;
	tail = spare - head;
	if (head)
		munmap(at, head);
	if (tail)
		munmap(at + head + size, tail);
	/* A kernel without large pages says no; nothing depends on it. */
	(void)madvise(at + head, size, MADV_HUGEPAGE);
	return at + head;
}

void groups_room_open(struct groups_room *room, size_t size)
{
	size = (size + STEP_MIN - 1) / STEP_MIN * STEP_MIN;
	*room = (struct groups_room){ 0 };
	for (; size >= STEP_MIN && !room->at; size = size / 2 / STEP_MIN * STEP_MIN) {
		room->at = set_aside(size);
		room->size = size;
	}
	if (!room->at || !groups_room_grow(room, STEP_MIN))
		mem_exhausted();
}

void groups_room_close(struct groups_room *room)
{
	if (room->at)
		munmap(room->at, room->size);
	*room = (struct groups_room){ 0 };
}

bool groups_room_grow(struct groups_room *room, size_t bytes)
{
	size_t step = room->ready < STEP_MAX ? room->ready : STEP_MAX;
	size_t ready = room->ready + step;

	if (bytes <= room->ready)
		return true;
	if (bytes > room->size)
		return false;
	ready = ready < bytes ? bytes : ready;
	ready = (ready + STEP_MIN - 1) / STEP_MIN * STEP_MIN;
	ready = ready > room->size ? room->size : ready;
	if (mprotect((char *)room->at + room->ready, ready - room->ready, PROT_READ | PROT_WRITE) <
	    0)
		return false;
	room->ready = ready;
	return true;
}

void groups_room_empty(struct groups_room *room)
{
	(void)madvise(room->at, room->ready, MADV_DONTNEED);
}

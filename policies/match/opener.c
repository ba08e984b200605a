/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/opener.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

/* Open addressing at three quarters full, grown from small; a conversation is known by its hash. */
enum { SLOTS_MIN = 1024 };

struct slot {
	uint64_t hash; /* 0: free */
	bool	 opened
		[2]; /* by the end that sorts last, first; both: it was opened anew the other way */
};

struct openers {
	struct slot *slots;
	size_t	     count, capacity;
	uint64_t     not_learned;
};

/* One end of a conversation, and the conversation with its lower end first. */
struct end_key {
	uint8_t	 family, bytes[16], zero;
	uint16_t port;
};

struct conversation {
	struct end_key low, high;
	uint64_t       interface;
};

struct openers *openers_new(void)
{
	struct openers *openers = mem_alloc(sizeof(*openers));

	openers->capacity = SLOTS_MIN;
	openers->slots = mem_alloc(openers->capacity * sizeof(*openers->slots));
	return openers;
}

void openers_free(struct openers *openers)
{
	if (!openers)
		return;
	free(openers->slots);
	free(openers);
}

void openers_free_at(struct openers **openers)
{
	openers_free(*openers);
}

static struct end_key end_of(struct ip ip, uint64_t port)
{
	struct end_key key = { .family = ip.family, .port = (uint16_t)port };

	memcpy(key.bytes, ip.bytes, sizeof(key.bytes));
	return key;
}

/*
 * The hash of the record's conversation; *from_lower says which end the record's packets come from.  The
 * interface belongs to it: both sides of a connection record it, and may be of networks with equal addresses.
 */
static uint64_t conversation_of(const struct record *record, bool *from_lower)
{
	struct end_key	    src = end_of(record->srcaddr, record->srcport);
	struct end_key	    dst = end_of(record->dstaddr, record->dstport);
	struct conversation conversation = { 0 };
	struct str	    interface = record->text[FIELD_INTERFACE_ID];

	*from_lower = memcmp(&src, &dst, sizeof(src)) <= 0;
	conversation.low = *from_lower ? src : dst;
	conversation.high = *from_lower ? dst : src;
	conversation.interface = map_hash(interface.ptr, interface.len);
	return map_hash(&conversation, sizeof(conversation)) | 1;
}

static struct slot *slot_of(const struct slot *slots, size_t capacity, uint64_t hash)
{
	size_t at = hash & (capacity - 1);

	while (slots[at].hash && slots[at].hash != hash)
		at = (at + 1) & (capacity - 1);
	return (struct slot *)(uintptr_t)&slots[at];
}

static void double_slots(struct openers *openers)
{
	size_t	     capacity = openers->capacity * 2;
	struct slot *slots = mem_alloc(capacity * sizeof(*slots));

	for (size_t i = 0; i < openers->capacity; i++)
		if (openers->slots[i].hash)
			*slot_of(slots, capacity, openers->slots[i].hash) = openers->slots[i];
	free(openers->slots);
	openers->slots = slots;
	openers->capacity = capacity;
}

/* The conversation's slot, a new one where need be.  NULL, and counted: there is no room. */
static struct slot *take_slot(struct openers *openers, uint64_t hash)
{
	struct slot *slot;

	if (openers->count * 4 >= openers->capacity * 3 && openers->capacity < OPENERS_MAX)
		double_slots(openers);
	slot = slot_of(openers->slots, openers->capacity, hash);
	if (slot->hash == 0 && openers->count * 4 >= openers->capacity * 3) {
		openers->not_learned++;
		return NULL;
	}
	openers->count += slot->hash == 0;
	slot->hash = hash;
	return slot;
}

void openers_learn(struct openers *openers, const struct record *record)
{
	enum role    role = record_role(record);
	bool	     from_lower;
	uint64_t     hash;
	struct slot *slot;

	if (role == ROLE_UNKNOWN)
		return;
	hash = conversation_of(record, &from_lower);
	slot = take_slot(openers, hash);
	if (slot)
		slot->opened[(role == ROLE_INITIATOR) == from_lower] = true;
}

void openers_merge(struct openers *into, const struct openers *from)
{
	for (size_t i = 0; i < from->capacity; i++) {
		const struct slot *other = &from->slots[i];
		struct slot	  *slot = other->hash ? take_slot(into, other->hash) : NULL;

		if (!slot)
			continue;
		slot->opened[false] |= other->opened[false];
		slot->opened[true] |= other->opened[true];
	}
	into->not_learned += from->not_learned;
}

static enum role contrary(enum role role)
{
	if (role == ROLE_UNKNOWN)
		return role;
	return role == ROLE_REPLY ? ROLE_INITIATOR : ROLE_REPLY;
}

enum role openers_role(const struct openers *openers, const struct record *record)
{
	bool		   from_lower;
	uint64_t	   hash;
	const struct slot *slot;

	if (record->protocol != PROTO_TCP || !record_has(record, FIELD_TCP_FLAGS))
		return ROLE_UNKNOWN;
	hash = conversation_of(record, &from_lower);
	slot = slot_of(openers->slots, openers->capacity, hash);
	if (slot->hash == 0)
		return ROLE_UNKNOWN;
	if (slot->opened[false] && slot->opened[true])
		return contrary(record_role_by_ports(PROTO_TCP, (uint16_t)record->srcport,
						     (uint16_t)record->dstport));
	return slot->opened[true] == from_lower ? ROLE_INITIATOR : ROLE_REPLY;
}

bool openers_is_empty(const struct openers *openers)
{
	return openers->count == 0;
}

uint64_t openers_not_learned(const struct openers *openers)
{
	return openers->not_learned;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's half of the sensor as seen from here: the program of bpf/flow.bpf.c and the maps that it counts
 * in.  Three maps take turns (flow_abi.h); what belongs to one of them - its entries, its slots, its counters -
 * may be read only while no program can write to it, and is read once.
 *
 * When which map is used, and what its times mean, is the caller's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/flow_abi.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

struct flow_maps;

struct flow_maps_args {
	size_t max_flows;    /* that a window has room for */
	size_t eni_count;    /* interfaces that are attached to at a time */
	bool   ethernet, ip; /* some of them have a link-layer header, some have none */
	bool   has_news;     /* tell of each flow that begins */
	bool   verbose;	     /* let libbpf say on stderr what it does */
};

/* Loads the program; it counts nothing before flow_maps_publish and an attachment. */
struct flow_maps *flow_maps_load(const struct flow_maps_args *args, struct err *err) MUST_USE;
void		  flow_maps_free(struct flow_maps *maps); /* accepts NULL */

/* The program for a direction; ethernet: frames begin with a link-layer header.  Of those asked for. */
int flow_maps_program(const struct flow_maps *maps, enum flow_direction direction, bool ethernet);

/*
 * One more than the highest number in a list of processors such as "0-3,8-11", or 0 when it is none: numbers may
 * be missing, and slots are found by number.
 */
size_t flow_maps_cpu_count(struct str possible);

/* What all of it takes in the kernel, in bytes. */
size_t flow_maps_memory_bytes(const struct flow_maps_args *args);

/* The monotonic time that the programs go by: it is a tick (1 to 10 ms) or more behind the exact one. */
struct mono flow_maps_clock(struct flow_maps *maps);

/* From now on packets up to `end` go to map, later ones to the map after it. */
void	 flow_maps_publish(struct flow_maps *maps, struct mono end, unsigned map);
unsigned flow_maps_after(unsigned map);

/* Returns when no program is left that read what was published before. */
void flow_maps_wait(void);

/* Whether new flows have filled a map up to the mark at which it should be emptied early. */
bool flow_maps_is_filled(const struct flow_maps *maps, unsigned map);

/* Gets a flow of a map, times monotonic; its key may come several times.  Negative: stop, *err is set. */
typedef int flow_maps_fn(void *context, unsigned map, const struct flow_key *key,
			 const struct flow_count *count, struct err *err);

/* Moves all flows of a map that no program writes to out of it. */
int flow_maps_empty(struct flow_maps *maps, unsigned map, flow_maps_fn *each, void *context,
		    struct err *err) MUST_USE;

/* Takes what came through the ring since the last time, of whichever map; the descriptor says when to. */
int flow_maps_take_spills(struct flow_maps *maps, flow_maps_fn *each, void *context,
			  struct err *err) MUST_USE;
int flow_maps_spill_fd(const struct flow_maps *maps);

/*
 * Takes the flows that began since the last time, times monotonic; process: NULL where it is not known.  One that
 * goes on in another map, slot or processor comes again.  Nobody is woken for few: ask several times a second, and
 * when flow_maps_spill_fd says so.  True: there are more.
 */
typedef void flow_maps_news_fn(void *context, unsigned map, const struct flow_key *key,
			       const struct flow_count *count, const struct flow_process *process);
bool	     flow_maps_take_news(struct flow_maps *maps, flow_maps_news_fn *each, void *context);

/* The map of processes by their sockets' cookies: has_news only. */
int flow_maps_processes(const struct flow_maps *maps);

/* Whether the kernel lets this process use the maps and run the clock now. */
bool flow_maps_work(const struct flow_maps *maps);

/* A counter of an interface and map; it only grows. */
uint64_t flow_maps_counter(const struct flow_maps *maps, const struct flow_counter_key *key);

/* Makes room for the counters of another interface, where this one is attached no more. */
void flow_maps_forget(struct flow_maps *maps, uint32_t ifindex);

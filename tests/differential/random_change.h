/* SPDX-License-Identifier: Apache-2.0 */
/* Two estates that differ a little, as `weir diff` compares them (simulator/reach/joint.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Packets that were compared in both worlds, and those of which the worlds say different things. */
struct change_tally {
	uint64_t packets, moved;
};

/*
 * What joint kinds of the estate of that seed and of a changed one say of some pairs and packets is what the walks
 * in either world say.  False when one differs, which is said on stderr.
 */
bool random_change_agrees(uint64_t seed, struct change_tally *tally);

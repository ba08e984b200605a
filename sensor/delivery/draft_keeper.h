/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a draft appear for a sensor that has no right to it any more: a process of its own, forked before the
 * privileges go, which knows one file and does one of two things with it.  It reads nothing but single bytes.
 * When the sensor ends without a word, killed too, the draft is dropped.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/file.h"

struct draft_keeper {
	int fd; /* -1: there is none */
};

/* The stream stays open in both; the paths of *draft are the keeper's from now on. */
int draft_keeper_open(struct draft_keeper *keeper, struct file_draft *draft,
		      struct err *err) MUST_USE;

/* All was written. */
int draft_keeper_commit(struct draft_keeper *keeper, struct err *err) MUST_USE;

/* Drops what was not committed; returns when that is done.  No-op without a keeper. */
void draft_keeper_close(struct draft_keeper *keeper);

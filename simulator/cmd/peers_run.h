/* SPDX-License-Identifier: Apache-2.0 */
/* `weir who` and `weir reach` are one question, asked from either side. */
#pragma once

#include "simulator/cmd/inputs.h"

struct peers_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *by, *client_ports, *at;
	uint64_t	  limit;
	bool		  quiet, no_header;
};

extern const struct opt peers_opts[];

/* operands: the ends, and PORT or NULL.  is_src: what do they reach; else: who reaches them. */
int peers_run(const struct peers_args *args, char **operands, bool is_src,
	      struct err *err) MUST_USE;

/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to a socket of this host: the journal's, syslog's.  The socket may go and come again. */
#pragma once

#include "lib/base/err.h"
#include "sensor/delivery/notice_batch.h"

enum { DATAGRAM_PATH_MAX = 107 }; /* of a socket's address */

struct datagram {
	char path[DATAGRAM_PATH_MAX + 1];
	int  fd; /* -1: not connected */
};

/* ERR_USAGE when it cannot be the path of a socket. */
int datagram_init(struct datagram *datagram, struct str path, struct err *err) MUST_USE;

/* Connects where that is needed.  Who takes nothing for five seconds, or is not there, may take it later. */
enum notice_fate datagram_send(struct datagram *datagram, struct str bytes,
			       struct err *err) MUST_USE;
void		 datagram_close(struct datagram *datagram);

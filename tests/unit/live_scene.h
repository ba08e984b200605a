/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sensor's live half for tests of it: flows of eni-1 (10.0.1.10) judged as they come.  The groups let in 443 and
 * 5432 and let out 5432, the policy wants 443 only.
 */
#pragma once

#include "sensor/live/budget.h"
#include "sensor/live/live.h"
#include "sensor/live/model.h"
#include "tests/unit/judged_line.h"

#define NS_PER_S INT64_C(1000000000)
#define START_S	 INT64_C(1700000000)

enum { MIB = 1 << 20, SYN = 2, SYN_ACK = 18, SAID_MAX = 1 << 16, TCP_ = 6, UDP_ = 17 };

#define UDP(port)                                                                                  \
	"{'IpProtocol': 'udp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define WEB                                                                                        \
	NET ESTATE_OPEN_NACL SG_1(TCP("443") ", " TCP("5432") ", " UDP("5000"),                    \
				  TCP("5432") ", " UDP("53"))
#define POLICY                                                                                     \
	"tier web = eni-1\ntier db = eni-2\nallow db -> web : tcp/443\nallow db -> web : "         \
	"udp/5000\n"                                                                               \
	"allow web -> db : udp/53\n"

/* A sensor's live half with a snapshot and a policy, and what it says. */
struct scene {
	char		     snapshot[32], policy[32];
	struct board	    *board;
	struct model_keeper *models;
	struct live	    *live;
	struct str	     id; /* of the interface */
	int64_t		     now_s;
	struct buf	     said;
	unsigned	     strangers;
	struct str	     stranger_vpc; /* the last that was named */
};

extern struct scene scene;
extern const char  *vpc_id; /* of the interface; NULL: it is not known before it has flows */

void write_text(const char *path, const char *text);
/* WEB with eni-1 as the interface, at START_S, unless it is said otherwise. */
void open_estate(const char *estate, const char *id, unsigned cpu_percent);
void open_scene_of(const char *id, unsigned cpu_percent);
void open_scene(void);
void close_scene(void);
/* To or from eni-2, whose port is 40000 unless it is the service. */
struct flow flow_of(enum flow_direction direction, uint8_t protocol, uint16_t src_port,
		    uint16_t dst_port, uint8_t flags);
/* A flow begins, its window ends (what its record's action is), the sensor's loop turns. */
void	    see(struct flow flow);
enum action finish(struct flow flow);
void	    turn(int64_t second);
/* What was said, and counted, since the scene was opened. */
unsigned events(void);
bool	 said(const char *text);
uint64_t verdicts(enum board_verdict verdict);

#define IN(port)	  flow_of(FLOW_INGRESS, TCP_, 40000, port, SYN)
#define ANSWER_TO(port)	  flow_of(FLOW_EGRESS, TCP_, port, 40000, SYN_ACK)
#define OUT(port)	  flow_of(FLOW_EGRESS, TCP_, 40000, port, SYN)
#define UDP_IN(src, dst)  flow_of(FLOW_INGRESS, UDP_, src, dst, 0)
#define UDP_OUT(src, dst) flow_of(FLOW_EGRESS, UDP_, src, dst, 0)

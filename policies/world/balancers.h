/* SPDX-License-Identifier: Apache-2.0 */
/* Load balancers of ELBv2: what listens, and to whom it passes on.  Their ids are ARNs. */
#pragma once

#include "policies/world/objects.h"

struct lb {
	struct object object; /* id: the ARN */
	struct str    type, scheme, vpc_id, dns_name;
	struct str   *sg_ids, *subnet_ids;
	uint32_t      sg_count, subnet_count;
	struct str cross_zone; /* "true", "false"; empty: its attributes are not in the snapshot */
	uint32_t  *listener_idxs; /* its listeners, ascending */
	uint32_t   listener_count;
};

struct listener {
	struct object object; /* id: the ARN */
	struct str    lb_id, protocol;
	uint16_t      port;
	struct str   *target_group_ids; /* of its default actions */
	uint32_t      target_group_count;
};

/* A rule of an application load balancer's listener: Rules. */
struct lb_rule {
	struct object object; /* id: the ARN */
	struct str    listener_id;
	struct str   *target_group_ids;
	uint32_t      target_group_count;
};

struct target {
	struct str id, health; /* instance, address or ARN; "healthy", … */
	uint16_t   port;
};

struct target_group {
	struct object  object; /* id: the ARN */
	struct str     protocol, target_type, vpc_id;
	uint16_t       port;
	struct str     preserve_client_ip, cross_zone; /* attributes, as above */
	bool	       has_targets; /* false: TargetHealthDescriptions are not in the snapshot */
	struct target *targets;
	uint32_t       target_count;
};

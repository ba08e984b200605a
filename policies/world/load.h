/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world while it is being loaded.  One load_<family>.c file per family of resources; load.c has the table
 * of top-level keys.  A loader adds an object or says what is wrong with the document.
 */
#pragma once

#include "lib/base/json.h"
#include "policies/world/load_member.h"
#include "policies/world/load_pages.h"
#include "policies/world/world.h"

/* The rows of SecurityGroupRules until they are joined onto their groups. */
struct pending_rule {
	struct sg_rule rule;
	struct str     group_id;
};

/*
 * Rows that do not say whose they are: `get-transit-gateway-route-table-associations` and its like.  Their
 * owner is a member beside the list (TransitGatewayRouteTableId, PrefixListId, TargetGroupArn,
 * LoadBalancerArn), else the id
 * in the document's path.
 */
enum row_kind {
	ROW_TGW_ASSOCIATION,
	ROW_TGW_PROPAGATION,
	ROW_TGW_ROUTE,
	ROW_PREFIX_LIST_ENTRY,
	ROW_TARGET,
	ROW_ATTRIBUTE, /* of a load balancer or a target group */
	ROW_KIND_COUNT
};

struct pending_row {
	enum row_kind kind;
	struct str    owner_id; /* empty until the document ends */
	bool	      is_empty; /* stands for a list without rows */
	bool	      is_cut;	/* its document has a NextToken: there are more rows */
	union {
		struct str	 attachment_id;
		struct tgw_route route;
		struct cidr	 entry;
		struct target	 target;
		struct tag	 attribute;
	};
};

struct load_family;

struct loader {
	struct world		 *world;
	struct err_list		 *errors;
	struct pending_rule	 *pending;
	size_t			  pending_count, pending_capacity;
	struct pending_row	 *rows;
	size_t			  row_count, row_capacity;
	struct load_pages	  pages;
	const struct load_family *row;	  /* of the object being loaded */
	struct world_family	 *family; /* likewise */
	/* Likewise: a member that is not what AWS prints, and what that is; NULL: none. */
	const char *mistyped, *expected;
	/* Of the document being loaded; what is of its path is borrowed from that. */
	struct str path_account, path_region, path_id, folder;
	struct str document_id;	    /* the member beside the lists */
	bool	   document_cut;    /* a NextToken beside them */
	bool	   is_record;	    /* weir.json, not a document of AWS */
	ptrdiff_t  document_family; /* the family of its last list; -1: none yet */
	size_t	   document_rows;   /* rows before this one belong to earlier documents */
};

/* 0, or -1 with *err: text without a place, which the caller adds. */
typedef int load_fn(struct loader *loader, const cJSON *object, struct err *err);

/* A family: the key that the AWS CLI prints, and what its elements become. */
struct load_family {
	const char     *key;
	load_fn	       *load;
	enum world_kind kind;
	const char     *id_name;
};

load_fn load_vpc, load_subnet, load_sg, load_sg_rule, load_nacl, load_eni, load_reservation,
	load_rtb, load_prefix_list, load_gateway, load_nat, load_pcx, load_tgw, load_tgw_attachment,
	load_tgw_rtb, load_vpn, load_cgw, load_vpce, load_eip, load_lb, load_listener, load_lb_rule,
	load_target_group, load_flow_log, load_az, load_bpa, load_bpa_exclusion, load_row;

/* Whether a State says that the object is gone or never came to be; counted where it is asked. */
bool load_is_dead(struct loader *loader, struct str state);

/* The object with that id, new and zeroed but for its `object`, or the old one: the last document wins. */
void *load_object(struct loader *loader, enum world_kind kind, const cJSON *object,
		  const char *id_name, struct err *err);

/* A new zeroed row of a kind; *idx is its index. */
void *load_add(struct world *world, enum world_kind kind, uint32_t *idx);

void load_note(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whether the document that the item begins is weir.json; and each later item of it. */
bool load_is_record(const struct json_item *item);
void load_record(struct loader *loader, const struct json_item *item);

/* A family of which a document could not be had; false when there is none of that key. */
bool load_deny(struct loader *loader, struct str key);

/* The list of rows is empty: that too is an answer. */
void load_no_rows(struct loader *loader);

/* Gives the rows of a document that has ended their owner. */
void load_rows_own(struct loader *loader);

/* After the last document: hands the rows to their owners. */
void link_rows(struct loader *loader);

/*
 * The index of what an object refers to; WORLD_NONE, with a note that names the holder, when it is not in the
 * snapshot.  An empty id is no reference.
 */
uint32_t load_resolve(struct world *world, enum world_kind kind, struct str id,
		      const struct object *holder);

/* After the last document: notes what dangles among gateways, endpoints and load balancers. */
void link_gateways(struct world *world);

/* After the last document: joins rules, resolves references, notes what dangles. */
void link_world(struct loader *loader);

/* SPDX-License-Identifier: Apache-2.0 */
/* Records that AWS has published, each with the format it was made with. */
#pragma once

#include <stddef.h>

struct sample {
	const char *name, *format; /* format NULL: AWS's default */
	const char *line;
};

#define SAMPLE_FLAGS                                                                               \
	"version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr "       \
	"srcport dstport pkt-srcaddr pkt-dstaddr protocol bytes packets start end action "         \
	"tcp-flags log-status"
#define SAMPLE_FLAGS_HEAD                                                                          \
	"3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 "                    \
	"eni-1235b8ca123456789 123456789010 IPv4 "
#define SAMPLE_NAT "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr"
#define SAMPLE_REGIONAL_NAT                                                                        \
	"resource-id instance-id interface-id subnet-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr"
#define SAMPLE_TGW                                                                                 \
	"version interface-id account-id vpc-id subnet-id instance-id srcaddr dstaddr srcport "    \
	"dstport protocol tcp-flags type pkt-srcaddr pkt-dstaddr action log-status"
#define SAMPLE_S3                                                                                  \
	"version srcaddr dstaddr srcport dstport protocol start end type packets bytes "           \
	"account-id vpc-id subnet-id instance-id interface-id region az-id sublocation-type "      \
	"sublocation-id action tcp-flags pkt-srcaddr pkt-dstaddr pkt-src-aws-service "             \
	"pkt-dst-aws-service traffic-path flow-direction log-status"

static const struct sample samples[] = {
	{ "accepted SSH", NULL,
	  "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 "
	  "1418530010 1418530070 ACCEPT OK" },
	{ "rejected RDP", NULL,
	  "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 "
	  "1418530010 1418530070 REJECT OK" },
	{ "no data", NULL,
	  "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA" },
	{ "skipped data", NULL,
	  "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA" },
	{ "ping", NULL,
	  "2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 0 0 1 4 336 "
	  "1432917027 1432917142 ACCEPT OK" },
	{ "ping reply", NULL,
	  "2 123456789010 eni-1235b8ca123456789 172.31.16.139 203.0.113.12 0 0 1 4 336 "
	  "1432917094 1432917142 REJECT OK" },
	{ "IPv6 SSH", NULL,
	  "2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105 "
	  "2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 "
	  "ACCEPT OK" },
	{ "opened", SAMPLE_FLAGS,
	  SAMPLE_FLAGS_HEAD "52.213.180.42 10.0.0.62 43416 5001 52.213.180.42 10.0.0.62 6 568 8 "
			    "1566848875 1566848933 ACCEPT 2 OK" },
	{ "answered", SAMPLE_FLAGS,
	  SAMPLE_FLAGS_HEAD "10.0.0.62 52.213.180.42 5001 43416 10.0.0.62 52.213.180.42 6 376 7 "
			    "1566848875 1566848933 ACCEPT 18 OK" },
	{ "closed", SAMPLE_FLAGS,
	  SAMPLE_FLAGS_HEAD "10.0.0.62 52.213.180.42 5001 43418 10.0.0.62 52.213.180.42 6 63388 "
			    "1219 1566848933 1566849113 ACCEPT 1 OK" },
	{ "short", SAMPLE_FLAGS,
	  SAMPLE_FLAGS_HEAD "52.213.180.42 10.0.0.62 43638 5001 52.213.180.42 10.0.0.62 6 1260 17 "
			    "1566933133 1566933193 ACCEPT 3 OK" },
	{ "short answer", SAMPLE_FLAGS,
	  SAMPLE_FLAGS_HEAD "10.0.0.62 52.213.180.42 5001 43638 10.0.0.62 52.213.180.42 6 967 14 "
			    "1566933133 1566933193 ACCEPT 19 OK" },
	{ "NAT gateway", SAMPLE_NAT,
	  "- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5" },
	{ "regional NAT gateway", SAMPLE_REGIONAL_NAT,
	  "nat-1234567890abcdef - - - 10.0.1.5 203.0.113.5 10.0.1.5 203.0.113.5" },
	{ "transit gateway, target", SAMPLE_TGW,
	  "3 eni-33333333333333333 123456789010 vpc-abcdefab012345678 subnet-22222222bbbbbbbbb "
	  "i-01234567890123456 10.20.33.164 10.40.2.236 39812 80 6 3 IPv4 10.20.33.164 "
	  "10.40.2.236 ACCEPT OK" },
	{ "transit gateway, arrival", SAMPLE_TGW,
	  "3 eni-11111111111111111 123456789010 vpc-abcdefab012345678 subnet-11111111aaaaaaaaa - "
	  "10.40.1.175 10.40.2.236 39812 80 6 3 IPv4 10.20.33.164 10.40.2.236 ACCEPT OK" },
	{ "transit gateway, return", SAMPLE_TGW,
	  "3 eni-22222222222222222 123456789010 vpc-abcdefab012345678 subnet-22222222bbbbbbbbb - "
	  "10.40.2.236 10.40.2.31 80 39812 6 19 IPv4 10.40.2.236 10.20.33.164 ACCEPT OK" },
	{ "from S3", SAMPLE_S3,
	  "5 52.95.128.179 10.0.0.71 80 34210 6 1616729292 1616729349 IPv4 14 15044 123456789012 "
	  "vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b "
	  "eni-1235b8ca123456789 ap-southeast-2 apse2-az3 - - ACCEPT 19 52.95.128.179 10.0.0.71 "
	  "S3 - - ingress OK" },
	{ "to S3", SAMPLE_S3,
	  "5 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 IPv4 7 471 123456789012 "
	  "vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b "
	  "eni-1235b8ca123456789 ap-southeast-2 apse2-az3 - - ACCEPT 3 10.0.0.71 52.95.128.179 - "
	  "S3 8 egress OK" },
};

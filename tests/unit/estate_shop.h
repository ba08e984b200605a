/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of a small estate, as the AWS CLI prints them but with ' for ".  Documents may follow one another,
 * so a test adds its own to these by string concatenation, and reads it with estate_open (estate.h).
 *
 *	subnet-a 10.0.1.0/24	eni-1 10.0.1.10 (sg-1)	eni-3 10.0.1.20 (sg-3)
 *	subnet-b 10.0.2.0/24	eni-2 10.0.2.10, .11, 10.0.2.16/28, public 198.51.100.2 (sg-2)
 */
#pragma once

#define ESTATE_NET                                                                                 \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', 'Tags': [{'Key': "               \
	"'Name', 'Value': 'shop'}], 'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "            \
	"'2001:db8::/56'}]}]} {'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', "            \
	"'CidrBlock': '10.0.1.0/24', 'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "           \
	"'2001:db8:0:1::/64'}], 'Tags': [{'Key': 'Name', 'Value': 'shop-a'}]}, "                   \
	"{'SubnetId': 'subnet-b', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.2.0/24', "                  \
	"'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': '2001:db8:0:2::/64'}], 'Tags':"         \
	" [{'Key': 'Name', 'Value': 'shop-b'}]}]}"

#define ESTATE_ENIS                                                                                \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "                \
	"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Ipv6Addresses': "               \
	"[{'Ipv6Address': '2001:db8:0:1::10'}], 'InterfaceType': 'interface', 'Groups': "          \
	"[{'GroupId': 'sg-1'}]}, {'NetworkInterfaceId': 'eni-2', 'VpcId': 'vpc-1', "               \
	"'SubnetId': 'subnet-b', 'PrivateIpAddress': '10.0.2.10', 'PrivateIpAddresses': "          \
	"[{'PrivateIpAddress': '10.0.2.10', 'Primary': true, 'Association': {'PublicIp': "         \
	"'198.51.100.2'}}, {'PrivateIpAddress': '10.0.2.11', 'Primary': false}], "                 \
	"'Ipv6Addresses': [{'Ipv6Address': '2001:db8:0:2::10'}], 'Ipv4Prefixes': "                 \
	"[{'Ipv4Prefix': '10.0.2.16/28'}], 'InterfaceType': 'interface', 'Groups': "               \
	"[{'GroupId': 'sg-2'}]}, {'NetworkInterfaceId': 'eni-3', 'VpcId': 'vpc-1', "               \
	"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.20', 'InterfaceType': "               \
	"'interface', 'Groups': [{'GroupId': 'sg-3'}]}]}"

/* Groups that let everything in and out. */
#define ESTATE_OPEN_SGS                                                                            \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'sg-1-name', 'VpcId': "              \
	"'vpc-1', 'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': "                 \
	"'0.0.0.0/0'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}], 'IpPermissionsEgress': "           \
	"[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': "              \
	"[{'CidrIpv6': '::/0'}]}]}, {'GroupId': 'sg-2', 'GroupName': 'sg-2-name', "                \
	"'VpcId': 'vpc-1', 'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp':"         \
	" '0.0.0.0/0'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}], 'IpPermissionsEgress': "          \
	"[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': "              \
	"[{'CidrIpv6': '::/0'}]}]}, {'GroupId': 'sg-3', 'GroupName': 'sg-3-name', "                \
	"'VpcId': 'vpc-1', 'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp':"         \
	" '0.0.0.0/0'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}], 'IpPermissionsEgress': "          \
	"[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': "              \
	"[{'CidrIpv6': '::/0'}]}]}]}"

/* The VPC's default ACL as AWS makes it. */
#define ESTATE_OPEN_NACL                                                                           \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': [{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', "                 \
	"'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 101, 'Egress': "              \
	"false, 'RuleAction': 'allow', 'Protocol': '-1', 'Ipv6CidrBlock': '::/0'}, "               \
	"{'RuleNumber': 100, 'Egress': true, 'RuleAction': 'allow', 'Protocol': '-1', "            \
	"'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 101, 'Egress': true, 'RuleAction': "            \
	"'allow', 'Protocol': '-1', 'Ipv6CidrBlock': '::/0'}]}]}"

#define ESTATE_RTB                                                                                 \
	"{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', 'Associations': "            \
	"[{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "                    \
	"'GatewayId': 'local', 'State': 'active', 'Origin': 'CreateRouteTable'}, "                 \
	"{'DestinationIpv6CidrBlock': '2001:db8::/56', 'GatewayId': 'local', 'State': "            \
	"'active', 'Origin': 'CreateRouteTable'}]}]}"

#define ESTATE_SHOP ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB

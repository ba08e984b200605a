/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/calls.h"

#include <ctype.h>
#include <string.h>

/*
 * Members: botocore's model of EC2 and ELBv2 and aws-semantics.md 6.3.  Limits of pages: 6.2.  Filters by VPC: the
 * EC2 API Reference of each action; where there is none the whole Region is read.
 */
const struct fetch_call fetch_calls[] = {
	{
		.action = "DescribeRegions",
		.is_of_account = true,
		.fields = "regionInfo=Regions[]{regionEndpoint=Endpoint, regionName, optInStatus}",
	},
	{
		.action = "DescribeAvailabilityZones",
		.fields =
			"availabilityZoneInfo=AvailabilityZones[]{zoneState=State, optInStatus, "
			"messageSet=Messages[]{message}, regionName, zoneName, zoneId, groupName, "
			"networkBorderGroup, zoneType, parentZoneName, parentZoneId}",
	},
	{
		.action = "DescribeVpcs",
		.judges = true,
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"vpcSet=Vpcs[]{cidrBlock, dhcpOptionsId, state, vpcId, ownerId, "
			"instanceTenancy, ipv6CidrBlockAssociationSet[]{associationId, "
			"ipv6CidrBlock, ipv6CidrBlockState{state, statusMessage}, "
			"networkBorderGroup, ipv6Pool, ipv6AddressAttribute, ipSource}, "
			"cidrBlockAssociationSet[]{associationId, cidrBlock, cidrBlockState{state, "
			"statusMessage}}, isDefault:bool, "
			"blockPublicAccessStates{internetGatewayBlockMode}, "
			"encryptionControl{vpcId, vpcEncryptionControlId, mode, state, "
			"stateMessage}, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeSubnets",
		.judges = true,
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"subnetSet=Subnets[]{availabilityZone, availabilityZoneId, "
			"availableIpAddressCount:int, cidrBlock, defaultForAz:bool, "
			"enableLniAtDeviceIndex:int, mapPublicIpOnLaunch:bool, "
			"mapCustomerOwnedIpOnLaunch:bool, customerOwnedIpv4Pool, state, subnetId, "
			"vpcId, ownerId, assignIpv6AddressOnCreation:bool, "
			"ipv6CidrBlockAssociationSet[]{associationId, ipv6CidrBlock, "
			"ipv6CidrBlockState{state, statusMessage}, ipv6AddressAttribute, "
			"ipSource}, tagSet=Tags@tags, subnetArn, outpostArn, "
			"blockPublicAccessStates{internetGatewayBlockMode}, type, "
			"enableDns64:bool, ipv6Native:bool, "
			"privateDnsNameOptionsOnLaunch{hostnameType, "
			"enableResourceNameDnsARecord:bool, enableResourceNameDnsAAAARecord:bool}}",
	},
	{
		.action = "DescribeSecurityGroups",
		.judges = true,
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields = "securityGroupInfo=SecurityGroups[]{groupDescription=Description, "
			  "groupName, ipPermissions@rules, ownerId, securityGroupArn, groupId, "
			  "ipPermissionsEgress@rules, tagSet=Tags@tags, vpcId}",
	},
	{
		.action = "DescribeSecurityGroupRules",
		.judges = true,
		.page_max = 1000,
		.of = "DescribeSecurityGroups",
		.of_member = "GroupId",
		.of_filter = "group-id",
		.fields = "securityGroupRuleSet=SecurityGroupRules[]{securityGroupRuleId, "
			  "securityGroupRuleArn, groupId, groupOwnerId, isEgress:bool, ipProtocol, "
			  "fromPort:int, toPort:int, cidrIpv4, cidrIpv6, prefixListId, "
			  "referencedGroupInfo{groupId, peeringStatus, userId, vpcId, "
			  "vpcPeeringConnectionId}, description, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeNetworkAcls",
		.judges = true,
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields = "networkAclSet=NetworkAcls[]{associationSet=Associations[]{"
			  "networkAclAssociationId, "
			  "networkAclId, subnetId}, entrySet=Entries[]{cidrBlock, egress:bool, "
			  "icmpTypeCode{code:int, type:int}, ipv6CidrBlock, portRange{from:int, "
			  "to:int}, protocol, ruleAction, ruleNumber:int}, default=IsDefault:bool, "
			  "networkAclId, tagSet=Tags@tags, vpcId, ownerId}",
	},
	{
		.action = "DescribeNetworkInterfaces",
		.judges = true,
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"networkInterfaceSet=NetworkInterfaces[]{association@assigned, "
			"attachment{attachTime:ts, attachmentId, deleteOnTermination:bool, "
			"deviceIndex:int, networkCardIndex:int, instanceId, instanceOwnerId, "
			"status, enaQueueCount:int, enaSrdSpecification{enaSrdEnabled:bool, "
			"enaSrdUdpSpecification{enaSrdUdpEnabled:bool}}}, availabilityZone, "
			"availabilityZoneId, "
			"connectionTrackingConfiguration{tcpEstablishedTimeout:int, "
			"udpStreamTimeout:int, udpTimeout:int}, description, "
			"groupSet=Groups@groups, interfaceType, "
			"ipv6AddressesSet=Ipv6Addresses[]{ipv6Address, publicIpv6DnsName, "
			"isPrimaryIpv6:bool}, macAddress, networkInterfaceId, outpostArn, ownerId, "
			"privateDnsName, publicDnsName, publicIpDnsNameOptions{dnsHostnameType, "
			"publicIpv4DnsName, publicIpv6DnsName, publicDualStackDnsName}, "
			"privateIpAddress, "
			"privateIpAddressesSet=PrivateIpAddresses[]{association@assigned, "
			"primary:bool, privateDnsName, privateIpAddress}, "
			"ipv4PrefixSet=Ipv4Prefixes[]{ipv4Prefix}, "
			"ipv6PrefixSet=Ipv6Prefixes[]{ipv6Prefix}, requesterId, "
			"requesterManaged:bool, sourceDestCheck:bool, status, subnetId, "
			"tagSet@tags, vpcId, denyAllIgwTraffic:bool, ipv6Native:bool, "
			"operator{managed:bool, principal, hiddenByDefault:bool}, "
			"associatedSubnetSet=AssociatedSubnets[], ipv6Address}",
	},
	{
		.action = "DescribeInstances",
		.judges = true,
		.counted_in = "instancesSet",
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"reservationSet=Reservations[]{groupSet=Groups@groups, "
			"instancesSet=Instances[]{amiLaunchIndex:int, imageId, instanceId, "
			"instanceType, kernelId, keyName, launchTime:ts, monitoring{state}, "
			"placement{availabilityZone, affinity, groupName, partitionNumber:int, "
			"hostId, tenancy, spreadDomain, hostResourceGroupArn, groupId}, platform, "
			"privateDnsName, privateIpAddress, "
			"productCodes[]{productCode=ProductCodeId, type=ProductCodeType}, "
			"dnsName=PublicDnsName, ipAddress=PublicIpAddress, ramdiskId, "
			"instanceState=State{code:int, name}, reason=StateTransitionReason, "
			"subnetId, vpcId, architecture, "
			"blockDeviceMapping=BlockDeviceMappings[]{deviceName, ebs{attachTime:ts, "
			"deleteOnTermination:bool, status, volumeId}}, clientToken, "
			"ebsOptimized:bool, enaSupport:bool, hypervisor, iamInstanceProfile{arn, "
			"id}, instanceLifecycle, "
			"elasticGpuAssociationSet=ElasticGpuAssociations[]{elasticGpuId, "
			"elasticGpuAssociationId, elasticGpuAssociationState, "
			"elasticGpuAssociationTime}, "
			"elasticInferenceAcceleratorAssociationSet="
			"ElasticInferenceAcceleratorAssociations[]{elasticInferenceAcceleratorArn, "
			"elasticInferenceAcceleratorAssociationId, "
			"elasticInferenceAcceleratorAssociationState, "
			"elasticInferenceAcceleratorAssociationTime:ts}, "
			"networkInterfaceSet=NetworkInterfaces[]{association{carrierIp, "
			"customerOwnedIp, ipOwnerId, publicDnsName, publicIp}, "
			"attachment{attachTime:ts, attachmentId, deleteOnTermination:bool, "
			"deviceIndex:int, status, networkCardIndex:int}, description, "
			"groupSet=Groups@groups, ipv6AddressesSet=Ipv6Addresses[]{ipv6Address, "
			"isPrimaryIpv6:bool}, macAddress, networkInterfaceId, ownerId, "
			"privateDnsName, privateIpAddress, "
			"privateIpAddressesSet=PrivateIpAddresses[]{association{carrierIp, "
			"customerOwnedIp, ipOwnerId, publicDnsName, publicIp}, primary:bool, "
			"privateDnsName, privateIpAddress}, sourceDestCheck:bool, status, "
			"subnetId, vpcId, interfaceType, ipv4PrefixSet=Ipv4Prefixes[]{ipv4Prefix}, "
			"ipv6PrefixSet=Ipv6Prefixes[]{ipv6Prefix}}, outpostArn, rootDeviceName, "
			"rootDeviceType, groupSet=SecurityGroups@groups, sourceDestCheck:bool, "
			"spotInstanceRequestId, sriovNetSupport, stateReason{code, message}, "
			"tagSet=Tags@tags, virtualizationType, cpuOptions{coreCount:int, "
			"threadsPerCore:int}, capacityReservationId, "
			"capacityReservationSpecification{capacityReservationPreference, "
			"capacityReservationTarget{capacityReservationId, "
			"capacityReservationResourceGroupArn}}, "
			"hibernationOptions{configured:bool}, "
			"licenseSet=Licenses[]{licenseConfigurationArn}, metadataOptions{state, "
			"httpTokens, httpPutResponseHopLimit:int, httpEndpoint, httpProtocolIpv6, "
			"instanceMetadataTags}, enclaveOptions{enabled:bool}, bootMode, "
			"platformDetails, usageOperation, usageOperationUpdateTime:ts, "
			"privateDnsNameOptions{hostnameType, enableResourceNameDnsARecord:bool, "
			"enableResourceNameDnsAAAARecord:bool}, ipv6Address, tpmSupport, "
			"currentInstanceBootMode, operator{managed:bool, principal}, "
			"maintenanceOptions{autoRecovery}}, ownerId, requesterId, reservationId}",
	},
	{
		.action = "DescribeRouteTables",
		.page_max = 100,
		.vpc_filter = "vpc-id",
		.fields = "routeTableSet=RouteTables[]{associationSet=Associations[]{main:bool, "
			  "routeTableAssociationId, routeTableId, subnetId, gatewayId, "
			  "publicIpv4Pool, associationState{state, statusMessage}}, "
			  "propagatingVgwSet=PropagatingVgws[]{gatewayId}, routeTableId, "
			  "routeSet=Routes[]{destinationCidrBlock, destinationIpv6CidrBlock, "
			  "destinationPrefixListId, egressOnlyInternetGatewayId, gatewayId, "
			  "instanceId, instanceOwnerId, natGatewayId, transitGatewayId, "
			  "localGatewayId, carrierGatewayId, networkInterfaceId, origin, state, "
			  "vpcPeeringConnectionId, coreNetworkArn, odbNetworkArn, ipAddress}, "
			  "tagSet=Tags@tags, vpcId, ownerId}",
	},
	{
		.action = "DescribeInternetGateways",
		.page_max = 1000,
		.vpc_filter = "attachment.vpc-id",
		.fields =
			"internetGatewaySet=InternetGateways[]{attachmentSet=Attachments[]{state, "
			"vpcId}, internetGatewayId, ownerId, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeEgressOnlyInternetGateways",
		.page_max = 255,
		.fields = "egressOnlyInternetGatewaySet=EgressOnlyInternetGateways[]{attachmentSet="
			  "Attachments[]{state, "
			  "vpcId}, egressOnlyInternetGatewayId, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeCarrierGateways",
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields = "carrierGatewaySet=CarrierGateways[]{carrierGatewayId, vpcId, state, "
			  "ownerId, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeNatGateways",
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"natGatewaySet=NatGateways[]{createTime:ts, deleteTime:ts, failureCode, "
			"failureMessage, natGatewayAddressSet=NatGatewayAddresses[]{allocationId, "
			"networkInterfaceId, privateIp, publicIp, associationId, isPrimary:bool, "
			"failureMessage, status, availabilityZone, availabilityZoneId}, "
			"natGatewayId, provisionedBandwidth{provisionTime:ts, provisioned, "
			"requestTime:ts, requested, status}, state, subnetId, vpcId, "
			"tagSet=Tags@tags, connectivityType, availabilityMode, autoScalingIps, "
			"autoProvisionZones, attachedApplianceSet=AttachedAppliances[]{type, "
			"applianceArn, vpcEndpointId, attachmentState, modificationState, "
			"failureCode, failureMessage}, routeTableId}",
	},
	{
		.action = "DescribeAddresses",
		.fields = "addressesSet=Addresses[]{instanceId, publicIp, allocationId, "
			  "associationId, domain, networkInterfaceId, networkInterfaceOwnerId, "
			  "privateIpAddress, tagSet=Tags@tags, publicIpv4Pool, networkBorderGroup, "
			  "customerOwnedIp, customerOwnedIpv4Pool, carrierIp}",
	},
	{
		.action = "DescribeVpcPeeringConnections",
		.judges = true,
		.page_max = 1000,
		.fields = "vpcPeeringConnectionSet=VpcPeeringConnections[]{accepterVpcInfo@side, "
			  "expirationTime:ts, requesterVpcInfo@side, status{code, message}, "
			  "tagSet=Tags@tags, vpcPeeringConnectionId}",
	},
	{
		.action = "DescribeVpcEndpoints",
		.page_max = 1000,
		.vpc_filter = "vpc-id",
		.fields =
			"vpcEndpointSet=VpcEndpoints[]{vpcEndpointId, vpcEndpointType, vpcId, "
			"serviceName, state, policyDocument, routeTableIdSet=RouteTableIds[], "
			"subnetIdSet=SubnetIds[], groupSet=Groups@groups, ipAddressType, "
			"dnsOptions{dnsRecordIpType, "
			"privateDnsOnlyForInboundResolverEndpoint:bool, privateDnsPreference, "
			"privateDnsSpecifiedDomainSet=PrivateDnsSpecifiedDomains[]}, "
			"privateDnsEnabled:bool, requesterManaged:bool, "
			"networkInterfaceIdSet=NetworkInterfaceIds[], "
			"dnsEntrySet=DnsEntries[]{dnsName, hostedZoneId}, creationTimestamp:ts, "
			"tagSet=Tags@tags, ownerId, lastError{message, code}, "
			"ipv4PrefixSet=Ipv4Prefixes@prefixes, ipv6PrefixSet=Ipv6Prefixes@prefixes, "
			"failureReason, serviceNetworkArn, resourceConfigurationArn, "
			"serviceRegion, payerResponsibilitySet=PayerResponsibilities[]{scope, "
			"payerResponsibilityType}}",
	},
	{
		.action = "DescribeManagedPrefixLists",
		.judges = true,
		.page_max = 100,
		.fields =
			"prefixListSet=PrefixLists[]{prefixListId, addressFamily, state, "
			"stateMessage, prefixListArn, prefixListName, maxEntries:int, version:int, "
			"tagSet=Tags@tags, ownerId, ipamPrefixListResolverTargetId, "
			"ipamPrefixListResolverSyncEnabled:bool}",
	},
	{
		.action = "GetManagedPrefixListEntries",
		.judges = true,
		.page_max = 100,
		.of = "DescribeManagedPrefixLists",
		.of_member = "PrefixListId",
		.of_parameter = "PrefixListId",
		.of_is_said = true,
		.fields = "entrySet=Entries[]{cidr, description}",
	},
	{
		.action = "DescribePrefixLists",
		.judges = true,
		.page_max = 1000,
		.fields = "prefixListSet=PrefixLists[]{cidrSet=Cidrs[], prefixListId, "
			  "prefixListName}",
	},
	{
		.action = "DescribeTransitGateways",
		.judges = true,
		.page_max = 1000,
		.fields =
			"transitGatewaySet=TransitGateways[]{transitGatewayId, transitGatewayArn, "
			"state, ownerId, description, creationTime:ts, options{amazonSideAsn:int, "
			"transitGatewayCidrBlocks[], autoAcceptSharedAttachments, "
			"defaultRouteTableAssociation, associationDefaultRouteTableId, "
			"defaultRouteTablePropagation, propagationDefaultRouteTableId, "
			"vpnEcmpSupport, dnsSupport, multicastSupport, "
			"securityGroupReferencingSupport}, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeTransitGatewayAttachments",
		.page_max = 1000,
		.fields =
			"transitGatewayAttachments[]{transitGatewayAttachmentId, transitGatewayId, "
			"transitGatewayOwnerId, resourceOwnerId, resourceType, resourceId, state, "
			"association{transitGatewayRouteTableId, transitGatewayPolicyTableId, "
			"state}, creationTime:ts, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeTransitGatewayVpcAttachments",
		.judges = true,
		.page_max = 1000,
		.fields =
			"transitGatewayVpcAttachments[]{transitGatewayAttachmentId, "
			"transitGatewayId, vpcId, vpcOwnerId, state, subnetIds[], creationTime:ts, "
			"options{dnsSupport, securityGroupReferencingSupport, ipv6Support, "
			"applianceModeSupport}, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeTransitGatewayPeeringAttachments",
		.page_max = 1000,
		.fields = "transitGatewayPeeringAttachments[]{transitGatewayAttachmentId, "
			  "accepterTransitGatewayAttachmentId, requesterTgwInfo@tgw, "
			  "accepterTgwInfo@tgw, options{dynamicRouting}, status{code, message}, "
			  "state, creationTime:ts, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeTransitGatewayRouteTables",
		.page_max = 1000,
		.fields =
			"transitGatewayRouteTables[]{transitGatewayRouteTableId, transitGatewayId, "
			"state, defaultAssociationRouteTable:bool, "
			"defaultPropagationRouteTable:bool, creationTime:ts, tagSet=Tags@tags}",
	},
	{
		.action = "GetTransitGatewayRouteTableAssociations",
		.of = "DescribeTransitGatewayRouteTables",
		.of_member = "TransitGatewayRouteTableId",
		.of_parameter = "TransitGatewayRouteTableId",
		.of_is_said = true,
		.page_max = 1000,
		.fields = "associations[]{transitGatewayAttachmentId, resourceId, resourceType, "
			  "state}",
	},
	{
		.action = "GetTransitGatewayRouteTablePropagations",
		.of = "DescribeTransitGatewayRouteTables",
		.of_member = "TransitGatewayRouteTableId",
		.of_parameter = "TransitGatewayRouteTableId",
		.of_is_said = true,
		.page_max = 1000,
		.fields =
			"transitGatewayRouteTablePropagations[]{transitGatewayAttachmentId, "
			"resourceId, resourceType, state, transitGatewayRouteTableAnnouncementId}",
	},
	{
		.action = "SearchTransitGatewayRoutes",
		.state_filter = "active,blackhole",
		.of = "DescribeTransitGatewayRouteTables",
		.of_member = "TransitGatewayRouteTableId",
		.of_parameter = "TransitGatewayRouteTableId",
		.of_is_said = true,
		.page_max = 1000,
		.fields = "routeSet=Routes[]{destinationCidrBlock, prefixListId, "
			  "transitGatewayRouteTableAnnouncementId, "
			  "transitGatewayAttachments[]{resourceId, transitGatewayAttachmentId, "
			  "resourceType}, type, state}, additionalRoutesAvailable:bool",
	},
	{
		.action = "DescribeVpnGateways",
		.vpc_filter = "attachment.vpc-id",
		.fields = "vpnGatewaySet=VpnGateways[]{availabilityZone, state, type, "
			  "attachments=VpcAttachments[]{state, vpcId}, vpnGatewayId, "
			  "amazonSideAsn:int, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeVpnConnections",
		.fields =
			"vpnConnectionSet=VpnConnections[]{!customerGatewayConfiguration, "
			"customerGatewayId, category, state, type, vpnConnectionId, vpnGatewayId, "
			"transitGatewayId, coreNetworkArn, coreNetworkAttachmentArn, "
			"gatewayAssociationState, options{enableAcceleration:bool, "
			"staticRoutesOnly:bool, localIpv4NetworkCidr, remoteIpv4NetworkCidr, "
			"localIpv6NetworkCidr, remoteIpv6NetworkCidr, outsideIpAddressType, "
			"transportTransitGatewayAttachmentId, tunnelInsideIpVersion, "
			"tunnelOptionSet=TunnelOptions[]{outsideIpAddress, tunnelInsideCidr, "
			"tunnelInsideIpv6Cidr, !preSharedKey, phase1LifetimeSeconds:int, "
			"phase2LifetimeSeconds:int, rekeyMarginTimeSeconds:int, "
			"rekeyFuzzPercentage:int, replayWindowSize:int, dpdTimeoutSeconds:int, "
			"dpdTimeoutAction, "
			"phase1EncryptionAlgorithmSet=Phase1EncryptionAlgorithms[]{value}, "
			"phase2EncryptionAlgorithmSet=Phase2EncryptionAlgorithms[]{value}, "
			"phase1IntegrityAlgorithmSet=Phase1IntegrityAlgorithms[]{value}, "
			"phase2IntegrityAlgorithmSet=Phase2IntegrityAlgorithms[]{value}, "
			"phase1DHGroupNumberSet=Phase1DHGroupNumbers[]{value:int}, "
			"phase2DHGroupNumberSet=Phase2DHGroupNumbers[]{value:int}, "
			"ikeVersionSet=IkeVersions[]{value}, startupAction, "
			"logOptions{cloudWatchLogOptions{logEnabled:bool, logGroupArn, "
			"logOutputFormat}}}}, routes[]{destinationCidrBlock, source, state}, "
			"tagSet=Tags@tags, vgwTelemetry[]{acceptedRouteCount:int, "
			"lastStatusChange:ts, outsideIpAddress, status, statusMessage, "
			"certificateArn}}",
	},
	{
		.action = "DescribeCustomerGateways",
		.fields = "customerGatewaySet=CustomerGateways[]{bgpAsn, customerGatewayId, "
			  "ipAddress, certificateArn, state, type, deviceName, tagSet=Tags@tags}",
	},
	{
		.action = "DescribeFlowLogs",
		.page_max = 1000,
		.fields = "flowLogSet=FlowLogs[]{creationTime:ts, deliverLogsErrorMessage, "
			  "deliverLogsPermissionArn, deliverCrossAccountRole, deliverLogsStatus, "
			  "flowLogId, flowLogStatus, logGroupName, resourceId, trafficType, "
			  "logDestinationType, logDestination, logFormat, tagSet=Tags@tags, "
			  "maxAggregationInterval:int, destinationOptions{fileFormat, "
			  "hiveCompatiblePartitions:bool, perHourPartition:bool}}",
	},
	{
		.action = "DescribeVpcBlockPublicAccessOptions",
		.judges = true,
		.fields = "vpcBlockPublicAccessOptions{awsAccountId, awsRegion, state, "
			  "internetGatewayBlockMode, reason, lastUpdateTimestamp:ts, managedBy, "
			  "exclusionsAllowed}",
	},
	{
		.action = "DescribeVpcBlockPublicAccessExclusions",
		.judges = true,
		.page_max = 1000,
		.fields = "vpcBlockPublicAccessExclusionSet=VpcBlockPublicAccessExclusions[]{"
			  "exclusionId, "
			  "internetGatewayExclusionMode, resourceArn, state, reason, "
			  "creationTimestamp:ts, lastUpdateTimestamp:ts, deletionTimestamp:ts, "
			  "tagSet=Tags@tags}",
	},
	{
		.action = "DescribeLoadBalancers",
		.service = AWS_ELB,
		.page_max = 400,
		.vpc_member = "VpcId",
		.fields = "LoadBalancers[]{LoadBalancerArn, DNSName, CanonicalHostedZoneId, "
			  "CreatedTime:ts, LoadBalancerName, Scheme, VpcId, State{Code, Reason}, "
			  "Type, AvailabilityZones[]{ZoneName, SubnetId, OutpostId, "
			  "LoadBalancerAddresses[]{IpAddress, AllocationId, PrivateIPv4Address, "
			  "IPv6Address}}, SecurityGroups[], IpAddressType, CustomerOwnedIpv4Pool, "
			  "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic}",
	},
	{
		.action = "DescribeListeners",
		.service = AWS_ELB,
		.page_max = 400,
		.of = "DescribeLoadBalancers",
		.of_member = "LoadBalancerArn",
		.of_parameter = "LoadBalancerArn",
		.fields = "Listeners[]{ListenerArn, LoadBalancerArn, Port:int, Protocol, "
			  "Certificates[]{CertificateArn, IsDefault:bool}, SslPolicy, "
			  "DefaultActions@actions, AlpnPolicy[]}",
	},
	{
		.action = "DescribeRules",
		.service = AWS_ELB,
		.page_max = 400,
		.of = "DescribeListeners",
		.of_member = "ListenerArn",
		.of_parameter = "ListenerArn",
		.fields = "Rules[]{RuleArn, Priority, Conditions[]{Field, Values[], "
			  "HostHeaderConfig{Values[]}, PathPatternConfig{Values[]}, "
			  "HttpHeaderConfig{HttpHeaderName, Values[]}, "
			  "QueryStringConfig{Values[]{Key, Value}}, "
			  "HttpRequestMethodConfig{Values[]}, SourceIpConfig{Values[]}}, "
			  "Actions@actions, IsDefault:bool}",
	},
	{
		.action = "DescribeLoadBalancerAttributes",
		.service = AWS_ELB,
		.of_is_said = true,
		.of = "DescribeLoadBalancers",
		.of_member = "LoadBalancerArn",
		.of_parameter = "LoadBalancerArn",
		.fields = "Attributes[]{Key, Value}",
	},
	{
		.action = "DescribeTargetGroups",
		.service = AWS_ELB,
		.page_max = 400,
		.vpc_member = "VpcId",
		.fields =
			"TargetGroups[]{TargetGroupArn, TargetGroupName, Protocol, Port:int, "
			"VpcId, HealthCheckProtocol, HealthCheckPort, HealthCheckEnabled:bool, "
			"HealthCheckIntervalSeconds:int, HealthCheckTimeoutSeconds:int, "
			"HealthyThresholdCount:int, UnhealthyThresholdCount:int, HealthCheckPath, "
			"Matcher{HttpCode, GrpcCode}, LoadBalancerArns[], TargetType, "
			"ProtocolVersion, IpAddressType}",
	},
	{
		.action = "DescribeTargetHealth",
		.service = AWS_ELB,
		.of_is_said = true,
		.of = "DescribeTargetGroups",
		.of_member = "TargetGroupArn",
		.of_parameter = "TargetGroupArn",
		.fields = "TargetHealthDescriptions[]{Target{Id, Port:int, AvailabilityZone}, "
			  "HealthCheckPort, TargetHealth{State, Reason, Description}}",
	},
	{
		.action = "DescribeTargetGroupAttributes",
		.service = AWS_ELB,
		.of_is_said = true,
		.of = "DescribeTargetGroups",
		.of_member = "TargetGroupArn",
		.of_parameter = "TargetGroupArn",
		.fields = "Attributes[]{Key, Value}",
	},
	{ .action = NULL },
};

const struct shape_piece fetch_pieces[] = {
	{ "tags", "[]{key, value}" },
	{ "groups", "[]{groupName, groupId}" },
	{ "assigned", "{allocationId, associationId, ipOwnerId, publicDnsName, publicIp, "
		      "customerOwnedIp, carrierIp}" },
	{ "pairs", "[]{description, groupId, groupName, peeringStatus, userId, vpcId, "
		   "vpcPeeringConnectionId}" },
	{ "rules",
	  "[]{fromPort:int, ipProtocol, ipRanges[]{cidrIp, description}, "
	  "ipv6Ranges[]{cidrIpv6, description}, prefixListIds[]{description, prefixListId}, "
	  "toPort:int, groups=UserIdGroupPairs@pairs}" },
	{ "side",
	  "{cidrBlock, ipv6CidrBlockSet[]{ipv6CidrBlock}, cidrBlockSet[]{cidrBlock}, ownerId, "
	  "peeringOptions{allowDnsResolutionFromRemoteVpc:bool, "
	  "allowEgressFromLocalClassicLinkToRemoteVpc:bool, "
	  "allowEgressFromLocalVpcToRemoteClassicLink:bool}, vpcId, region}" },
	{ "tgw", "{transitGatewayId, coreNetworkId, ownerId, region}" },
	{ "prefixes", "[]{subnetId, ipPrefixSet=IpPrefixes[]}" },
	{ "actions",
	  "[]{Type, TargetGroupArn, AuthenticateOidcConfig{Issuer, AuthorizationEndpoint, "
	  "TokenEndpoint, UserInfoEndpoint, ClientId, !ClientSecret, SessionCookieName, "
	  "Scope, SessionTimeout:int, !AuthenticationRequestExtraParams, "
	  "OnUnauthenticatedRequest, UseExistingClientSecret:bool}, "
	  "AuthenticateCognitoConfig{UserPoolArn, UserPoolClientId, UserPoolDomain, "
	  "SessionCookieName, Scope, SessionTimeout:int, !AuthenticationRequestExtraParams, "
	  "OnUnauthenticatedRequest}, Order:int, RedirectConfig{Protocol, Port, Host, Path, "
	  "Query, StatusCode}, FixedResponseConfig{MessageBody, StatusCode, ContentType}, "
	  "ForwardConfig{TargetGroups[]{TargetGroupArn, Weight:int}, "
	  "TargetGroupStickinessConfig{Enabled:bool, DurationSeconds:int}}}" },
	{ NULL, NULL },
};

const struct fetch_call *fetch_call_find(const char *action)
{
	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		if (strcmp(call->action, action) == 0)
			return call;
	return NULL;
}

void fetch_call_words(const struct fetch_call *call, char *out, size_t size)
{
	size_t at = 0;

	for (const char *c = call->action; *c && at + 2 < size; c++) {
		if (isupper((unsigned char)*c) && at)
			out[at++] = '-';
		out[at++] = (char)tolower((unsigned char)*c);
	}
	out[at] = '\0';
}

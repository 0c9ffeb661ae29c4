/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

/* Counters first; the tables of sockets can be long and come last. */
static const char *const proc_files[] = {
	"net/softnet_stat", "net/dev",	 "net/netstat", "net/snmp",  "net/snmp6",
	"net/sockstat",	    "net/sockstat6", "net/route",   "net/arp",	 "sys/net/netfilter/nf_conntrack_count",
	"sys/net/netfilter/nf_conntrack_max", "net/tcp", "net/tcp6", "net/udp",
};

int collect_net(struct collect *c)
{
	collect_proc_files(c, proc_files, ARRAY_SIZE(proc_files));
	return 0;
}

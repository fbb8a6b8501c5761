// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "observe.h"

/* Append @item to a list like "bulk > baseline". */
static void append(char *list, size_t size, const char *item)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? " > " : "", item);
}

/* Calls, in the order in which the policies were called. */

static struct ring_buffer *ring;
static struct event calls[1024];
static int nr_calls;

#define for_each_call(c) for (const struct event *c = calls; c < calls + nr_calls; c++)

static int on_call(void *ctx, void *data, size_t size)
{
	(void)ctx;
	if (nr_calls == sizeof(calls) / sizeof(*calls))
		die("more calls than were expected");
	memcpy(&calls[nr_calls++], data, size);
	return 0;
}

void observe_calls(const struct bpf_map *events)
{
	ring = ring_buffer__new(bpf_map__fd(events), on_call, NULL, NULL);
	if (!ring)
		die("cannot read the ring buffer: %m");
}

void forget_calls(void)
{
	ring_buffer__consume(ring);
	nr_calls = 0;
}

void collect_calls(void)
{
	ring_buffer__consume(ring);
}

static int nr_closed(void)
{
	int n = 0;

	for_each_call(c)
		n += c->policy == BASELINE && c->hook == SET_STATE && c->arg == TCP_CLOSE;
	return n;
}

/*
 * The last packets of a connection arrive when its processes are gone.  Wait
 * for listener, client and server to close, if baseline is there to tell.
 */
static void collect_all_calls(void)
{
	int patience = 30;

	collect_calls();
	while (nr_calls && nr_closed() < 3 && patience--)
		ring_buffer__poll(ring, 100);
}

/* Who saw @hook of the socket at @port? */
static void order_of(enum hook hook, __u16 port, char *list, size_t size)
{
	static const char *const names[] = {
		[BASELINE] = "baseline",
		[BULK] = "bulk",
		[INTERACTIVE] = "interactive",
		[TIMEOUT30] = "timeout30",
		[TIMEOUT60] = "timeout60",
	};

	*list = '\0';
	for_each_call(c)
		if (c->hook == hook && c->port == port)
			append(list, size, names[c->policy]);
	if (!*list)
		append(list, size, "nobody");
}

/* Connections */

#define ROW_SIZE 128

static void row(char *buf, const char *order, const struct endpoint *e)
{
	char unsent[16] = "-", timeout[16] = "-", dscp[16] = "-";

	if (e->unsent)
		text(unsent, "%d", e->unsent);
	if (e->timeout)
		text(timeout, "%d s", e->timeout / 1000);
	if (e->dscp)
		text(dscp, "%d", e->dscp);
	snprintf(buf, ROW_SIZE, "%-35s%-6s%7s%8s%6s", order, e->cc, unsent, timeout, dscp);
}

static void row_of(char *buf, enum hook hook, const struct endpoint *e)
{
	char order[64];

	order_of(hook, e->port, order, sizeof(order));
	row(buf, order, e);
}

void connections_header(void)
{
	note("%-17s%-12s%-35s%-6s%7s%8s%6s", "cgroup", "socket",
	     "seen by, in the order of the calls", "cc", "unsent", "timeout", "DSCP");
}

static void claim_row(const struct cgroup *cg, const char *socket, const char *seen,
		      const char *expected)
{
	char label[64];

	text(label, "%-17s%-12s", cg->path, socket);
	claim(label, seen, expected);
}

void claim_socket(const struct cgroup *cg, const char *socket, enum hook hook,
		  const struct endpoint *is, const char *order, const struct endpoint *e)
{
	char seen[ROW_SIZE], expected[ROW_SIZE];

	row_of(seen, hook, is);
	row(expected, order, e);
	claim_row(cg, socket, seen, expected);
}

/* One line if IPv4 and IPv6 agree. */
static void claim_both(const struct cgroup *cg, const char *who, char seen[2][ROW_SIZE],
		       const char *expected)
{
	char socket[2][16];

	if (!strcmp(seen[0], seen[1])) {
		text(socket[0], "%s 4+6", who);
		claim_row(cg, socket[0], seen[0], expected);
		return;
	}
	for (int v6 = 0; v6 < 2; v6++) {
		text(socket[v6], "%s IPv%d", who, v6 ? 6 : 4);
		claim_row(cg, socket[v6], seen[v6], expected);
	}
}

void claim_connections(const struct cgroup *cg, const char *order, const struct endpoint *e)
{
	char client[2][ROW_SIZE], server[2][ROW_SIZE], expected[ROW_SIZE];
	struct talk talk;

	for (int v6 = 0; v6 < 2; v6++) {
		forget_calls();
		talk = net_talk(cg, v6 ? AF_INET6 : AF_INET);
		collect_all_calls();
		row_of(client[v6], CONNECT, &talk.client);
		row_of(server[v6], LISTEN, &talk.server);
	}
	row(expected, order, e);
	claim_both(cg, "client", client, expected);
	claim_both(cg, "server", server, expected);
}

/* The states of one socket, with connect and listen where they were called. */
static void life_of(__u16 port, __u16 peer, char *list, size_t size)
{
	static const char *const states[16] = {
		"0", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
		"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
		"NEW_SYN_RECV", "BOUND_INACTIVE", "14", "15",
	};
	__u32 state = 0;

	*list = '\0';
	for_each_call(c) {
		if (c->policy != BASELINE || c->port != port || c->peer != peer ||
		    c->hook == RTT)
			continue;
		/* Where it starts. */
		if (!*list)
			append(list, size, states[c->state & 15]);
		else if (c->state != state)
			append(list, size, "(a change not seen)");
		state = c->state;
		if (c->hook == SET_STATE) {
			state = c->arg;
			append(list, size, states[state & 15]);
		} else {
			append(list, size, c->hook == CONNECT ? "connect" : "listen");
		}
	}
}

static void claim_life(const char *who, __u16 port, __u16 peer, const char *expected)
{
	char label[16], life[256];

	life_of(port, peer, life, sizeof(life));
	text(label, "%-10s", who);
	claim(label, life, expected);
}

static void claim_rtt(const char *who, const struct endpoint *e)
{
	char label[16], seen[64] = "rtt did not tell", expected[64];

	text(expected, "rtt told the %u us that TCP_INFO has", e->rtt);
	for_each_call(c)
		if (c->hook == RTT && c->port == e->port && c->arg == e->rtt)
			text(seen, "%s", expected);
	text(label, "%-10s", who);
	claim(label, seen, expected);
}

void claim_lives(const struct cgroup *cg, int family)
{
	struct talk talk;

	forget_calls();
	talk = net_talk(cg, family);
	collect_all_calls();
	claim_life("listener", talk.server.port, 0, "LISTEN > listen > CLOSE");
	claim_life("client", talk.client.port, talk.server.port,
		   "CLOSE > SYN_SENT > connect > ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > CLOSE");
	claim_life("server", talk.server.port, talk.client.port,
		   "SYN_RECV > ESTABLISHED > CLOSE_WAIT > LAST_ACK > CLOSE");
	claim_rtt("client", &talk.client);
	claim_rtt("server", &talk.server);
}

/* Links and queries */

static __u32 tcp_ops_type;

void observe_type(__u32 type_id)
{
	tcp_ops_type = type_id;
}

static void map_name_of(__u32 id, char *name, size_t size)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0 || bpf_map_get_info_by_fd(fd, &info, &len))
		text(info.name, "none");
	snprintf(name, size, "%s", info.name);
	close(fd);
}

static __u32 map_id_of(const struct bpf_map *map)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_map_get_info_by_fd(bpf_map__fd(map), &info, &len))
		die("no info of the map %s: %m", bpf_map__name(map));
	return info.id;
}

static struct bpf_link_info link_info(const struct bpf_link *link)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (bpf_link_get_info_by_fd(bpf_link__fd(link), &info, &len))
		die("no info of a link: %m");
	if (info.type != BPF_LINK_TYPE_STRUCT_OPS)
		die("a link is of type %u, not struct_ops", info.type);
	return info;
}

#define LINK_ROW "%-13s%6u%11llu  %s"

void links_header(void)
{
	note("%-6s%-13s%6s%11s  %s", "link", "policy", "map", "cgroup id", "path");
}

void claim_link(const struct bpf_link *link, const struct bpf_map *policy,
		const struct cgroup *cg)
{
	struct bpf_link_info info = link_info(link);
	char label[16], name[16], path[64], seen[128], expected[128];

	map_name_of(info.struct_ops.map_id, name, sizeof(name));
	cgroup_path_of(info.struct_ops.cgroup_id, path, sizeof(path));
	text(label, "%-6u", info.id);
	text(seen, LINK_ROW, name, info.struct_ops.map_id, info.struct_ops.cgroup_id, path);
	text(expected, LINK_ROW, bpf_map__name(policy), map_id_of(policy), cg->id, cg->path);
	claim(label, seen, expected);
}

void claim_link_state(const struct bpf_link *link, int ms, const char *expected)
{
	struct pollfd p = { .fd = bpf_link__fd(link) };
	struct bpf_link_info info;
	char label[32], seen[64];

	poll(&p, 1, ms);
	info = link_info(link);
	text(label, "link %-12u", info.id);
	text(seen, "%s, map id %s, cgroup id %s", p.revents & POLLHUP ? "hung up" : "open",
	     info.struct_ops.map_id ? "set" : "0", info.struct_ops.cgroup_id ? "set" : "0");
	claim(label, seen, expected);
}

static void query(const struct cgroup *cg, __u32 flags, char *list, size_t size)
{
	__u32 ids[64];
	LIBBPF_OPTS(bpf_prog_query_opts, opts,
		.query_flags = flags,
		.prog_ids = ids,
		.prog_cnt = 64,
		.type_id = tcp_ops_type,
	);
	char name[16];

	if (bpf_prog_query_opts(cg->fd, BPF_STRUCT_OPS, &opts))
		die("cannot query %s: %m", cg->path);
	*list = '\0';
	for (__u32 i = 0; i < opts.prog_cnt; i++) {
		map_name_of(ids[i], name, sizeof(name));
		append(list, size, name);
	}
	if (!*list)
		append(list, size, "-");
}

#define QUERY_ROW "%-25s%s"

void query_header(void)
{
	note("%-17s" QUERY_ROW, "cgroup", "attached", "effective");
}

void claim_query(const struct cgroup *cg, const char *attached, const char *effective)
{
	char label[32], own[64], all[64], seen[160], expected[160];

	query(cg, 0, own, sizeof(own));
	query(cg, BPF_F_QUERY_EFFECTIVE, all, sizeof(all));
	text(label, "%-17s", cg->path);
	text(seen, QUERY_ROW, own, all);
	text(expected, QUERY_ROW, attached, effective);
	claim(label, seen, expected);
}

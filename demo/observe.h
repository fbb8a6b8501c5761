/* SPDX-License-Identifier: GPL-2.0 */
/* Look at what policies did and at what the kernel says of them; claim it. */
#ifndef DEMO_OBSERVE_H
#define DEMO_OBSERVE_H

#include <bpf/libbpf.h>
#include "demo.h"
#include "policy.h"

/* @events is the ring buffer that the policies fill. */
void observe_calls(const struct bpf_map *events);
/* @type_id is what the kernel is asked for: the BTF id of struct bpf_tcp_ops. */
void observe_type(__u32 type_id);

/*
 * Talk over IPv4 and IPv6 in @cg, wait until all sockets are closed, and claim
 * that client and server were seen by the policies in @order and look like @e.
 * The calls of the last talk stay for the functions below.
 */
void claim_connections(const struct cgroup *cg, const char *order, const struct endpoint *e);
void connections_header(void);

/* The same for one socket; for callers that make their own. */
void claim_socket(const struct cgroup *cg, const char *socket, enum hook hook,
		  const struct endpoint *seen, const char *order, const struct endpoint *e);
void forget_calls(void);
void collect_calls(void);

/* Talk once more, and claim what baseline saw of each socket. */
void claim_lives(const struct cgroup *cg, int family);

/* The link, by its info: it must be of @policy on @cg. */
void claim_link(const struct bpf_link *link, const struct bpf_map *policy,
		const struct cgroup *cg);
void links_header(void);

/* Wait for the link to hang up, at most @ms; then its state in words. */
void claim_link_state(const struct bpf_link *link, int ms, const char *expected);

/* BPF_PROG_QUERY, both ways. */
void claim_query(const struct cgroup *cg, const char *attached, const char *effective);
void query_header(void);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * TCP policies for cgroups.
 *
 * A policy is a `struct bpf_tcp_ops`: callbacks that TCP makes for each socket
 * of the cgroups that the policy is attached to, and of those below.  Every
 * callback is optional.  To write your own, start from `interactive`.
 *
 * The socket is locked while a callback here runs, so bpf_setsockopt() may be
 * used in all of them.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "policy.h"
#include "trace.bpf.h"

/* vmlinux.h has the kernel's types, but no macros. */
#define AF_INET6		10
#define SOL_IP			0
#define IP_TOS			1
#define SOL_TCP			6
#define TCP_CONGESTION		13
#define TCP_USER_TIMEOUT	18
#define TCP_NOTSENT_LOWAT	25
#define SOL_IPV6		41
#define IPV6_TCLASS		67

char LICENSE[] SEC("license") = "GPL";

static void set(struct sock *sk, int level, int option, int value)
{
	bpf_setsockopt(sk, level, option, &value, sizeof(value));
}

/*
 * baseline: watches, and changes nothing.  Counts what TCP does in each cgroup.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);		/* cgroup id */
	__type(value, struct stats);
} stats SEC(".maps");

static struct stats *stats_of(struct sock *sk)
{
	__u64 id = sk->sk_cgrp_data.cgroup->kn->id;
	struct stats zero = {};

	bpf_map_update_elem(&stats, &id, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&stats, &id);
}

SEC("struct_ops")
void BPF_PROG(baseline_connect, struct sock *sk)
{
	struct stats *s = stats_of(sk);

	trace(BASELINE, CONNECT, sk, 0);
	if (s)
		__sync_fetch_and_add(&s->connects, 1);
}

SEC("struct_ops")
void BPF_PROG(baseline_listen, struct sock *sk)
{
	struct stats *s = stats_of(sk);

	trace(BASELINE, LISTEN, sk, 0);
	if (s)
		__sync_fetch_and_add(&s->listens, 1);
}

SEC("struct_ops")
void BPF_PROG(baseline_set_state, struct sock *sk, int state)
{
	struct stats *s = stats_of(sk);

	trace(BASELINE, SET_STATE, sk, state);
	if (s)
		__sync_fetch_and_add(&s->state_changes, 1);
}

SEC("struct_ops")
void BPF_PROG(baseline_rtt, struct sock *sk, long mrtt, __u32 srtt)
{
	struct stats *s = stats_of(sk);

	trace(BASELINE, RTT, sk, srtt >> 3);	/* TCP keeps it times 8 */
	if (!s)
		return;
	/* A race between two sockets can lose a minimum; good enough here. */
	if (!__sync_fetch_and_add(&s->rtt_samples, 1) || mrtt < s->rtt_min_us)
		s->rtt_min_us = mrtt;
}

SEC(".struct_ops.link")
struct bpf_tcp_ops baseline = {
	.connect = (void *)baseline_connect,
	.listen = (void *)baseline_listen,
	.set_state = (void *)baseline_set_state,
	.rtt = (void *)baseline_rtt,
};

/*
 * bulk: backups and the like.  Chooses the congestion control: in connect for
 * clients, in listen for servers, whose accepted sockets inherit it.
 */
static void make_bulk(struct sock *sk)
{
	char name[] = "reno";

	bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, name, sizeof(name));
}

SEC("struct_ops")
void BPF_PROG(bulk_connect, struct sock *sk)
{
	trace(BULK, CONNECT, sk, 0);
	make_bulk(sk);
}

SEC("struct_ops")
void BPF_PROG(bulk_listen, struct sock *sk)
{
	trace(BULK, LISTEN, sk, 0);
	make_bulk(sk);
}

SEC(".struct_ops.link")
struct bpf_tcp_ops bulk = {
	.connect = (void *)bulk_connect,
	.listen = (void *)bulk_listen,
};

/*
 * interactive: little data queued in the kernel, packets marked AF21 (low-
 * latency data), and a dead peer noticed after 5 s.
 */
static void make_interactive(struct sock *sk)
{
	set(sk, SOL_TCP, TCP_NOTSENT_LOWAT, 16 * 1024);
	set(sk, SOL_TCP, TCP_USER_TIMEOUT, 5 * 1000);
	if (sk->__sk_common.skc_family == AF_INET6)
		set(sk, SOL_IPV6, IPV6_TCLASS, 18 << 2);
	else
		set(sk, SOL_IP, IP_TOS, 18 << 2);
}

SEC("struct_ops")
void BPF_PROG(interactive_connect, struct sock *sk)
{
	trace(INTERACTIVE, CONNECT, sk, 0);
	make_interactive(sk);
}

SEC("struct_ops")
void BPF_PROG(interactive_listen, struct sock *sk)
{
	trace(INTERACTIVE, LISTEN, sk, 0);
	make_interactive(sk);
}

SEC(".struct_ops.link")
struct bpf_tcp_ops interactive = {
	.connect = (void *)interactive_connect,
	.listen = (void *)interactive_listen,
};

/*
 * timeout30 and timeout60: the same for everybody on a host.  Does it overrule
 * what a cgroup below has chosen?  That depends on where it is attached, and how.
 */
SEC("struct_ops")
void BPF_PROG(timeout30_connect, struct sock *sk)
{
	trace(TIMEOUT30, CONNECT, sk, 0);
	set(sk, SOL_TCP, TCP_USER_TIMEOUT, 30 * 1000);
}

SEC("struct_ops")
void BPF_PROG(timeout30_listen, struct sock *sk)
{
	trace(TIMEOUT30, LISTEN, sk, 0);
	set(sk, SOL_TCP, TCP_USER_TIMEOUT, 30 * 1000);
}

SEC(".struct_ops.link")
struct bpf_tcp_ops timeout30 = {
	.connect = (void *)timeout30_connect,
	.listen = (void *)timeout30_listen,
};

SEC("struct_ops")
void BPF_PROG(timeout60_connect, struct sock *sk)
{
	trace(TIMEOUT60, CONNECT, sk, 0);
	set(sk, SOL_TCP, TCP_USER_TIMEOUT, 60 * 1000);
}

SEC("struct_ops")
void BPF_PROG(timeout60_listen, struct sock *sk)
{
	trace(TIMEOUT60, LISTEN, sk, 0);
	set(sk, SOL_TCP, TCP_USER_TIMEOUT, 60 * 1000);
}

SEC(".struct_ops.link")
struct bpf_tcp_ops timeout60 = {
	.connect = (void *)timeout60_connect,
	.listen = (void *)timeout60_listen,
};

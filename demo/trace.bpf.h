/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the demo knows what ran: each policy says trace(me, hook, sk, arg) first
 * and the user side reads the calls back in order.  A policy of your own does
 * not need this file.
 */
#ifndef DEMO_TRACE_BPF_H
#define DEMO_TRACE_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

static void trace(enum policy policy, enum hook hook, struct sock *sk, __u32 arg)
{
	struct event event = {
		.policy = policy,
		.hook = hook,
		.port = sk->__sk_common.skc_num,
		.peer = bpf_ntohs(sk->__sk_common.skc_dport),
		.state = sk->__sk_common.skc_state,
		.arg = arg,
	};

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

#endif

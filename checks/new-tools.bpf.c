// SPDX-License-Identifier: GPL-2.0
/* What checks/new-tools loads on a kernel without the series. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

int connects;

SEC("cgroup/connect4")
int new_connect(struct bpf_sock_addr *ctx)
{
	connects++;
	return 1;
}

SEC("cgroup_skb/egress")
int new_egress(struct __sk_buff *skb)
{
	return 1;
}

SEC("?struct_ops")
__u32 BPF_PROG(new_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("?struct_ops")
__u32 BPF_PROG(new_undo_cwnd, struct sock *sk)
{
	return 2;
}

SEC("?struct_ops")
void BPF_PROG(new_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("?struct_ops")
void BPF_PROG(new_listen, struct sock *sk)
{
}

SEC("?.struct_ops.link")
struct tcp_congestion_ops new_cc = {
	.ssthresh = (void *)new_ssthresh,
	.undo_cwnd = (void *)new_undo_cwnd,
	.cong_avoid = (void *)new_cong_avoid,
	.name = "bpf_new_cc",
};

SEC("?.struct_ops.link")
struct bpf_tcp_ops new_policy = {
	.listen = (void *)new_listen,
};

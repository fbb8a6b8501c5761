// SPDX-License-Identifier: GPL-2.0
/* What checks/old-tools loads: programs of cgroups, congestion controls, and a
 * struct_ops map for cgroups, all compiled with the headers of an older libbpf.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define OPTION_KIND	0xfd
#define OPTION_MAGIC	0xeb9f

int connects, packets, established, written, parsed;
int listens;
int avoided;

SEC("cgroup/connect4")
int old_connect(struct bpf_sock_addr *ctx)
{
	connects++;
	return 1;
}

SEC("cgroup_skb/egress")
int old_egress(struct __sk_buff *skb)
{
	packets++;
	return 1;
}

/* A header option of 4 bytes; its helpers have another prototype now. */
SEC("sockops")
int old_sockops(struct bpf_sock_ops *ctx)
{
	__u8 option[4] = { OPTION_KIND, sizeof(option), OPTION_MAGIC >> 8, OPTION_MAGIC & 0xff };

	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags |
					  BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG |
					  BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		established++;
		break;
	case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
		bpf_reserve_hdr_opt(ctx, sizeof(option), 0);
		break;
	case BPF_SOCK_OPS_WRITE_HDR_OPT_CB:
		if (!bpf_store_hdr_opt(ctx, option, sizeof(option), 0))
			written++;
		break;
	case BPF_SOCK_OPS_PARSE_HDR_OPT_CB:
		if (bpf_load_hdr_opt(ctx, option, sizeof(option), 0) == sizeof(option))
			parsed++;
		break;
	}
	return 1;
}

SEC("struct_ops")
__u32 BPF_PROG(old_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops")
__u32 BPF_PROG(old_undo_cwnd, struct sock *sk)
{
	return 2;
}

SEC("struct_ops")
void BPF_PROG(old_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	avoided++;
}

SEC("struct_ops")
void BPF_PROG(old_listen, struct sock *sk)
{
	listens++;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops old_cc = {
	.ssthresh = (void *)old_ssthresh,
	.undo_cwnd = (void *)old_undo_cwnd,
	.cong_avoid = (void *)old_cong_avoid,
	.name = "bpf_old_cc",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops old_cc_next = {
	.ssthresh = (void *)old_ssthresh,
	.undo_cwnd = (void *)old_undo_cwnd,
	.cong_avoid = (void *)old_cong_avoid,
	.name = "bpf_old_cc",
};

SEC(".struct_ops")
struct tcp_congestion_ops old_cc_nolink = {
	.ssthresh = (void *)old_ssthresh,
	.undo_cwnd = (void *)old_undo_cwnd,
	.cong_avoid = (void *)old_cong_avoid,
	.name = "bpf_old_nolink",
};

SEC(".struct_ops.link")
struct bpf_tcp_ops old_policy = {
	.listen = (void *)old_listen,
};

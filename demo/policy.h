/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF side tells the user side. */
#ifndef DEMO_POLICY_H
#define DEMO_POLICY_H

enum policy { BASELINE, BULK, INTERACTIVE, TIMEOUT30, TIMEOUT60 };
enum hook { CONNECT, LISTEN, SET_STATE, RTT };

/* What baseline counts for one cgroup. */
struct stats {
	__u32 connects;
	__u32 listens;
	__u32 state_changes;
	__u32 rtt_samples;
	__u32 rtt_min_us;
};

/* One call of one policy, in the order in which the calls were made. */
struct event {
	__u32 policy;		/* enum policy */
	__u32 hook;		/* enum hook */
	__u16 port;		/* of the socket, */
	__u16 peer;		/* and of its peer (0 in a listener) */
	__u32 state;		/* the state that the socket is in */
	__u32 arg;		/* set_state: the state to come; rtt: srtt in us */
};

#endif

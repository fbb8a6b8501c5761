// SPDX-License-Identifier: GPL-2.0
/*
 * TCP policies on cgroups: what they see, in which order, how they come and go.
 *
 * Real servers and clients run in each cgroup.  A line marked `ok` compares what
 * was seen - the calls that the policies had, what getsockopt() says of their
 * sockets, what the kernel says of the links - with what has to be.  The policies
 * are in policy.bpf.c; main() below is the table of contents.
 *
 * With an argument: attaches four of them and has a shell run that.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "observe.h"
#include "policy.skel.h"

static struct policy_bpf *skel;
static struct cgroup demo, backup, job, shell, web;
static struct bpf_link *on_demo, *on_backup, *on_shell, *limit;

/* What the sockets of a cgroup look like under its policy. */
static const struct endpoint untouched = { .cc = "cubic" };
static const struct endpoint as_bulk = { .cc = "reno" };
static const struct endpoint as_interactive = {
	.cc = "cubic", .unsent = 16384, .timeout = 5000, .dscp = 18,
};

static struct endpoint with_timeout(struct endpoint e, int seconds)
{
	e.timeout = seconds * 1000;
	return e;
}

/* This is all it takes to attach a policy. */
static struct bpf_link *attach(const struct bpf_map *policy, const struct cgroup *cg,
			       const struct bpf_cgroup_opts *opts)
{
	struct bpf_link *link = bpf_map__attach_cgroup_opts(policy, cg->fd, opts);

	if (!link)
		die("cannot attach %s to %s: %m", bpf_map__name(policy), cg->path);
	return link;
}

static void introduce(void)
{
	struct utsname uts;

	uname(&uts);
	printf("TCP policies on cgroups, Linux %s\n\n", uts.release);
	note("%-15s%-17s%s", "policy", "callbacks", "what it does");
	note("%-15s%-17s%s", "baseline", "all four", "counts, and changes nothing");
	note("%-15s%-17s%s", "bulk", "connect, listen", "congestion control reno");
	note("%-15s%-17s%s", "interactive", "connect, listen",
	     "little unsent data, timeout 5 s, DSCP 18 (AF21)");
	note("%-15s%-17s%s", "timeout30, 60", "connect, listen", "timeout 30 s, 60 s");
	putchar('\n');
	note("cc is TCP_CONGESTION, unsent TCP_NOTSENT_LOWAT, timeout TCP_USER_TIMEOUT;");
	note("4+6: over IPv4 and over IPv6 alike.");
}

static void nothing_attached(void)
{
	title("Nothing is attached");
	connections_header();
	claim_connections(&backup, "nobody", &untouched);
	claim_connections(&shell, "nobody", &untouched);
	claim_connections(&web, "nobody", &untouched);
}

static void attach_three(void)
{
	title("One policy on the parent, two on children: what the kernel says of them");
	on_demo = attach(skel->maps.baseline, &demo, NULL);
	on_backup = attach(skel->maps.bulk, &backup, NULL);
	on_shell = attach(skel->maps.interactive, &shell, NULL);

	links_header();
	claim_link(on_demo, skel->maps.baseline, &demo);
	claim_link(on_backup, skel->maps.bulk, &backup);
	claim_link(on_shell, skel->maps.interactive, &shell);
	query_header();
	claim_query(&demo, "baseline", "baseline");
	claim_query(&backup, "bulk", "bulk > baseline");
	claim_query(&shell, "interactive", "interactive > baseline");
	claim_query(&web, "-", "baseline");
}

static void connect_in_each(void)
{
	title("Connections: the policy of the cgroup runs first, then that of its parent");
	connections_header();
	claim_connections(&backup, "bulk > baseline", &as_bulk);
	claim_connections(&shell, "interactive > baseline", &as_interactive);
	claim_connections(&web, "baseline", &untouched);
}

static void claim_stats(const struct cgroup *cg)
{
	char label[32], seen[64], rtt[32] = "none";
	struct stats s = {};

	bpf_map__lookup_elem(skel->maps.stats, &cg->id, sizeof(cg->id), &s, sizeof(s), 0);
	if (s.rtt_samples)
		text(rtt, "%u us", s.rtt_min_us);
	text(label, "%-17s%12s  ", cg->path, rtt);
	text(seen, "%8u%9u%15u%13s", s.connects, s.listens, s.state_changes,
	     s.rtt_samples >= 8 ? "8 or more" : "fewer than 8");
	claim(label, seen, "       2        2             20    8 or more");
}

static void read_counters(void)
{
	/* 10 changes: client 5, server 4, listener 1.  RTT: 2 samples at each end. */
	title("What baseline counted: one connection over IPv4, one over IPv6 in each");
	note("%-17s%12s  %8s%9s%15s%13s", "cgroup", "smallest RTT", "connects", "listens",
	     "state changes", "RTT samples");
	claim_stats(&backup);
	claim_stats(&shell);
	claim_stats(&web);
}

static void follow_one(void)
{
	title("One connection, from listen(2) to the end, as baseline saw it");
	claim_lives(&backup, AF_INET6);
}

static void make_cgroup_later(void)
{
	title("A cgroup that is created later inherits");
	job = cgroup_make("/demo/backup/job");
	query_header();
	claim_query(&job, "-", "bulk > baseline");
	connections_header();
	claim_connections(&job, "bulk > baseline", &as_bulk);
}

static void limit_everybody(void)
{
	struct endpoint shell_30s = with_timeout(as_interactive, 30);
	struct endpoint web_30s = with_timeout(untouched, 30);
	LIBBPF_OPTS(bpf_cgroup_opts, before_baseline,
		.flags = BPF_F_BEFORE | BPF_F_LINK,
		.relative_fd = bpf_link__fd(on_demo),
	);

	title("A second policy on the parent, before baseline: parents have the last word");
	limit = attach(skel->maps.timeout30, &demo, &before_baseline);
	query_header();
	claim_query(&demo, "timeout30 > baseline", "timeout30 > baseline");
	claim_query(&shell, "interactive", "interactive > timeout30 > baseline");
	connections_header();
	claim_connections(&shell, "interactive > timeout30 > baseline", &shell_30s);
	claim_connections(&web, "timeout30 > baseline", &web_30s);
}

static void replace_limit(void)
{
	struct endpoint shell_60s = with_timeout(as_interactive, 60);
	struct endpoint web_60s = with_timeout(untouched, 60);

	title("Replacing it: the place is kept, and everything below gets the new one at once");
	if (bpf_link__update_map(limit, skel->maps.timeout60))
		die("cannot replace timeout30: %m");
	links_header();
	claim_link(limit, skel->maps.timeout60, &demo);
	query_header();
	claim_query(&demo, "timeout60 > baseline", "timeout60 > baseline");
	claim_query(&shell, "interactive", "interactive > timeout60 > baseline");
	claim_query(&job, "-", "bulk > timeout60 > baseline");
	connections_header();
	claim_connections(&shell, "interactive > timeout60 > baseline", &shell_60s);
	claim_connections(&web, "timeout60 > baseline", &web_60s);
}

static void limit_as_default(void)
{
	struct endpoint web_30s = with_timeout(untouched, 30);
	LIBBPF_OPTS(bpf_cgroup_opts, preorder, .flags = BPF_F_PREORDER);

	title("With BPF_F_PREORDER the parent's runs first: a default, which children overrule");
	bpf_link__destroy(limit);
	limit = attach(skel->maps.timeout30, &demo, &preorder);
	query_header();
	claim_query(&demo, "baseline > timeout30", "timeout30 > baseline");
	claim_query(&shell, "interactive", "timeout30 > interactive > baseline");
	connections_header();
	claim_connections(&shell, "timeout30 > interactive > baseline", &as_interactive);
	claim_connections(&web, "timeout30 > baseline", &web_30s);
}

static void detach_two(void)
{
	title("Detaching: timeout30 by closing its link, bulk by bpf_link__detach()");
	claim_link_state(on_backup, 0, "open, map id set, cgroup id set");
	bpf_link__destroy(limit);
	if (bpf_link__detach(on_backup))
		die("cannot detach bulk: %m");
	claim_link_state(on_backup, 0, "hung up, map id 0, cgroup id 0");
	query_header();
	claim_query(&demo, "baseline", "baseline");
	claim_query(&backup, "-", "baseline");
	claim_query(&job, "-", "baseline");
	connections_header();
	claim_connections(&backup, "baseline", &untouched);
	claim_connections(&job, "baseline", &untouched);
	claim_connections(&shell, "interactive > baseline", &as_interactive);
}

/* bpf_map__set_attach_cgroup() takes the place of attach(). */
static void attach_skeleton(void)
{
	struct bpf_map *const not[] = {
		skel->maps.baseline, skel->maps.interactive, skel->maps.timeout60,
	};
	LIBBPF_OPTS(bpf_cgroup_opts, preorder, .flags = BPF_F_PREORDER);
	struct endpoint bulk_30s = with_timeout(as_bulk, 30);

	title("Two policies, two cgroups: the skeleton attaches and detaches them in one call");
	for (size_t i = 0; i < sizeof(not) / sizeof(*not); i++)
		bpf_map__set_autoattach(not[i], false);
	if (bpf_map__set_attach_cgroup(skel->maps.bulk, backup.fd, NULL) ||
	    bpf_map__set_attach_cgroup(skel->maps.timeout30, demo.fd, &preorder) ||
	    policy_bpf__attach(skel))
		die("cannot attach the skeleton: %m");
	links_header();
	claim_link(skel->links.bulk, skel->maps.bulk, &backup);
	claim_link(skel->links.timeout30, skel->maps.timeout30, &demo);
	query_header();
	claim_query(&demo, "baseline > timeout30", "timeout30 > baseline");
	claim_query(&backup, "bulk", "timeout30 > bulk > baseline");
	connections_header();
	claim_connections(&backup, "timeout30 > bulk > baseline", &bulk_30s);

	policy_bpf__detach(skel);
	query_header();
	claim_query(&demo, "baseline", "baseline");
	claim_query(&backup, "-", "baseline");
}

static void remove_cgroup(void)
{
	struct cgroup root = cgroup_open("");
	struct endpoint client;
	int socket, listener;
	__u16 port;

	title("Removing a cgroup: its last socket keeps the policy, then the link hangs up");
	cgroup_join(&shell);
	socket = net_socket(AF_INET, &port);
	cgroup_join(&root);
	listener = net_socket(AF_INET, &port);
	net_listen(listener);
	if (cgroup_remove(shell.path))
		die("cannot remove %s: %m", shell.path);
	claim_link_state(on_shell, 0, "open, map id set, cgroup id set");

	forget_calls();
	net_connect(socket, AF_INET, port);
	net_inspect(socket, AF_INET, &client);
	collect_calls();
	connections_header();
	claim_socket(&shell, "client IPv4", CONNECT, &client,
		     "interactive > baseline", &as_interactive);

	close(socket);
	close(listener);
	claim_link_state(on_shell, 10 * 1000, "hung up, map id 0, cgroup id 0");
}

static void remove_cgroups(void)
{
	static const char *const paths[] = {
		"/demo/backup/job", "/demo/backup", "/demo/shell", "/demo/web", "/demo",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		cgroup_remove(paths[i]);
}

static pid_t main_pid;

static void clean_up(void)
{
	if (getpid() != main_pid)
		return;
	policy_bpf__destroy(skel);
	remove_cgroups();
}

static void find_type(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	if (!btf)
		die("no BTF of the running kernel: %m");
	id = btf__find_by_name_kind(btf, "bpf_tcp_ops", BTF_KIND_STRUCT);
	if (id < 0)
		die("the running kernel has no struct bpf_tcp_ops: boot one built with the series");
	observe_type(id);
	btf__free(btf);
}

static void set_up(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	find_type();
	cgroup_check_mount();
	net_enter();
	remove_cgroups();	/* of a run that was killed */
	main_pid = getpid();
	atexit(clean_up);
	demo = cgroup_make("/demo");
	backup = cgroup_make("/demo/backup");
	shell = cgroup_make("/demo/shell");
	web = cgroup_make("/demo/web");
	skel = policy_bpf__open_and_load();
	if (!skel)
		die("cannot load the policies: %m");
	observe_calls(skel->maps.events);
}

/* To look at attached policies: a shell runs LINE in place of the steps below. */
static int run_with_policies(const char *line)
{
	LIBBPF_OPTS(bpf_cgroup_opts, preorder, .flags = BPF_F_PREORDER);

	attach(skel->maps.baseline, &demo, NULL);
	attach(skel->maps.timeout30, &demo, &preorder);
	attach(skel->maps.bulk, &backup, NULL);
	attach(skel->maps.interactive, &shell, NULL);
	return system(line) != 0;
}

int main(int argc, char **argv)
{
	set_up();
	if (argc > 1)
		return run_with_policies(argv[1]);
	introduce();
	nothing_attached();
	attach_three();
	connect_in_each();
	read_counters();
	follow_one();
	make_cgroup_later();
	limit_everybody();
	replace_limit();
	limit_as_default();
	detach_two();
	attach_skeleton();
	remove_cgroup();
	return report();
}

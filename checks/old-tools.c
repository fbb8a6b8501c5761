// SPDX-License-Identifier: GPL-2.0
/* Usage: old-libbpf CGROUP BPFFS-DIR HOOK
 *
 * For checks/old-tools: what a program does that was linked with an older libbpf
 * and compiled with its headers and those of an older kernel.  CGROUP has a child
 * "child".  "HOOK before" is run when only programs are attached to CGROUP, and
 * "HOOK after" when struct_ops maps are, too; links are pinned in BPFFS-DIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "claim.h"
#include "old-tools.skel.h"

#define end_of(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

static struct old_tools *skel;
static const char *dir;
static int cgroup, child;

static void die(const char *what)
{
	printf("old-libbpf: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* A connection over loopback: both ends are of this process' cgroup. */
static void make_connection(const char *cc)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener, client, server;
	char c[16] = "x";

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (cc && setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc)))
		die("TCP_CONGESTION");
	if (bind(listener, (void *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (void *)&addr, &len))
		die("listen");
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, (void *)&addr, len))
		die("connect");
	server = accept(listener, NULL, NULL);
	for (int i = 0; i < 4; i++)
		if (write(server, c, 1) != 1 || read(client, c, 1) != 1 ||
		    write(client, c, 1) != 1 || read(server, c, 1) != 1)
			die("transfer");
	if (cc) {
		len = sizeof(c);
		claim("a socket has the congestion control",
		      getsockopt(server, IPPROTO_TCP, TCP_CONGESTION, c, &len) ?: strcmp(c, cc), 0);
	}
	close(client);
	close(server);
	close(listener);
}

static void claim_programs_run(void)
{
	struct old_tools__bss *bss = skel->bss;

	bss->connects = bss->packets = bss->established = bss->written = bss->parsed = 0;
	make_connection(NULL);
	claim("connect4 has run", bss->connects, 1);
	claim("egress has run", bss->packets > 4, 1);
	claim("sock_ops saw both ends established", bss->established, 2);
	claim("sock_ops wrote header options", bss->written > 4, 1);
	claim("sock_ops parsed header options", bss->parsed > 4, 1);
}

/* Number of programs, -1 if they are not just PROG. */
static int query(int fd, enum bpf_attach_type type, __u32 flags, const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .query_flags = flags);
	struct bpf_prog_info info = {};
	__u32 ids[64], prog_flags[64], len = sizeof(info);

	opts.prog_ids = ids;
	opts.prog_cnt = 64;
	if (!(flags & BPF_F_QUERY_EFFECTIVE))
		opts.prog_attach_flags = prog_flags;
	if (bpf_prog_query_opts(fd, type, &opts))
		return -errno;
	if (bpf_prog_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return -errno;
	for (__u32 i = 0; i < opts.prog_cnt; i++)
		if (ids[i] != info.id)
			return -1;
	return opts.prog_cnt;
}

/* The first version of the command knew nothing behind prog_cnt. */
static int short_query(enum bpf_attach_type type)
{
	union bpf_attr attr = {};
	__u32 ids[64] = {};

	attr.query.target_fd = cgroup;
	attr.query.attach_type = type;
	attr.query.prog_ids = (unsigned long)ids;
	attr.query.prog_cnt = 64;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, end_of(union bpf_attr, query.prog_cnt)))
		return -errno;
	return attr.query.prog_cnt;
}

static void claim_queries(void)
{
	claim("query: one connect4",
	      query(cgroup, BPF_CGROUP_INET4_CONNECT, 0, skel->progs.old_connect), 1);
	claim("query: one sock_ops",
	      query(cgroup, BPF_CGROUP_SOCK_OPS, 0, skel->progs.old_sockops), 1);
	claim("query of the child: nothing attached",
	      query(child, BPF_CGROUP_SOCK_OPS, 0, skel->progs.old_sockops), 0);
	claim("query of the child: one effective",
	      query(child, BPF_CGROUP_SOCK_OPS, BPF_F_QUERY_EFFECTIVE, skel->progs.old_sockops), 1);
	claim("query with the attributes of Linux 4.15",
	      short_query(BPF_CGROUP_INET4_CONNECT), 1);
	claim("query for struct_ops, which has no type: ENOENT",
	      query(cgroup, BPF_STRUCT_OPS, 0, skel->progs.old_connect), -ENOENT);
}

static struct bpf_link *attach(const struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach_cgroup(prog, cgroup);

	claim("a program is attached by a link", !link, 0);
	if (!link)
		exit(1);
	return link;
}

static void programs(void)
{
	int fd = bpf_program__fd(skel->progs.old_egress);

	skel->links.old_connect = attach(skel->progs.old_connect);
	skel->links.old_sockops = attach(skel->progs.old_sockops);
	claim("its link takes another program",
	      bpf_link__update_program(skel->links.old_sockops, skel->progs.old_sockops), 0);
	claim("egress is attached without link",
	      bpf_prog_attach(fd, cgroup, BPF_CGROUP_INET_EGRESS, BPF_F_ALLOW_MULTI), 0);
	claim("it is detached", bpf_prog_detach2(fd, cgroup, BPF_CGROUP_INET_EGRESS), 0);
	claim("and attached again",
	      bpf_prog_attach(fd, cgroup, BPF_CGROUP_INET_EGRESS, BPF_F_ALLOW_MULTI), 0);
	claim_queries();
	claim_programs_run();
}

static __u32 link_map_id(int fd)
{
	struct bpf_link_info info = {};
	/* as long as that was when struct_ops links came */
	__u32 len = end_of(struct bpf_link_info, struct_ops.map_id);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return info.type == BPF_LINK_TYPE_STRUCT_OPS ? info.struct_ops.map_id : 0;
}

static __u32 map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_map_get_info_by_fd(bpf_map__fd(map), &info, &len))
		return 0;
	return info.id;
}

static void congestion_controls(void)
{
	struct bpf_link *link;

	link = bpf_map__attach_struct_ops(skel->maps.old_cc);
	claim("a congestion control is attached", !link, 0);
	if (!link)
		return;
	skel->bss->avoided = 0;
	make_connection("bpf_old_cc");
	claim("it has run", skel->bss->avoided > 0, 1);
	claim("its link names the map", link_map_id(bpf_link__fd(link)), map_id(skel->maps.old_cc));
	claim("its link takes another map", bpf_link__update_map(link, skel->maps.old_cc_next), 0);
	claim("its link names that one", link_map_id(bpf_link__fd(link)),
	      map_id(skel->maps.old_cc_next));
	claim("its link is pinned", bpf_link__pin(link, in_dir("cc")), 0);
	bpf_link__destroy(link);

	link = bpf_map__attach_struct_ops(skel->maps.old_cc_nolink);
	claim("one without link is attached", !link, 0);
	if (!link)
		return;
	make_connection("bpf_old_nolink");
	claim("one without link is detached", bpf_link__destroy(link), 0);
}

static void maps(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, preorder, .flags = (1U << 6) /* BPF_F_PREORDER */);
	int map = bpf_map__fd(skel->maps.old_policy), link;
	libbpf_print_fn_t print;
	struct bpf_link *none;

	congestion_controls();

	/* Writes the value of the map, and has no way to name a cgroup. */
	print = libbpf_set_print(quiet);
	none = bpf_map__attach_struct_ops(skel->maps.old_policy);
	claim("a map for cgroups is not attached without one: EBADF", none ? 0 : errno, EBADF);
	bpf_map__set_autoattach(skel->maps.old_cc, false);
	bpf_map__set_autoattach(skel->maps.old_cc_next, false);
	bpf_map__set_autoattach(skel->maps.old_cc_nolink, false);
	claim("nor by a skeleton", old_tools__attach(skel), -EBADF);
	libbpf_set_print(print);

	link = bpf_link_create(map, cgroup, BPF_STRUCT_OPS, NULL);
	claim("it is by bpf_link_create()", link < 0, 0);
	claim("its link names the map", link_map_id(link), map_id(skel->maps.old_policy));
	claim("its link is pinned", bpf_obj_pin(link, in_dir("policy")), 0);
	close(link);
	link = bpf_link_create(map, child, BPF_STRUCT_OPS, &preorder);
	claim("its link in the child is pinned", bpf_obj_pin(link, in_dir("policy-child")), 0);
	close(link);

	skel->bss->listens = 0;
	claim_queries();
	claim_programs_run();
	claim("the map's program has run", skel->bss->listens, 1);
}

static void hook(const char *command, const char *when)
{
	char line[4096];

	snprintf(line, sizeof(line), "%s %s", command, when);
	claim(line, system(line), 0);
}

int main(int argc, char **argv)
{
	char path[4096];
	FILE *procs;

	if (argc != 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	dir = argv[2];
	cgroup = open(argv[1], O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/child", argv[1]);
	child = open(path, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/cgroup.procs", argv[1]);
	procs = fopen(path, "w");
	if (cgroup < 0 || child < 0 || !procs || fputs("0", procs) < 0 || fclose(procs))
		die(argv[1]);

	printf("libbpf %s\n", libbpf_version_string());
	skel = old_tools__open_and_load();
	claim("the object loads", !skel, 0);
	if (!skel)
		return 1;
	programs();
	hook(argv[3], "before");
	maps();
	hook(argv[3], "after");
	old_tools__destroy(skel);
	return failures != 0;
}

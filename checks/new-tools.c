// SPDX-License-Identifier: GPL-2.0
/* Usage: new-libbpf CGROUP MAP HOOK
 *
 * For checks/new-tools: what a program that was linked with the libbpf of the
 * series does on a kernel without it.  HOOK is run while cgroup programs are
 * attached to CGROUP, and a congestion control that a link could register is
 * pinned as MAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "claim.h"
#include "new-tools.skel.h"

static int cgroup;
static char said[65536];	/* libbpf's warnings since open_skel() */

static int record(enum libbpf_print_level level, const char *fmt, va_list args)
{
	size_t len = strlen(said);

	if (level != LIBBPF_WARN)
		return 0;
	return vsnprintf(said + len, sizeof(said) - len, fmt, args);
}

static void claim_said(const char *text)
{
	if (strstr(said, text)) {
		printf("  ok    and says: %s\n", text);
		return;
	}
	failures++;
	printf("  WRONG it does not say '%s' but: %s\n", text, said);
}

static struct new_tools *open_skel(bool cc, bool policy)
{
	struct new_tools *skel = new_tools__open();

	if (!skel)
		exit(1);
	said[0] = 0;
	bpf_map__set_autocreate(skel->maps.new_cc, cc);
	bpf_map__set_autocreate(skel->maps.new_policy, policy);
	return skel;
}

static struct new_tools *load_skel(bool cc)
{
	struct new_tools *skel = open_skel(cc, false);

	claim("an object loads without the map for cgroups", new_tools__load(skel), 0);
	return skel;
}

/* Whether the congestion control can be chosen, as errno or 0 */
static int choose(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), err = 0;

	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bpf_new_cc", sizeof("bpf_new_cc") - 1))
		err = errno;
	close(fd);
	return err;
}

static void unknown_type(void)
{
	struct new_tools *skel = open_skel(false, true);

	claim("an object with a map for cgroups does not load: ESRCH",
	      new_tools__load(skel), -ESRCH);
	claim_said("bpf_tcp_ops is not found in kernel BTF");
	new_tools__destroy(skel);
}

/* The kernel would register it for the whole system and call that a success. */
static void attach_to_cgroup(void)
{
	LIBBPF_OPTS(bpf_cgroup_opts, before, .flags = BPF_F_BEFORE);
	struct new_tools *skel = load_skel(true);
	struct bpf_link *link;

	link = bpf_map__attach_cgroup_opts(skel->maps.new_cc, cgroup, NULL);
	claim("bpf_map__attach_cgroup_opts(): EOPNOTSUPP", link ? 0 : errno, EOPNOTSUPP);
	claim_said("map 'new_cc': kernel doesn't support attaching struct_ops maps to cgroups");
	link = bpf_map__attach_cgroup_opts(skel->maps.new_cc, cgroup, &before);
	claim("with flags: EOPNOTSUPP", link ? 0 : errno, EOPNOTSUPP);
	claim("nothing is registered", choose(), ENOENT);
	new_tools__destroy(skel);
}

static void skeleton(void)
{
	struct new_tools *skel = load_skel(true);

	claim("bpf_map__set_attach_cgroup()",
	      bpf_map__set_attach_cgroup(skel->maps.new_cc, cgroup, NULL), 0);
	claim("auto-attach to a cgroup: EOPNOTSUPP", new_tools__attach(skel), -EOPNOTSUPP);
	claim_said("map 'new_cc': kernel doesn't support attaching struct_ops maps to cgroups");
	claim("nothing is registered", choose(), ENOENT);
	new_tools__destroy(skel);
}

static void query_type(void)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .type_id = 1);

	claim("a query for struct_ops: EINVAL",
	      bpf_prog_query_opts(cgroup, BPF_STRUCT_OPS, &opts), -EINVAL);
}

/* What has nothing to do with cgroup struct_ops works as ever. */
static void as_ever(const char *map, const char *hook)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);
	struct new_tools *skel = load_skel(true);
	struct bpf_link *link;

	claim("auto-attach without cgroup", new_tools__attach(skel), 0);
	claim("the congestion control can be chosen", choose(), 0);
	link = bpf_program__attach_cgroup(skel->progs.new_connect, cgroup);
	claim("a program is attached to the cgroup", !link, 0);
	claim("another, without link",
	      bpf_prog_attach(bpf_program__fd(skel->progs.new_egress), cgroup,
			      BPF_CGROUP_INET_EGRESS, BPF_F_ALLOW_MULTI), 0);
	claim("a query for programs",
	      bpf_prog_query_opts(cgroup, BPF_CGROUP_INET4_CONNECT, &opts), 0);
	claim("names one", opts.prog_cnt, 1);
	bpf_link__destroy(skel->links.new_cc);
	skel->links.new_cc = NULL;
	claim("no congestion control after detach", choose(), ENOENT);

	claim("its map is pinned", bpf_obj_pin(bpf_map__fd(skel->maps.new_cc), map), 0);
	claim(hook, system(hook), 0);
	claim("no congestion control", choose(), ENOENT);
	claim("the program is detached by its link", bpf_link__destroy(link), 0);
	new_tools__destroy(skel);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	cgroup = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (cgroup < 0)
		return 1;
	libbpf_set_print(record);

	printf("libbpf %s\n", libbpf_version_string());
	unknown_type();
	attach_to_cgroup();
	skeleton();
	query_type();
	as_ever(argv[2], argv[3]);
	return failures != 0;
}

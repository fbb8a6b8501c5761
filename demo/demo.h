/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the demo that have nothing to do with BPF. */
#ifndef DEMO_H
#define DEMO_H

#include <stddef.h>
#include <linux/types.h>

/* report.c */

void title(const char *text);
/* A line that claims nothing. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line that claims something: it holds if @seen is the text @expected. */
void claim(const char *label, const char *seen, const char *expected);
/* Print the last line and return the exit status. */
int report(void);
/* The demo cannot go on. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* snprintf() to an array. */
#define text(buf, ...) (void)snprintf(buf, sizeof(buf), __VA_ARGS__)

/* cgroup.c */

#define CGROUP_ROOT "/sys/fs/cgroup"

struct cgroup {
	const char *path;	/* below CGROUP_ROOT; "" is the root itself */
	int fd;
	__u64 id;
};

void cgroup_check_mount(void);
struct cgroup cgroup_open(const char *path);
struct cgroup cgroup_make(const char *path);
void cgroup_join(const struct cgroup *cg);
int cgroup_remove(const char *path);
/* The path that the kernel has for an id, below CGROUP_ROOT; "none" without. */
void cgroup_path_of(__u64 id, char *path, size_t size);

/* net.c */

/* What getsockopt() says of a connected socket. */
struct endpoint {
	__u16 port;
	char cc[16];		/* TCP_CONGESTION */
	int unsent;		/* TCP_NOTSENT_LOWAT, bytes */
	int timeout;		/* TCP_USER_TIMEOUT, ms */
	int dscp;		/* from IP_TOS or IPV6_TCLASS */
	__u32 rtt;		/* TCP_INFO, smoothed, us */
};

/* A connection: the client's socket, and the one that the server accepted. */
struct talk {
	struct endpoint client, server;
};

/* Go to a network namespace of our own, with loopback up and cubic the default. */
void net_enter(void);
/* A TCP socket bound to loopback and a free port, which it returns in @port. */
int net_socket(int family, __u16 *port);
void net_listen(int fd);
void net_connect(int fd, int family, __u16 port);
void net_inspect(int fd, int family, struct endpoint *e);
/* A server and a client, two processes in @cg, exchange a request and a reply. */
struct talk net_talk(const struct cgroup *cg, int family);

#endif

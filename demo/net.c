// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "demo.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t loopback(union address *a, int family, __u16 port)
{
	memset(a, 0, sizeof(*a));
	a->any.sa_family = family;
	if (family == AF_INET) {
		a->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a->v4.sin_port = htons(port);
		return sizeof(a->v4);
	}
	a->v6.sin6_addr = in6addr_loopback;
	a->v6.sin6_port = htons(port);
	return sizeof(a->v6);
}

void net_enter(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		die("cannot make a network namespace: %m (run as root)");

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("cannot set up loopback: %m");
	close(fd);
}

static __u16 port_of(int fd)
{
	union address a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len))
		die("getsockname: %m");
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

int net_socket(int family, __u16 *port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union address a;
	socklen_t len = loopback(&a, family, 0);

	if (fd < 0 || bind(fd, &a.any, len))
		die("cannot make a TCP socket: %m");
	/* The default of some kernels is reno, which the policy chooses. */
	if (setsockopt(fd, SOL_TCP, TCP_CONGESTION, "cubic", 5))
		die("cannot choose cubic: %m");
	*port = port_of(fd);
	return fd;
}

void net_listen(int fd)
{
	if (listen(fd, 8))
		die("cannot listen: %m");
}

void net_connect(int fd, int family, __u16 port)
{
	union address a;
	socklen_t len = loopback(&a, family, port);

	if (connect(fd, &a.any, len))
		die("cannot connect to port %d: %m", port);
}

static void option(int fd, int level, int name, void *value, socklen_t len)
{
	if (getsockopt(fd, level, name, value, &len))
		die("getsockopt(%d, %d): %m", level, name);
}

void net_inspect(int fd, int family, struct endpoint *e)
{
	struct tcp_info info = {};
	int tos;

	e->port = port_of(fd);
	option(fd, SOL_TCP, TCP_CONGESTION, e->cc, sizeof(e->cc));
	option(fd, SOL_TCP, TCP_NOTSENT_LOWAT, &e->unsent, sizeof(e->unsent));
	option(fd, SOL_TCP, TCP_USER_TIMEOUT, &e->timeout, sizeof(e->timeout));
	option(fd, SOL_TCP, TCP_INFO, &info, sizeof(info));
	if (family == AF_INET)
		option(fd, SOL_IP, IP_TOS, &tos, sizeof(tos));
	else
		option(fd, SOL_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	e->dscp = tos >> 2;
	e->rtt = info.tcpi_rtt;
}

static void put(int fd)
{
	if (write(fd, "hello", 5) != 5)
		die("cannot send: %m");
}

static void get(int fd)
{
	char buf[5];

	if (recv(fd, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf))
		die("cannot receive: %m");
}

static void serve(int family, int tell_port, struct endpoint *e)
{
	__u16 port;
	int listener = net_socket(family, &port), fd;
	char end;

	net_listen(listener);
	if (write(tell_port, &port, sizeof(port)) != sizeof(port))
		die("cannot tell the port: %m");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		die("cannot accept: %m");
	get(fd);
	put(fd);
	net_inspect(fd, family, e);
	/* The client closes first: each end has one way to go. */
	if (read(fd, &end, 1))
		die("the client did not close: %m");
	close(fd);
	close(listener);
}

static void request(int family, __u16 port, struct endpoint *e)
{
	__u16 own;
	int fd = net_socket(family, &own);

	net_connect(fd, family, port);
	put(fd);
	get(fd);
	net_inspect(fd, family, e);
	close(fd);
}

static pid_t fork_into(const struct cgroup *cg)
{
	pid_t pid = fork();

	if (pid < 0)
		die("cannot fork: %m");
	if (!pid) {
		alarm(20);
		cgroup_join(cg);
	}
	return pid;
}

static void wait_for(pid_t pid, const char *who)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("the %s failed", who);
}

struct talk net_talk(const struct cgroup *cg, int family)
{
	struct talk *shared, talk;
	pid_t server, client;
	int pipefd[2];
	__u16 port;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe2(pipefd, O_CLOEXEC))
		die("cannot share memory or make a pipe: %m");

	server = fork_into(cg);
	if (!server) {
		serve(family, pipefd[1], &shared->server);
		_exit(0);
	}
	close(pipefd[1]);
	if (read(pipefd[0], &port, sizeof(port)) != sizeof(port))
		die("the server does not listen");
	close(pipefd[0]);

	client = fork_into(cg);
	if (!client) {
		request(family, port, &shared->client);
		_exit(0);
	}
	wait_for(client, "client");
	wait_for(server, "server");
	talk = *shared;
	munmap(shared, sizeof(*shared));
	return talk;
}

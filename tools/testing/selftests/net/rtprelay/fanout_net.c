// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces for the tests of SO_RTP_FANOUT.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <linux/ipv6.h>

#include "kselftest.h"
#include "fanout_lib.h"

static int fo_initial = -1;	/* network namespace of before fo_netns() */

void fo_fatal(const char *what)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(errno));
	exit(KSFT_FAIL);
}

void fo_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fo_fatal(path);
	close(fd);
}

/* The relay's sysctls are those of the network namespace that we came from. */
int fo_sysctl_open(const char *name, int flags)
{
	char path[64];
	int back, fd;

	snprintf(path, sizeof(path), "/proc/sys/net/rtp_fanout/%s", name);
	back = fo_enter_initial();
	fd = open(path, flags | O_CLOEXEC);
	fo_leave(back);
	return fd;
}

void fo_sysctl(const char *name, const char *value)
{
	int fd = fo_sysctl_open(name, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fo_fatal(name);
	close(fd);
}

static char fo_backlog_was[32];
static pid_t fo_backlog_owner;

static void fo_backlog_write(const char *value)
{
	int back = fo_enter_initial();

	fo_write("/proc/sys/net/core/netdev_max_backlog", value);
	fo_leave(back);
}

static void fo_backlog_restore(void)
{
	if (getpid() == fo_backlog_owner)
		fo_backlog_write(fo_backlog_was);
}

/* A pair of veth drops what its other end has not taken in time, unless that is
 * very much: then what is lost was lost before. Until the program ends.
 */
static void fo_backlog(void)
{
	int fd, back = fo_enter_initial();
	ssize_t len;

	fd = open("/proc/sys/net/core/netdev_max_backlog", O_RDONLY);
	len = read(fd, fo_backlog_was, sizeof(fo_backlog_was) - 1);
	if (len < 0)
		fo_fatal("netdev_max_backlog");
	close(fd);
	fo_leave(back);
	fo_backlog_owner = getpid();
	atexit(fo_backlog_restore);
	fo_backlog_write("1000000");
}

/* CPU 1 comes back, however the test ends: for atexit() in main(), which each
 * test's process inherits.
 */
void fo_cpu1_back(void)
{
	if (!access(FO_CPU1, W_OK))
		fo_write(FO_CPU1, "1");
}

/* Of a thread; 0 is the caller. */
void fo_schedule(pid_t pid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(pid, policy, &param))
		fo_fatal("sched_setscheduler");
}

/* For what has no simple system call: links, queueing disciplines, tables. */
void fo_sh(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "# failed: %s\n", command);
		exit(KSFT_FAIL);
	}
}

/* Lines as iproute2's ip takes them, in one process for all. */
void fo_ip(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip || fputs(commands, ip) < 0 || pclose(ip)) {
		fprintf(stderr, "# failed: ip %s\n", commands);
		exit(KSFT_FAIL);
	}
}

/* An IPv6 address is tentative for a moment. */
static bool fo_usable(int host)
{
	union fo_sockaddr ss;
	bool usable;
	int fd;

	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	fo_sockaddr(&ss, AF_INET6, host, 0);
	usable = !bind(fd, &ss.sa, sizeof(ss));
	close(fd);
	return usable;
}

static void fo_lo_up(void)
{
	struct in6_ifreq addr = { .ifr6_prefixlen = 128 };
	struct ifreq ifr = { .ifr_name = "lo" };
	union fo_sockaddr ss;
	int fd, host;

	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		fo_fatal("lo");
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		fo_fatal("lo up");

	/* 127.0.0.0/8 is there; of IPv6 only ::1 is */
	addr.ifr6_ifindex = if_nametoindex("lo");
	for (host = 1; host <= FO_HOSTS; host++) {
		fo_sockaddr(&ss, AF_INET6, host, 0);
		addr.ifr6_addr = ss.v6.sin6_addr;
		if (ioctl(fd, SIOCSIFADDR, &addr))
			fo_fatal("address");
	}
	close(fd);
	for (host = 1; host <= FO_HOSTS; host++) {
		if (!FO_WAIT(fo_usable(host)))
			fo_fatal("address");
	}
}

/* Where the relay is a module, the first call loads it, refused or not: what
 * the socket option says is another thing before and after.
 */
static void fo_load(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), none = 0;

	/* less than this no option of a socket takes, and it would not be asked */
	setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &none, sizeof(none));
	close(fd);
}

void fo_netns(void)
{
	fo_load();
	if (fo_initial < 0)
		fo_initial = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET))
		fo_fatal("network namespace");
	fo_lo_up();
}

/* The link is up, and the stack knows. */
static bool fo_running(const char *name)
{
	struct ifreq ifr = {};
	int fd, ret;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ret = ioctl(fd, SIOCGIFFLAGS, &ifr);
	close(fd);
	return !ret && ifr.ifr_flags & IFF_RUNNING;
}

/* A network namespace that lasts as long as the test's process. */
static int fo_other(pid_t *child)
{
	int up[2], netns;
	char path[32];

	if (pipe2(up, O_CLOEXEC))
		fo_fatal("pipe");
	*child = fork();
	if (*child < 0)
		fo_fatal("fork");
	if (!*child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fo_netns();
		if (write(up[1], "", 1) != 1)
			fo_fatal("pipe");
		pause();
		_exit(0);
	}
	if (read(up[0], path, 1) != 1)
		fo_fatal("peer");
	close(up[0]);
	close(up[1]);

	snprintf(path, sizeof(path), "/proc/%d/ns/net", *child);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		fo_fatal(path);
	return netns;
}

/* A second network namespace. @join makes v0, which is ours, and in the namespace
 * of that process p0, what one of which sends the other receives.
 */
int fo_peer_joined(void (*join)(pid_t theirs))
{
	int netns, back;
	pid_t child;

	netns = fo_other(&child);
	/* copies may leave by a device that the way back does not use */
	fo_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	join(child);
	fo_ip("addr add " FO_PEER_OURS "/24 dev v0\n"
	      "addr add " FO_PEER_OURS6 "/64 dev v0 nodad\n"
	      "link set v0 up\n");
	back = fo_enter(netns);
	fo_ip("addr add " FO_PEER_THEIRS "/24 dev p0\n"
	      "addr add " FO_PEER_THEIRS6 "/64 dev p0 nodad\n"
	      "link set p0 up\n");
	if (!FO_WAIT(fo_running("p0")))
		fo_fatal("p0");
	fo_leave(back);
	if (!FO_WAIT(fo_running("v0")))
		fo_fatal("v0");
	return netns;
}

static void fo_veth(pid_t theirs)
{
	char line[128];

	snprintf(line, sizeof(line),
		 "link add v0 type veth peer name p0 index 100 netns %d\n",
		 theirs);
	fo_ip(line);
}

int fo_peer(void)
{
	return fo_peer_joined(fo_veth);
}

/* One CPU takes what comes in by a device of the namespace: who sends to it may
 * go from one CPU to another, and what he sent keeps its order.
 */
static void fo_one_cpu(const char *device)
{
	char path[64];
	int status;
	pid_t child;

	/* sysfs shows the devices of the namespace that it is mounted in */
	child = fork();
	if (!child) {
		if (unshare(CLONE_NEWNS) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/sys", "sysfs", 0, NULL))
			fo_fatal("/sys");
		snprintf(path, sizeof(path),
			 "/sys/class/net/%s/queues/rx-0/rps_cpus", device);
		fo_write(path, "1");
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		fo_fatal(device);
}

/*
 * A third one, behind that of fo_peer(), which becomes a router: p1 is its end
 * of the link, q1 the other. There are as many viewers as 10.1.0.0/16 and
 * fd02::/112 have addresses. What goes to them is seen at q1 and, not being for
 * its link address, no further.
 */
int fo_far(int peer)
{
	char line[256];
	int far, back;
	pid_t child;

	fo_backlog();
	far = fo_other(&child);
	/* what waits until the router has said who it is may be lost */
	fo_ip("route add 10.1.0.0/16 via " FO_PEER_THEIRS "\n"
	      "route add fd02::/64 via " FO_PEER_THEIRS6 "\n"
	      "neigh replace " FO_PEER_THEIRS
	      " lladdr 02:00:00:00:00:03 dev v0\n"
	      "neigh replace " FO_PEER_THEIRS6
	      " lladdr 02:00:00:00:00:03 dev v0\n");
	back = fo_enter(peer);
	fo_ip("link set p0 address 02:00:00:00:00:03\n");
	snprintf(line, sizeof(line),
		 "link add p1 type veth peer name q1 netns %d\n"
		 "addr add 10.9.0.1/24 dev p1\n"
		 "addr add fd09::1/64 dev p1 nodad\n"
		 "link set p1 up\n", child);
	fo_ip(line);
	fo_write("/proc/sys/net/ipv4/ip_forward", "1");
	fo_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	fo_leave(back);
	back = fo_enter(far);
	fo_ip("link set q1 address 02:00:00:00:00:02\n"
	      "addr add 10.9.0.2/24 dev q1\n"
	      "addr add fd09::2/64 dev q1 nodad\n"
	      "link set q1 up\n"
	      "route add default via 10.9.0.1\n"
	      "route add default via fd09::1\n"
	      "route add local 10.1.0.0/16 dev lo\n"
	      "route add local fd02::/64 dev lo\n");
	if (!FO_WAIT(fo_running("q1")))
		fo_fatal("q1");
	fo_one_cpu("q1");
	fo_leave(back);
	back = fo_enter(peer);
	if (!FO_WAIT(fo_running("p1")))
		fo_fatal("p1");
	fo_ip("route add 10.1.0.0/16 via 10.9.0.2\n"
	      "route add fd02::/64 via fd09::2\n"
	      "neigh replace 10.9.0.2 lladdr 02:00:00:00:00:01 dev p1\n"
	      "neigh replace fd09::2 lladdr 02:00:00:00:00:01 dev p1\n");
	/* on this link each datagram is by itself and complete */
	fo_features("p1", fo_offloads, false);
	fo_one_cpu("p0");
	fo_leave(back);
	return far;
}

/* What goes to the viewers arrives at sockets of the third one. */
void fo_far_sockets(int peer)
{
	int back = fo_enter(peer);

	fo_ip("neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev p1\n"
	      "neigh replace fd09::2 lladdr 02:00:00:00:00:02 dev p1\n");
	fo_leave(back);
}

/* Go to the network namespace that we came from. Returns the way back. */
int fo_enter_initial(void)
{
	return fo_enter(fo_initial);
}

/* Go to another network namespace. Returns the way back, for fo_leave(). */
int fo_enter(int netns)
{
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (back < 0 || setns(netns, CLONE_NEWNET))
		fo_fatal("setns");
	return back;
}

void fo_leave(int back)
{
	if (setns(back, CLONE_NEWNET))
		fo_fatal("setns");
	close(back);
}

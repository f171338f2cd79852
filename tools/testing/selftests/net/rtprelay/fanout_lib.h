/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of SO_RTP_FANOUT share: a network namespace with some
 * addresses on its loopback, sockets, RTP datagrams, the calls.
 */
#ifndef _SELFTEST_FANOUT_LIB_H
#define _SELFTEST_FANOUT_LIB_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/rtp_fanout.h>

#define FO_RELAY_PORT	5000
#define FO_SOURCE_PORT	6000
#define FO_VIEWER_PORT	7000

/* Hosts: 127.0.0.1 and fd00::1 and the addresses after them, all on lo. */
#define FO_HOST_ANY	0
#define FO_HOST_RELAY	1
#define FO_HOST_SOURCE	2
#define FO_HOST_VIEWER	3
#define FO_HOSTS	8

/* The network namespace of fo_peer(): its end of the veth pair, and ours. */
#define FO_PEER_OURS	"10.0.0.1"
#define FO_PEER_THEIRS	"10.0.0.2"
#define FO_PEER_OURS6	"fd01::1"
#define FO_PEER_THEIRS6	"fd01::2"

#define FO_PT_OPAQUE	96
#define FO_PT_H264	97
#define FO_PT_FOREIGN	98
#define FO_PT_BPF	99

#define FO_SSRC		0x12345678U
#define FO_RTP_HDR	12
#define FO_MTU		2048

/* How the relay's socket and the hosts talk. */
enum fo_net {
	FO_IPV4,
	FO_IPV6,
	FO_DUAL,	/* an IPv6 socket that hears an IPv4 source */
};

union fo_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

#define FO_VIEWERS	4
#define FO_OFFLOADS	4

#define FO_CPU1		"/sys/devices/system/cpu/cpu1/online"

/**
 * struct fo_relay - a fan-out, its source and some viewers
 * @net: what they talk
 * @family: that of the addresses of source and viewers
 * @fd: the socket of the fan-out
 * @source: socket connected to it
 * @cfg: as attached
 * @viewer: sockets of viewers, -1 for those that fo_view() did not make
 */
struct fo_relay {
	enum fo_net net;
	int family;
	int fd;
	int source;
	struct rtp_fanout_config cfg;
	int viewer[FO_VIEWERS];
};

/**
 * struct fo_watch - what a viewer got so far
 * @fd: its socket, -1 for none
 * @started: @next is set
 * @next: RTP sequence number that has to come next
 */
struct fo_watch {
	int fd;
	bool started;
	__u16 next;
};

/**
 * struct fo_audience - a fan-out, viewers with caps, and the stream they watch
 * @relay: the fan-out
 * @watch: its viewers
 * @ssrc: of the next datagram
 * @timestamp: likewise
 * @seq: likewise; counts by itself
 * @pt: likewise
 * @marker: likewise, the marker bit
 * @marked: bit for each viewer that gets it with the marker bit set
 */
struct fo_audience {
	struct fo_relay relay;
	struct fo_watch watch[FO_VIEWERS];
	__u32 ssrc;
	__u32 timestamp;
	__u16 seq;
	__u8 pt;
	bool marker;
	unsigned int marked;
};

/**
 * struct fo_hole - a datagram that does not come, or not yet
 * @seq: its sequence number
 * @timestamp: its timestamp
 * @left: bit for each viewer for which a number is left free
 * @number: those numbers
 */
struct fo_hole {
	__u16 seq;
	__u32 timestamp;
	unsigned int left;
	__u16 number[FO_VIEWERS];
};

/**
 * struct fo_state - what user space can see of a fan-out
 * @err: errno of RTP_FANOUT_INFO; all else is 0 then
 * @info: what it returned
 * @count: elements of @dests
 * @dests: the first destinations
 */
struct fo_state {
	int err;
	struct rtp_fanout_info info;
	unsigned int count;
	struct rtp_fanout_dest_info dests[32];
};

/* All tests of a program share the namespace that main() makes by fo_netns(),
 * each in a process of its own. What cannot be set up ends the test with a
 * message.
 */
void fo_fatal(const char *what);
void fo_netns(void);
void fo_write(const char *path, const char *value);
int fo_sysctl_open(const char *name, int flags);
void fo_sysctl(const char *name, const char *value);
void fo_sh(const char *command);
void fo_ip(const char *commands);
int fo_peer_joined(void (*join)(pid_t theirs));
int fo_peer(void);
int fo_peer_cards(const char *driver);
int fo_far(int peer);
void fo_far_sockets(int peer);
void fo_features(const char *device, const char * const *names, bool on);
extern const char * const fo_offloads[FO_OFFLOADS + 1];
unsigned int fo_offloads_from(const char *device);
bool fo_offload(const char *device, unsigned int from);
void fo_dummy(void);
void fo_cpu1_back(void);
void fo_schedule(pid_t pid, int policy, int priority);
unsigned long fo_qdisc(const char *device, const char *counter);
unsigned int fo_in_flight(int fd);
int fo_enter_initial(void);
int fo_enter(int netns);
void fo_leave(int netns);

void fo_sockaddr(union fo_sockaddr *ss, int family, int host, int port);
void fo_addr(struct rtp_fanout_addr *addr, int family, int host, int port);
void fo_addr_text(struct rtp_fanout_addr *addr, const char *text, int port);
void fo_parse(struct rtp_fanout_addr *addr, const char *text);
void fo_native(union fo_sockaddr *ss, const struct rtp_fanout_addr *addr);
int fo_udp(int family, int host, int port);
int fo_udp_text(const char *text, int port);
void fo_drop_net_admin(void);
void fo_set_int(int fd, int level, int name, int value);
int fo_get_int(int fd, int level, int name);

/* These return 0 or -errno; those that read, the number of elements. */
int fo_set(int fd, __u32 op, __u32 flags, const void *elems, __u32 count,
	   __u32 size);
int fo_get(int fd, __u32 op, void *elems, __u32 count, __u32 size,
	   struct rtp_fanout_cursor *cursor);
int fo_attach(int fd, const struct rtp_fanout_config *cfg);
int fo_configure(int fd, const struct rtp_fanout_config *cfg);
int fo_detach(int fd);
int fo_add(int fd, const struct rtp_fanout_dest *dest, __u32 count);
int fo_del(int fd, const struct rtp_fanout_dest *dest, __u32 count);
int fo_flush(int fd);
int fo_info(int fd, struct rtp_fanout_info *info);
int fo_attached(int fd, struct rtp_fanout_config *cfg);
int fo_events(int fd, struct rtp_fanout_event *event, __u32 count);
int fo_find(int fd, const struct rtp_fanout_dest *dest,
	    struct rtp_fanout_dest_info *found);

void fo_config(struct rtp_fanout_config *cfg, int family);
void fo_dest(struct rtp_fanout_dest *dest, int family, int host, int port);
void fo_state(int fd, struct fo_state *state);
bool fo_same(const struct fo_state *a, const struct fo_state *b);

void fo_open(struct fo_relay *relay, enum fo_net net);
void fo_relay(struct fo_relay *relay, enum fo_net net);
void fo_viewer(const struct fo_relay *relay, int i, struct rtp_fanout_dest *d);
int fo_view(struct fo_relay *relay, int i, const struct rtp_fanout_cap *cap);

size_t fo_rtp(__u8 *buf, __u8 pt, __u16 seq, __u32 ssrc, size_t payload);
bool fo_rtp_same(const __u8 *sent, const __u8 *got, size_t len);
__u16 fo_seq(const __u8 *rtp);
void fo_send(const struct fo_relay *relay, __u16 seq);
void fo_send_buf(int fd, const void *buf, size_t len);
ssize_t fo_recv(int fd, void *buf, size_t size);
bool fo_quiet(int fd);
int fo_recv_seq(int fd);
bool fo_next(struct fo_watch *watch, const __u8 *sent, size_t len);

void fo_audience(struct fo_audience *audience,
		 const struct rtp_fanout_cap *caps, int count);
bool fo_kept(struct fo_audience *audience, unsigned int keep,
	     const void *payload, size_t size);
void fo_lose(struct fo_audience *audience, unsigned int left,
	     struct fo_hole *hole);
bool fo_late(struct fo_audience *audience, const struct fo_hole *hole,
	     unsigned int keep, const void *payload, size_t size);
int fo_set_cap(const struct fo_relay *relay, int i, struct rtp_fanout_cap cap);

/* Wait up to ten seconds for what is sure to come. */
#define FO_WAIT(cond) ({					\
	int fo_left_ = 10000;					\
	bool fo_done_;						\
								\
	while (!(fo_done_ = (cond)) && fo_left_-- > 0)		\
		usleep(1000);					\
	fo_done_;						\
})

/* A call is refused for its own reason and changes nothing. */
#define EXPECT_REFUSED(error, fd, call) do {			\
	struct fo_state fo_before_, fo_after_;			\
	int fo_fd_ = (fd);					\
								\
	fo_state(fo_fd_, &fo_before_);				\
	EXPECT_EQ(-(error), call);				\
	fo_state(fo_fd_, &fo_after_);				\
	EXPECT_TRUE(fo_same(&fo_before_, &fo_after_));		\
} while (0)

#endif /* _SELFTEST_FANOUT_LIB_H */

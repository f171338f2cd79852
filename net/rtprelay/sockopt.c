// SPDX-License-Identifier: GPL-2.0
/*
 * SO_RTP_FANOUT: what user space passes and gets, and the module's life.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sockptr.h>
#include <net/rtp_fanout.h>
#include <net/sock.h>
#include <uapi/linux/rtp_fanout.h>
#include "control.h"
#include "diag.h"
#include "drop.h"
#include "event.h"
#include "fanout.h"
#include "policy.h"
#include "rates.h"
#include "request.h"
#include "sysctl.h"

#define RTP_SET_FLAGS	(RTP_FANOUT_SET_COOKIE | RTP_FANOUT_SET_LEASE | \
			 RTP_FANOUT_SET_CAP)

static sockptr_t rtp_sockopt_at(sockptr_t optval, size_t offset)
{
	if (sockptr_is_kernel(optval))
		return KERNEL_SOCKPTR(optval.kernel + offset);
	return USER_SOCKPTR(optval.user + offset);
}

static int rtp_sockopt_header(struct rtp_fanout_hdr *hdr, sockptr_t optval,
			      unsigned int optlen)
{
	if (optlen < sizeof(*hdr))
		return -EINVAL;
	if (copy_from_sockptr(hdr, optval, sizeof(*hdr)))
		return -EFAULT;
	if (hdr->count > RTP_FANOUT_MAX_COUNT)
		return -EMSGSIZE;
	if (hdr->size > RTP_FANOUT_MAX_SIZE || hdr->size % 8 ||
	    !hdr->size != !hdr->count)
		return -EINVAL;

	return 0;
}

/* Copies the elements, before any lock is taken: the memory that they come
 * from may have to be read from a disk. Returns an array for kvfree().
 */
static void *rtp_sockopt_elements(const struct rtp_fanout_hdr *hdr,
				  sockptr_t optval, unsigned int optlen,
				  size_t ksize)
{
	size_t offset = sizeof(*hdr);
	void *elements;
	int err;
	u32 i;

	if (optlen != offset + (size_t)hdr->count * hdr->size || !hdr->count)
		return ERR_PTR(-EINVAL);

	elements = kvcalloc(hdr->count, ksize, GFP_KERNEL_ACCOUNT);
	if (!elements)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < hdr->count; i++) {
		err = copy_struct_from_sockptr(elements + i * ksize, ksize,
					       rtp_sockopt_at(optval, offset),
					       hdr->size);
		if (err) {
			kvfree(elements);
			return ERR_PTR(err);
		}
		offset += hdr->size;
	}

	return elements;
}

static int rtp_sockopt_attach(struct sock *sk, struct rtp_fanout_config *config)
{
	int err;

	err = rtp_request_config(sk, config);
	if (!err)
		err = rtp_fanout_attach(sk, config);

	return err;
}

static int rtp_sockopt_change(struct sock *sk, struct rtp_fanout_config *config)
{
	struct rtp_fanout *fanout = rtp_fanout_locked(sk);
	int err;

	if (!fanout)
		return -ENOTCONN;

	err = rtp_request_change(sk, &fanout->config, config);
	if (!err)
		err = rtp_fanout_configure(fanout, config);

	return err;
}

static int rtp_sockopt_config(struct sock *sk, const struct rtp_fanout_hdr *hdr,
			      sockptr_t optval, unsigned int optlen)
{
	struct rtp_fanout_config *config;
	int err;

	if (hdr->flags || hdr->count != 1)
		return -EINVAL;

	config = rtp_sockopt_elements(hdr, optval, optlen, sizeof(*config));
	if (IS_ERR(config))
		return PTR_ERR(config);

	lock_sock(sk);
	err = hdr->op == RTP_FANOUT_ATTACH ? rtp_sockopt_attach(sk, config) :
					     rtp_sockopt_change(sk, config);
	release_sock(sk);
	kvfree(config);

	return err;
}

static int rtp_sockopt_dests(struct sock *sk, const struct rtp_fanout_hdr *hdr,
			     sockptr_t optval, unsigned int optlen)
{
	u32 known = hdr->op == RTP_FANOUT_SET ? RTP_SET_FLAGS : 0;
	struct rtp_fanout_dest *request;
	struct rtp_fanout *fanout;
	int err = -ENOTCONN;

	if (hdr->flags & ~known || !hdr->flags != !known)
		return -EINVAL;

	request = rtp_sockopt_elements(hdr, optval, optlen, sizeof(*request));
	if (IS_ERR(request))
		return PTR_ERR(request);

	lock_sock(sk);
	fanout = rtp_fanout_locked(sk);
	if (!fanout)
		goto out;

	if (hdr->op == RTP_FANOUT_ADD)
		err = rtp_control_add(fanout, request, hdr->count);
	else if (hdr->op == RTP_FANOUT_SET)
		err = rtp_control_set(fanout, request, hdr->count, hdr->flags);
	else
		err = rtp_control_del(fanout, request, hdr->count);
	if (!err)
		fanout->failed_index = ~0U;
out:
	release_sock(sk);
	kvfree(request);

	return err;
}

static int rtp_sockopt_flush(struct sock *sk)
{
	struct rtp_fanout *fanout;

	lock_sock(sk);
	fanout = rtp_fanout_locked(sk);
	if (fanout)
		rtp_control_flush(fanout);
	release_sock(sk);

	return fanout ? 0 : -ENOTCONN;
}

static int rtp_sockopt_set(struct sock *sk, sockptr_t optval,
			   unsigned int optlen)
{
	struct rtp_fanout_hdr hdr;
	int err;

	err = rtp_sockopt_header(&hdr, optval, optlen);
	if (err)
		return err;

	switch (hdr.op) {
	case RTP_FANOUT_ATTACH:
		if (!rtp_policy_may_attach(sk))
			return -EPERM;
		fallthrough;
	case RTP_FANOUT_CONFIG:
		return rtp_sockopt_config(sk, &hdr, optval, optlen);
	case RTP_FANOUT_ADD:
	case RTP_FANOUT_SET:
	case RTP_FANOUT_DEL:
		return rtp_sockopt_dests(sk, &hdr, optval, optlen);
	case RTP_FANOUT_DETACH:
	case RTP_FANOUT_FLUSH:
		if (hdr.flags || hdr.count || optlen != sizeof(hdr))
			return -EINVAL;
		return hdr.op == RTP_FANOUT_FLUSH ? rtp_sockopt_flush(sk) :
						    rtp_fanout_detach(sk);
	default:
		return -EBADRQC;
	}
}

/**
 * struct rtp_sockopt_answer - what a getsockopt() returns
 * @cursor: behind the header, where the operation has one
 * @elements: array, for kvfree()
 * @count: elements filled in
 * @ksize: size of one, in bytes
 */
struct rtp_sockopt_answer {
	struct rtp_fanout_cursor cursor;
	void *elements;
	u32 count;
	size_t ksize;
};

/* What is asked for, gathered with the socket locked. */
static int rtp_sockopt_gather(struct sock *sk, const struct rtp_fanout_hdr *hdr,
			      struct rtp_sockopt_answer *answer)
{
	struct rtp_fanout_event *event = answer->elements;
	struct rtp_fanout *fanout;
	int err = 0;

	lock_sock(sk);
	fanout = rtp_fanout_locked(sk);
	if (!fanout) {
		err = -ENOTCONN;
	} else if (hdr->op == RTP_FANOUT_INFO) {
		rtp_fanout_fill_info(fanout, answer->elements);
		answer->count = 1;
	} else if (hdr->op == RTP_FANOUT_CONFIG) {
		*(struct rtp_fanout_config *)answer->elements = fanout->config;
		answer->count = 1;
	} else if (hdr->op == RTP_FANOUT_DESTS) {
		answer->count = rtp_control_list(fanout, &answer->cursor.next,
						 answer->elements, hdr->count);
	} else if (hdr->op == RTP_FANOUT_LAYERS) {
		answer->count = rtp_rates_list(&fanout->rates, &fanout->syncp,
					       answer->elements, hdr->count);
	} else {
		while (answer->count < hdr->count &&
		       rtp_event_take(fanout, &event[answer->count]))
			answer->count++;
	}
	release_sock(sk);

	return err;
}

static int rtp_sockopt_answer(struct rtp_fanout_hdr *hdr,
			      const struct rtp_sockopt_answer *answer,
			      unsigned int extra, sockptr_t optval,
			      sockptr_t optlen)
{
	size_t offset = sizeof(*hdr);
	int len;
	u32 i;

	hdr->count = answer->count;
	if (copy_to_sockptr(optval, hdr, sizeof(*hdr)) ||
	    copy_to_sockptr_offset(optval, offset, &answer->cursor, extra))
		return -EFAULT;
	offset += extra;

	for (i = 0; i < answer->count; i++) {
		if (copy_struct_to_sockptr(rtp_sockopt_at(optval, offset),
					   hdr->size,
					   answer->elements + i * answer->ksize,
					   answer->ksize, NULL))
			return -EFAULT;
		offset += hdr->size;
	}

	len = offset;
	return copy_to_sockptr(optlen, &len, sizeof(len)) ? -EFAULT : 0;
}

static int rtp_sockopt_get(struct sock *sk, sockptr_t optval, sockptr_t optlen)
{
	struct rtp_sockopt_answer answer = {};
	struct rtp_fanout_hdr hdr;
	unsigned int extra = 0;
	int err, len;

	if (copy_from_sockptr(&len, optlen, sizeof(len)))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	err = rtp_sockopt_header(&hdr, optval, len);
	if (err)
		return err;

	switch (hdr.op) {
	case RTP_FANOUT_INFO:
		answer.ksize = sizeof(struct rtp_fanout_info);
		break;
	case RTP_FANOUT_CONFIG:
		answer.ksize = sizeof(struct rtp_fanout_config);
		break;
	case RTP_FANOUT_DESTS:
		answer.ksize = sizeof(struct rtp_fanout_dest_info);
		extra = sizeof(answer.cursor);
		break;
	case RTP_FANOUT_EVENTS:
		answer.ksize = sizeof(struct rtp_fanout_event);
		break;
	case RTP_FANOUT_LAYERS:
		answer.ksize = sizeof(struct rtp_fanout_layer);
		break;
	default:
		return -EBADRQC;
	}
	if (hdr.flags || !hdr.count ||
	    len < sizeof(hdr) + extra + (size_t)hdr.count * hdr.size)
		return -EINVAL;
	if (copy_from_sockptr_offset(&answer.cursor, optval, sizeof(hdr),
				     extra))
		return -EFAULT;

	answer.elements = kvcalloc(hdr.count, answer.ksize, GFP_KERNEL_ACCOUNT);
	if (!answer.elements)
		return -ENOMEM;

	err = rtp_sockopt_gather(sk, &hdr, &answer);
	if (!err)
		err = rtp_sockopt_answer(&hdr, &answer, extra, optval, optlen);
	kvfree(answer.elements);

	return err;
}

static const struct rtp_fanout_ops rtp_sockopt_ops = {
	.owner = THIS_MODULE,
	.setsockopt = rtp_sockopt_set,
	.getsockopt = rtp_sockopt_get,
	.close = rtp_fanout_close,
	.diag = rtp_diag_fill,
};

static int __init rtp_init(void)
{
	int err;

	err = rtp_fanout_life_init();
	if (err)
		return err;

	err = rtp_sysctl_init();
	if (err)
		goto err_life;

	rtp_drop_init();

	err = rtp_fanout_register(&rtp_sockopt_ops);
	if (err)
		goto err_drop;

	return 0;

err_drop:
	rtp_drop_exit();
	rtp_sysctl_exit();
err_life:
	rtp_fanout_life_exit();
	return err;
}

static void __exit rtp_exit(void)
{
	rtp_fanout_unregister(&rtp_sockopt_ops);
	rtp_fanout_life_exit();
	rtp_drop_exit();
	rtp_sysctl_exit();
}

module_init(rtp_init);
module_exit(rtp_exit);

/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/device_message.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* Room for the descriptors of a message, aligned as the kernel wants it. */
union room {
	struct cmsghdr header;
	char	       bytes[CMSG_SPACE(DEVICE_FDS_MAX * sizeof(int))];
};

int device_message_send(int fd, const void *bytes, size_t size, const int *fds, size_t count)
{
	union room    room = { .bytes = { 0 } };
	struct iovec  part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t	      sent;

	assert(count <= DEVICE_FDS_MAX);
	if (count) {
		message.msg_control = room.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		room.header.cmsg_level = SOL_SOCKET;
		room.header.cmsg_type = SCM_RIGHTS;
		room.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&room.header), fds, count * sizeof(int));
	}
	/* The sensor may write, but not make messages of its own for whichever socket. */
	do
		sent = count ? sendmsg(fd, &message, MSG_NOSIGNAL) : write(fd, bytes, size);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)size ? 0 : -1;
}

static void take_fds(struct msghdr *message, int fds[DEVICE_FDS_MAX])
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS &&
		    at->cmsg_len <= CMSG_LEN(DEVICE_FDS_MAX * sizeof(int)))
			memcpy(fds, CMSG_DATA(at), at->cmsg_len - CMSG_LEN(0));
}

int device_message_take(int fd, void *bytes, size_t size, int fds[DEVICE_FDS_MAX])
{
	union room    room;
	struct iovec  part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = room.bytes,
				  .msg_controllen = sizeof(room.bytes) };
	ssize_t	      got;

	for (size_t i = 0; i < DEVICE_FDS_MAX; i++)
		fds[i] = -1;
	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return (int)got;
	take_fds(&message, fds);
	if (got == (ssize_t)size && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 1;
	for (size_t i = 0; i < DEVICE_FDS_MAX; i++) {
		mem_close_at(&fds[i]);
		fds[i] = -1;
	}
	return -1;
}

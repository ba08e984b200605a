/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/secret.h"

#include <openssl/crypto.h>

#include "lib/base/mem.h"

struct buf secret_buf_make(size_t max)
{
	return (struct buf){ .data = mem_alloc(max + 1), .capacity = max + 1, .max = max };
}

void secret_buf_done(struct buf *buf)
{
	if (buf->capacity)
		OPENSSL_cleanse(buf->data, buf->capacity);
	buf_done(buf);
}

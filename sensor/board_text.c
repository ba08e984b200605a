/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/board_text.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/buf.h"

/* So often a reader meets a writer only when something is wrong. */
enum { READS_MAX = 100 };

/* As much of it as fits, each byte harmless. */
static void set_text(struct board_text *place, struct str text)
{
	auto_buf struct buf visible = buf_make(8 * sizeof(place->text));
	size_t		    len;

	buf_add_visible(&visible, str_head(text, sizeof(place->text) - 1));
	len = visible.len < sizeof(place->text) ? visible.len : sizeof(place->text) - 1;
	memset(place->text, 0, sizeof(place->text));
	if (len)
		memcpy(place->text, visible.data, len);
}

void board_say(struct board_text *place, int64_t time_s, struct str text)
{
	static pthread_mutex_t one_by_one = PTHREAD_MUTEX_INITIALIZER;
	uint32_t	       turn;

	pthread_mutex_lock(&one_by_one);
	turn = atomic_load(&place->turn) | 1;
	atomic_store(&place->turn, turn);
	/* A store that is ordered keeps those that follow it from nothing. */
	atomic_thread_fence(memory_order_seq_cst);
	place->time_s = time_s;
	set_text(place, text);
	atomic_store(&place->turn, turn + 1);
	pthread_mutex_unlock(&one_by_one);
}

bool board_read(const struct board_text *place, struct board_text *out)
{
	struct board_text copy;

	for (unsigned i = 0; i < READS_MAX; i++) {
		uint32_t before = atomic_load(&place->turn);

		if (before == 0)
			return false;
		memcpy(&copy, place, sizeof(copy));
		atomic_thread_fence(memory_order_seq_cst);
		if (!(before & 1) && atomic_load(&place->turn) == before) {
			*out = (struct board_text){ .turn = before, .time_s = copy.time_s };
			set_text(out,
				 (struct str){ copy.text, strnlen(copy.text, sizeof(copy.text)) });
			return true;
		}
	}
	return false;
}

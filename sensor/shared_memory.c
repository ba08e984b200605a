/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/shared_memory.h"

#include <sys/mman.h>

void *shared_memory_new(size_t size, struct err *err)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	err_sys(err, "cannot share memory");
	return NULL;
}

void shared_memory_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/log_bucket.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/aws/s3.h"
#include "lib/base/mem.h"
#include "lib/flow/stream_layer.h"

enum {
	PART = 8 << 20, /* bytes asked for at once: an object of AWS's is one part or a few */
	BUCKETS_MAX = 64,
	NAME_MAX_BYTES = 2048,
};

struct bucket {
	char	      *name;
	struct aws_s3 *s3;
};

/* What all threads share; it lives as long as the program, as its environment does. */
static struct {
	pthread_mutex_t		lock;
	struct aws_creds_chain *chain;
	struct bucket		buckets[BUCKETS_MAX];
	size_t			count;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool is_in_bucket(const char *path)
{
	return str_starts(str_of(path), "s3://");
}

/* "s3://BUCKET/KEY": the bucket, and the key without its slash. */
static struct str split_name(const char *path, struct str *key)
{
	*key = str_skip(str_of(path), 5);
	return str_cut(key, '/');
}

static struct aws_s3 *open_bucket(struct str name, struct err *err)
{
	const struct aws_creds_options options = { 0 };
	struct bucket		      *bucket = &shared.buckets[shared.count];

	if (shared.count == BUCKETS_MAX) {
		err_set(err, ERR_USAGE, "more than %d buckets", BUCKETS_MAX);
		return NULL;
	}
	if (!shared.chain) {
		prctl(PR_SET_DUMPABLE, 0); /* from here on there are keys in memory */
		shared.chain = aws_creds_open(&options, err);
	}
	if (!shared.chain)
		return NULL;
	bucket->s3 = aws_s3_open(shared.chain, name, err);
	if (!bucket->s3)
		return NULL;
	bucket->name = mem_alloc(name.len + 1);
	memcpy(bucket->name, name.ptr, name.len);
	shared.count++;
	return bucket->s3;
}

static struct aws_s3 *find_bucket(struct str name, struct err *err)
{
	struct aws_s3 *s3 = NULL;

	pthread_mutex_lock(&shared.lock);
	for (size_t i = 0; i < shared.count && !s3; i++)
		if (str_is(name, shared.buckets[i].name))
			s3 = shared.buckets[i].s3;
	if (!s3)
		s3 = open_bucket(name, err);
	pthread_mutex_unlock(&shared.lock);
	return s3;
}

struct listing {
	const struct log_bucket_visitor *visitor;
	struct str			 bucket, prefix;
	bool				 is_exact; /* the prefix is the key of an object */
};

/* An object of exactly that name comes first, and then it alone is meant. */
static int visit_object(void *context, const struct aws_s3_object *object, struct err *err)
{
	struct listing	   *listing = context;
	auto_buf struct buf path = buf_make(NAME_MAX_BYTES);

	if (listing->is_exact)
		return 0;
	listing->is_exact = listing->prefix.len && str_eq(object->key, listing->prefix);
	if (str_find(object->key, '\0') < object->key.len)
		return err_set(err, ERR_REMOTE, "a key with a NUL in it");
	buf_printf(&path, "s3://%.*s/", STR_ARG(listing->bucket));
	buf_add_str(&path, object->key);
	return listing->visitor->visit(listing->visitor->context, path.data, object->size, err);
}

int log_bucket_list(const char *name, const struct log_bucket_visitor *visitor, struct err *err)
{
	auto_aws_http struct aws_http *http = aws_http_new();
	struct listing		       listing = { .visitor = visitor };
	const struct aws_s3_visitor    objects = { .visit = visit_object, .context = &listing };
	struct aws_s3		      *s3;

	listing.bucket = split_name(name, &listing.prefix);
	s3 = find_bucket(listing.bucket, err);
	if (!s3 || aws_s3_list(s3, http, listing.prefix, &objects, err) < 0)
		return err_in(err, name);
	return 0;
}

struct object {
	struct aws_s3	  *s3;
	struct aws_http	  *http;
	char		  *path; /* holds the key */
	struct aws_s3_part part;
	struct buf	   etag, bytes;
	size_t		   used; /* of bytes */
	bool		   ended;
};

static void close_object(void *state)
{
	struct object *object = state;

	aws_http_free(object->http);
	buf_done(&object->etag);
	buf_done(&object->bytes);
	free(object->path);
	free(object);
}

static size_t read_object(struct layer *layer, char *out, size_t size)
{
	struct object *object = layer->state;
	struct str     rest;

	if (object->used == object->bytes.len && !object->ended) {
		if (aws_s3_read(object->s3, object->http, &object->part, &object->bytes,
				&layer->failure) < 0)
			return 0;
		object->part.offset += object->bytes.len;
		object->ended = object->bytes.len < object->part.len;
		object->used = 0;
	}
	rest = str_head(str_skip(buf_str(&object->bytes), object->used), size);
	memcpy(out, rest.ptr, rest.len);
	object->used += rest.len;
	return rest.len;
}

static const struct layer_ops layer_object = { .name = "object",
					       .read = read_object,
					       .close = close_object };

struct layer *log_bucket_layer(const char *path, struct err *err)
{
	struct str     key, name = split_name(path, &key);
	struct aws_s3 *s3 = find_bucket(name, err);
	struct object *object;
	struct layer  *layer;

	if (!s3 || key.len == 0) {
		if (s3)
			err_set(err, ERR_USAGE, "is a bucket, expected an object");
		err_in(err, path);
		return NULL;
	}
	object = mem_alloc(sizeof(*object));
	object->s3 = s3;
	object->http = aws_http_new();
	object->path = mem_copy_str(path);
	object->etag = buf_make(200);
	object->bytes = buf_make(PART);
	split_name(object->path, &object->part.key);
	object->part.len = PART;
	object->part.etag = &object->etag;
	layer = layer_new(NULL);
	layer_start(layer, &layer_object);
	layer->state = object;
	return layer;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percent encoding and paths as AWS's signatures want them (Signature Version 4, "Create a canonical request"):
 * only A-Z a-z 0-9 - _ . ~ stay themselves, everything else becomes %XX with capital letters, a space %20.
 */
#pragma once

#include "lib/base/buf.h"

/* Bytes of text, encoded; '/' stays when keep_slash. */
void uri_encode(struct buf *out, struct str text, bool keep_slash);

/* %XX becomes its byte, an incomplete %X stays as it is; '+' is a plus. */
void uri_decode(struct buf *out, struct str text);

/*
 * Without "." and ".." and empty segments; begins with '/', and ends with one when path does and something is
 * left.  "/a/../b//c/." is "/b/c".
 */
void uri_normalize(struct buf *out, struct str path);

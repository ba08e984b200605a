/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/document.h"

#include <string.h>

#include "tests/unit/test.h"

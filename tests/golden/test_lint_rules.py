# SPDX-License-Identifier: Apache-2.0
"""Each rule of tests/check finds what it is there to find, and lets the neighbouring case pass."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "check"))
from c_rules import check_c  # noqa: E402

LONG = "int f(void)\n{\n" + "\tf();\n" * 68 + "}\n"

FOUND = [
    ("lib/net/x.c", '#include "policies/a.h"\n', "1: lib may not include policies/a.h"),
    ("policies/rules/x.c", '#include "simulator/a.h"\n', "1: policies may not include simulator/a.h"),
    ("simulator/x.c", '#include "sensor/a.h"\n', "1: simulator may not include sensor/a.h"),
    ("sensor/x.c", '#include "simulator/a.h"\n', "1: sensor may not include simulator/a.h"),
    ("sensor/x.c", '#include "bpf/sub/a.h"\n', "1: sensor may not include bpf/sub/a.h"),
    ("sensor/x.c", '\n#include "tests/unit/unit.h"\n', "2: sensor may not include tests/unit/unit.h"),
    ("bpf/x.h", "\n#pragma once\n#include <stdio.h>\n", "bpf may not include stdio.h"),
    ("lib/net/ip.c", '#include <stdio.h>\n#include "lib/net/ip.h"\n', "must be included first"),
    ("lib/net/x.h", "\n", "no #pragma once"),
    ("lib/net/x.h", "\n#pragma once\n#ifndef X_H\n#define X_H\n#endif\n", "3: guard macro X_H"),
    ("lib/net/x.c", "\n" * 601, "601: 601 lines, 600 at most"),
    ("lib/net/x.h", "\n#pragma once\n" + "\n" * 149, "151 lines, 150 at most"),
    ("lib/net/x.c", LONG.replace("}", "\tf();\n}"), "1: f has 72 lines, 70 at most"),
    ("lib/net/x.c", "int f(int a, int b, int c,\n\tint d, int e, int g)\n{\n}\n", "1: f has 6 parameters"),
    ("lib/net/x.c", "\tstrcpy(a, b);\n", "1: strcpy is banned"),
    ("lib/net/x.c", "\tp = malloc(3);\n", "1: malloc belongs to lib/base/mem.c"),
    ("policies/rules/x.c", "\tprintf(a);\n", "1: printf is for main"),
    ("sensor/x.c", "\texit(1);\n", "1: exit is for main"),
    ("sensor/x.c", "\n\tauto_buf struct buf buf;\n", "2: an auto_ variable without a value"),
]

PASSED = [
    ("sensor/x.c", '#include "bpf/flow_abi.h"\n#include "bpf/flow.skel.h"\n#include "lib/net/ip.h"\n'),
    ("bpf/x.h", "\n#pragma once\n#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"),
    ("lib/net/ip.c", '/* Addresses. */\n#include "lib/net/ip.h"\n'),
    ("lib/net/x.c", LONG.replace("\tf();\n", "", 1)),
    ("lib/net/x.c", "int f(int a, int (*b)(int, int), int c, int d, const char *e, ...)\n{\n}\n"),
    ("lib/net/x.c", "int f(void)\n{\n\treturn snprintf(a, 1, \"strcpy(\"); /* not malloc(1) */\n}\n"),
    ("simulator/cmd/can.c", "\tprintf(a);\n"),
    ("lib/net/x.c", "\tauto_buf struct buf a = buf_make(1);\n\tauto_free char *b = NULL;\n"),
    ("lib/base/mem.c", '#include "lib/base/mem.h"\n\tp = malloc(3);\n'),
]


def findings(name: str, text: str) -> list[str]:
    return [f"{line}: {what}" for line, what, _ in check_c(name, text)]


@pytest.mark.parametrize("name, text, expected", FOUND, ids=[expected for _, _, expected in FOUND])
def test_a_rule_finds(name, text, expected):
    found = findings(name, text)
    assert len(found) == 1 and expected in found[0]


@pytest.mark.parametrize("name, text", PASSED, ids=range(len(PASSED)))
def test_a_rule_lets_pass(name, text):
    assert findings(name, text) == []

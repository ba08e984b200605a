# SPDX-License-Identifier: Apache-2.0
"""The rules of CONTRIBUTING.md that the text of a C file shows."""

import pathlib
import re
from typing import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Who may include whom.  Adding an arrow is an architecture change.
MAY_INCLUDE = {
    "lib": r"lib/",
    "policies": r"(lib|policies)/",
    "simulator": r"(lib|policies|simulator)/",
    "sensor": r"(lib|policies|sensor)/|bpf/[^/]+\.h$",
    "bpf": r"bpf/",
    "tests": r"(lib|policies|simulator|sensor|bpf|tests)/",
    "bench": r"(lib|policies|simulator|sensor|bpf|bench)/",
}
# The kernel's own headers, libbpf's for programs, and what a compiler brings without a C library.
KERNEL_INCLUDE = re.compile(r"(linux|asm)/|bpf/bpf_\w+\.h$|std(bool|def|int)\.h$")

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|strtol|strtoul|gets|scanf|"
                    r"sscanf|alloca|system|popen)\s*\(")
HEAP = re.compile(r"\b(malloc|calloc|realloc|strdup|strndup)\s*\(")
HEAP_OWNERS = re.compile(r"lib/base/mem\.c$|(tests|bench)/")
SPEAKS = re.compile(r"\b(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|exit)\s*\(")
SPEAKERS = re.compile(r"simulator/(cmd|report)/|sensor/(main|run\w*)\.c$|(tests|bench)/"
                      r"|lib/base/(cli|mem|table|file|progress)\.c$")

LINES_MAX = {".c": 600, ".h": 150}
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
FUNCTION = re.compile(r"^([A-Za-z_][^;{}]*\))[^;{}()]*\n\{$(.*?)^\}", re.MULTILINE | re.DOTALL)

Finding = tuple[int, str, str]  # line, what, and the key an exception would name


def room_of(name: str) -> str:
    return name.split("/")[0]


def is_c_of_a_room(name: str) -> bool:
    return name.endswith((".c", ".h")) and room_of(name) in MAY_INCLUDE


def without_comments(text: str) -> str:
    """The text with comments and the insides of literals blanked; lines stay where they are."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n\"']", " ", match.group(0))

    return token.sub(blank, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def check_layers(name: str, text: str) -> Iterator[Finding]:
    room = room_of(name)
    for match in re.finditer(r'^[ \t]*#\s*include\s+(["<])([^">]+)', text, re.MULTILINE):
        ours, what = match.group(1) == '"', match.group(2)
        foreign = room == "bpf" and not KERNEL_INCLUDE.match(what)
        if (ours and not re.match(MAY_INCLUDE[room], what)) or (not ours and foreign):
            yield line_of(text, match.start()), f"{room} may not include {what}", f"layer {name}"


def check_own_header_first(name: str, text: str) -> Iterator[Finding]:
    """A .c includes its own header before all else: that proves the header complete."""
    own = f"{name[:-2]}.h"
    if name.endswith(".c") and (ROOT / own).is_file():
        first = re.search(r'^#\s*include\s+[<"]([^">]+)', text, re.MULTILINE)
        if not first or first.group(1) != own:
            yield 1, f"{own} must be included first", f"include-order {name}"


def check_once(name: str, text: str) -> Iterator[Finding]:
    if not name.endswith(".h"):
        return
    if "\n#pragma once\n" not in text:
        yield 1, "no #pragma once", f"once {name}"
    guard = re.search(r"^#\s*ifndef\s+(\w*_H_*)\n#\s*define\s+\1\b", text, re.MULTILINE)
    if guard:
        yield line_of(text, guard.start()), f"guard macro {guard.group(1)}", f"once {name}"


def check_length(name: str, text: str) -> Iterator[Finding]:
    lines, most = text.count("\n"), LINES_MAX[pathlib.Path(name).suffix]
    if lines > most:
        yield most + 1, f"{lines} lines, {most} at most", f"lines {name}"


def name_and_parameters(head: str) -> tuple[str, int]:
    """From what stands before a function's `{`; `...` is not counted."""
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)(?!\))", "", head, flags=re.DOTALL)
    before, inside = head.split("(", 1)
    function = re.search(r"(\w+)\s*$", before)
    depth, commas = 0, 0
    for char in inside:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        commas += char == "," and depth == 0
    listed = inside.strip(" \t\n)")
    count = 0 if listed in ("", "void") else commas + 1 - ("..." in listed)
    return (function.group(1) if function else "?"), count


def check_functions(name: str, text: str) -> Iterator[Finding]:
    bare = without_comments(text)
    for match in FUNCTION.finditer(bare):
        function, parameters = name_and_parameters(match.group(1))
        lines, line = match.group(0).count("\n") + 1, line_of(bare, match.start())
        if lines > FUNCTION_LINES_MAX:
            yield (line, f"{function} has {lines} lines, {FUNCTION_LINES_MAX} at most",
                   f"function-lines {name}:{function}")
        if parameters > PARAMETERS_MAX:
            yield (line, f"{function} has {parameters} parameters, {PARAMETERS_MAX} at most",
                   f"parameters {name}:{function}")


def check_calls(name: str, text: str) -> Iterator[Finding]:
    bare = without_comments(text)
    rules = [(BANNED, "is banned")]
    if not HEAP_OWNERS.match(name):
        rules.append((HEAP, "belongs to lib/base/mem.c: mem_alloc and its kin"))
    if not SPEAKERS.match(name):
        rules.append((SPEAKS, "is for main, cmd_* and reports: return an error instead"))
    for pattern, why in rules:
        for match in pattern.finditer(bare):
            yield line_of(bare, match.start()), f"{match.group(1)} {why}", f"call {name}"


def check_auto(name: str, text: str) -> Iterator[Finding]:
    """What cleans itself up must hold something at every return, also at an early one."""
    for match in re.finditer(r"^\s+auto_\w+ [^;={}]*;", without_comments(text), re.MULTILINE):
        line = line_of(text, match.end())
        yield line, "an auto_ variable without a value where it is declared", f"auto {name}"


CHECKS = (check_layers, check_own_header_first, check_once, check_length, check_functions,
          check_calls, check_auto)


def check_c(name: str, text: str) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(name, text)

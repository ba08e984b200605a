# SPDX-License-Identifier: Apache-2.0
"""The XML reader against Python's ElementTree, which botocore parses answers with, on random documents.

WEIR_SEED=N WEIR_XML_DOCUMENTS=100000 for more of others.
"""

import json
import os
import random
import subprocess
import xml.etree.ElementTree as ElementTree

SEED = int(os.environ.get("WEIR_SEED", random.randrange(1 << 32)))
DOCUMENTS = int(os.environ.get("WEIR_XML_DOCUMENTS", 3000))
TEXTS = ["", "", "vpc-1", "10.0.0.0/16", " a ", "\n    ", "\r\n", "é€😀", "true", "a\tb", "]]", "&amp;", "&lt;b&gt;", "&quot;",
         "&#65;&#x1F600;", "<![CDATA[<a>&b;]]>", "<![CDATA[]]>", "<!-- c -->", "<?p q?>", "x" * 3000]
NAMES = ["item", "vpcId", "tagSet", "a-b.c_d", "é", "x1"]


def random_element(rng: random.Random, depth: int, prefixes: tuple[str, ...] = ("",)) -> str:
    name, attributes = rng.choice(NAMES), ""
    if rng.random() < 0.1:
        attributes = rng.choice([' k="v"', " k='a&amp;b'", ' xmlns="urn:y"', ' xml:lang="en"'])
    if rng.random() < 0.05:
        attributes, prefixes = ' xmlns:n="urn:n"', prefixes + ("n:",)
    name = rng.choice(prefixes) + name
    if rng.random() < 0.1:
        return f"<{name}{attributes}{rng.choice(['', ' '])}/>"
    pieces = [rng.choice(TEXTS) for _ in range(rng.randrange(3))]
    if depth < 31:
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            pieces.append(random_element(rng, depth + 1, prefixes))
            pieces.append(rng.choice(TEXTS))
    return f"<{name}{attributes}>{''.join(pieces)}</{name}>"


def random_document(rng: random.Random) -> bytes:
    head = rng.choice(["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- c -->\n", "\ufeff"])
    text = (head + random_element(rng, rng.choice([1, 1, 20, 29])) + rng.choice(["", "\n", "<!-- end -->"])).encode()
    if rng.random() < 0.3:  # one byte off, or cut
        at = rng.randrange(len(text))
        text = rng.choice([text[:at], text[:at] + text[at + 1:], text[:at] + bytes([rng.randrange(1, 256)]) + text[at + 1:]])
    return text


def tree_of(element: ElementTree.Element) -> list:
    """As lib/aws/xml has it: no namespaces; text before the first child, unless that is only white space."""
    text = element.text or ""
    if len(element) and not text.strip(" \t\r\n"):
        text = ""
    return [element.tag.rpartition("}")[2], text, [tree_of(child) for child in element]]


def depth_of(tree: list) -> int:
    return 1 + max((depth_of(child) for child in tree[2]), default=0)


def expected(text: bytes) -> list | None:
    try:
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(), encoding="utf-8")  # as botocore makes it
        parser.feed(text)
        tree = tree_of(parser.close())
    except ElementTree.ParseError:
        return None
    return tree if depth_of(tree) <= 32 and tree[0].lower() != "html" else None


def test_the_tree_is_the_one_that_botocore_sees(build):
    rng = random.Random(SEED)
    documents = [random_document(rng) for _ in range(DOCUMENTS)]
    done = subprocess.run([build / "tests/aws/tree"], check=True, stdout=subprocess.PIPE,
                          input=b"".join(b"%d\n%b" % (len(text), text) for text in documents))
    trees = [json.loads(line) for line in done.stdout.splitlines()]
    read = 0
    for text, tree in zip(documents, trees, strict=True):
        want = expected(text)
        # A declaration that a flipped byte gave another encoding is refused here, and overruled there.
        if tree is None and want is not None and text.startswith(b"<?xml") and b'"UTF-8"' not in text[:60]:
            continue
        assert tree == want, f"seed {SEED}: {text!r}"
        read += tree is not None
    assert read > DOCUMENTS // 2

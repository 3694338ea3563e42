# SPDX-License-Identifier: ISC
"""The examples of waitd-protocol(7), and TAP; shared by the tests in Python.

An example is a comment `.\\" example: NAME [WORD...]` with a display behind
it; the head of the page says the convention.
"""

import importlib
import json
import os
import re
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..", "..")
PAGE = os.path.join(TOP, "proto", "waitd-protocol.7")
WORDS = {"measured", "refused", "unparsed", "holding", "token"}

BEGIN = re.compile(r'^\.\\" example: (\S+)((?: \S+)*)$')


class Example:
    """turns: what is sent, and the lines expected then, in alternation."""

    def __init__(self, name, words, lines):
        self.name = name
        self.words = words
        self.turns = []
        for text in lines:
            self.add(text)

    def add(self, text):
        if text.startswith("> "):
            if not self.turns or self.turns[-1][1]:
                self.turns.append(("", []))
            sent, expected = self.turns[-1]
            self.turns[-1] = (sent + text[2:] + "\n", expected)
        elif text.startswith("< "):
            self.turns[-1][1].append(text[2:])
        elif text.startswith("    ") and self.turns[-1][1]:
            self.turns[-1][1][-1] += text[4:]
        else:
            raise ValueError(f"example {self.name}: what is this line? {text}")

    def requests(self):
        """Every JSON value that is sent."""
        decoder = json.JSONDecoder()
        text = "".join(sent for sent, _ in self.turns)
        while text.strip():
            value, end = decoder.raw_decode(text.lstrip())
            yield value
            text = text.lstrip()[end:]

    def events(self):
        for _, expected in self.turns:
            for text in expected:
                yield json.loads(text)


def read_examples(path=PAGE):
    """All examples of a page, in its order."""
    examples = []
    name, words, lines = None, None, None
    with open(path, encoding="utf-8") as page:
        for text in page.read().splitlines():
            begin = BEGIN.match(text)
            if begin:
                name, words, lines = begin.group(1), set(begin.group(2).split()), None
                if words - WORDS:
                    raise ValueError(f"example {name}: unknown words {words - WORDS}")
            elif name and text.startswith(".Bd"):
                lines = []
            elif name and text == ".Ed":
                examples.append(Example(name, words, lines))
                name = None
            elif name and lines is not None:
                lines.append(text.replace("\\e", "\\").replace("\\(dq", '"'))
            elif name:
                raise ValueError(f"example {name}: not followed by a display")
    return examples


def need(name):
    """That module; without it the whole test is skipped."""
    try:
        return importlib.import_module(name)
    except ImportError:
        # Debian's package belongs to Debian's Python, which need not be the first on the path.
        if sys.executable != "/usr/bin/python3" and os.access("/usr/bin/python3", os.X_OK):
            os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
        print(f"1..0 # SKIP python3-{name} is not installed")
        sys.exit(0)


class Tap:
    """Prints one line a test, and the plan at the end."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def result(self, passed, name, detail=""):
        self.count += 1
        self.failures += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed:
            for text in detail.splitlines():
                print(f"# {text}")
        sys.stdout.flush()

    def ok(self, passed, name, detail=""):
        self.result(bool(passed), name, str(detail)[:2000])

    def is_(self, got, expected, name):
        self.result(got == expected, name, f"expected: {expected}"[:2000] + f"\n     got: {got}"[:2000])

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")

    def finish(self):
        """Failures are reported in TAP: the status is 0, unless the test is run by hand."""
        print(f"1..{self.count}")
        sys.exit(1 if self.failures and "CK_TAP_LOG_FILE_NAME" not in os.environ else 0)

"""Fuzz one target, with atheris: `python -m tests.fuzz TARGET DIRECTORY OPTION...`.

What is found is written to the directory, which the next run begins with; the options
are libFuzzer's.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["restlette", "python_multipart"]):
    from tests.fuzz.targets import TARGETS, assert_linear

# Each input is tried, and one in so many stretched, too.
STRETCHED = 200


def main(name: str, corpus: str, *options: str) -> None:
    """Run until the options say that it is enough, or something is found."""
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        Path(corpus, f"seed-{number}").write_bytes(seed)
    count = 0

    def run(data: bytes) -> None:
        nonlocal count
        count += 1
        target.run(data)
        if count % STRETCHED == 0:
            assert_linear(target.run, data)

    atheris.Setup([sys.argv[0], corpus, *options], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

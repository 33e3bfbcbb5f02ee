"""For all tests: drivers instrumented for atheris before a test imports them, and figures for the report.

A test that shows a figure says so with `record_property`; `./shems bench` prints it as a row (bench/kit/shown.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import codec_fuzz

if codec_fuzz.GUIDED:
    import atheris

    atheris.instrument_imports(include=["drivers"]).__enter__()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    before = codec_fuzz.made
    yield
    if codec_fuzz.made > before:
        item.user_properties.append(("mutants", codec_fuzz.made - before))

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for houses of their own come between those that compute, the longest of them first: so that
    no core rests, and no file is left alone at the end.
    """
    files = dict.fromkeys(item.path for item in items)
    waits = sorted((f for f in files if f.parent.name == "house"), key=lambda f: f.stem != "test_self_test")
    computes = [f for f in files if f.parent.name != "house"]
    order = {f: float(n) for n, f in enumerate(computes)}
    order |= {f: n * len(computes) / len(waits) - 0.5 for n, f in enumerate(waits)}
    items.sort(key=lambda item: order[item.path])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    before = codec_fuzz.made
    yield
    if codec_fuzz.made > before:
        item.user_properties.append(("mutants", codec_fuzz.made - before))

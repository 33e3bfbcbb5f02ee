"""Drivers are instrumented before a test imports them, when atheris is to look for what reaches new code of them."""

from __future__ import annotations

from tests.codec_fuzz import GUIDED

if GUIDED:
    import atheris

    atheris.instrument_imports(include=["drivers"]).__enter__()

"""What is derived from the product's own words: types and sample answers for the page, reference pages for `docs/`.

A room of its own because it looks at both sides: `hub`, which may import no driver, and the catalogue in `drivers`.
Nothing of the product imports it and it is not shipped. `python -m gen` writes, `python -m gen --check` names what
is stale. The OpenAPI document is not made here: the hub itself answers with it (`hub/web/openapi.py`).
"""

"""The names of query parameters, held against the declared surface: none is ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from hub.model.document import hint
from hub.web.problems import Handler, ProblemError
from hub.web.surface import CALLS, PREFIX

_KNOWN: Mapping[str, Sequence[str]] = {
    PREFIX + call.path: [q.name for q in call.query] for call in CALLS if call.method == "GET"
}


@web.middleware
async def queries(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what a call does not know: an answer to another question looks like one to this."""
    resource = request.match_info.route.resource
    known = _KNOWN.get(resource.canonical) if resource and request.method == "GET" else None
    if known is not None and request.query:
        _check(request, known)
    return await handler(request)


def _check(request: web.Request, known: Sequence[str]) -> None:
    for name in request.query:
        if name not in known:
            said = hint(name, known) if known else "; this call takes none"
            raise ProblemError(400, "Unknown query", f"{name!r}: unknown query parameter{said}", name)
        if len(request.query.getall(name)) > 1:
            raise ProblemError(400, "Given twice", f"{name!r} is given more than once; give it once", name)

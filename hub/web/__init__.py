"""The HTTP edge: one file per resource, RFC 9457 problems, one web socket."""

from hub.web.app import listen, make_app, serve

__all__ = ["listen", "make_app", "serve"]

"""What a request's `Cookie` says."""

from http.cookies import CookieError, SimpleCookie

from .device import Asked


def cookie(asked: Asked, name: str) -> str:
    """Empty where there is none."""
    try:
        found = SimpleCookie(asked.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""

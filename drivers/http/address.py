"""An HTTP link and whose certificate is believed there, from the options of its devices."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import cast

import aiohttp
from yarl import URL

from drivers.http.session import Place, Trust
from drivers.json.options import Options
from hub.errors import ConfigError

LONGEST_S = 4.0
_MOST_S = 60.0


def place(link: str, device: str, options: Options, longest_s: float = LONGEST_S) -> Place:
    """`longest_s`: the longest wait for an answer where the owner has set none, s.

    Raises ConfigError that never repeats the link, for it may hold a password.
    """
    base = _url(link, device)
    longest = options.number("timeout_s", longest_s, 0.05, _MOST_S)
    fingerprint, ca, name = options.text("fingerprint"), options.text("ca"), options.text("tls_name")
    insecure = options.flag("insecure")
    said = [key for key, value in (("fingerprint", fingerprint), ("ca", ca), ("insecure", insecure)) if value]
    if said and base.scheme != "https":
        raise options.error(said[0], "is for https links only; write https:// in link, or remove it")
    if len(said) > 1:
        raise options.error(said[1], f"does not go together with {said[0]}; keep one of them")
    if insecure:
        trust: Trust = False
    else:
        trust = _fingerprint(fingerprint, options) if fingerprint else _context(ca, bool(name), options)
    return Place(base, str(base.origin()), longest, trust, name or None)


def _url(link: str, device: str) -> URL:
    at = f"devices.{device}.link"
    try:
        url = URL(link)
        port = url.port
    except ValueError:
        raise ConfigError(at, "is no address; expected http://host or https://host:port") from None
    if url.user or url.password:
        raise ConfigError(at, "must not hold a user or password; give them as options of their own")
    if url.scheme not in ("http", "https") or not url.host or port is None:
        raise ConfigError(at, "is no address of an HTTP device; expected http://host or https://host:port")
    if url.path not in ("", "/") or url.query_string or url.fragment:
        raise ConfigError(at, "must end after the host or its port: the kind knows the paths")
    return url.origin()


def _fingerprint(text: str, options: Options) -> Trust:
    try:
        return aiohttp.Fingerprint(bytes.fromhex(text.replace(":", "").replace(" ", "")))
    except ValueError:
        raise options.error("fingerprint", "must be the SHA-256 of the certificate, 64 hexadecimal digits") from None


def _context(ca: str, named: bool, options: Options) -> Trust:
    """A maker's own authority vouches for the device; its name there is a serial number, checked when it is given."""
    if not ca:
        return True
    try:
        context = ssl.create_default_context(cadata=Path(ca).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise options.error("ca", f"cannot be used: {cast(OSError, error).strerror or 'no PEM file'}") from None
    context.check_hostname = named
    return context

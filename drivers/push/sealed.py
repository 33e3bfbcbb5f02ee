"""APDUs under AES-128-GCM, and what opens them.

Source: DLMS UA 1000-2 (green book) 9.2.7: security control byte (bits 0-3 suite, 0x10 authenticated, 0x20 encrypted,
0x40 broadcast key, 0x80 compressed), invocation counter of 4 bytes, content, and a tag of 12 bytes when authenticated.
Initialisation vector = system title (8 bytes) + counter. Additional data = control byte + authentication key.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_AUTH_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
"""Of meters that were given none of their own: all of Luxembourg (Smarty P1 specification)."""
GLO, GENERAL = 0xDB, 0xDD
_TAG = 12
_KEY = 16
_SUITES = (0, 1)
"""Both are AES-128-GCM; suite 2 has keys of 256 bits."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A meter's keys, 16 bytes each or empty; never shown."""

    key: bytes = b""
    auth_key: bytes = b""

    def __repr__(self) -> str:
        return f"Keys({'set' if self.key else 'none'})"


class Unreadable(ValueError):
    """Why a sealed APDU cannot be read. The message names no key."""


class Incomplete(ValueError):
    """More bytes are needed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed APDU. `header`: for general-ciphering, the bytes that are authenticated beside control and key."""

    title: bytes
    control: int
    counter: bytes
    content: bytes
    header: bytes = b""
    key_info: bool = False

    def open(self, keys: Keys) -> bytes:
        """The plain APDU; raises Unreadable."""
        if self.key_info or (self.control & 0x0F) not in _SUITES or self.control & 0x80:
            raise Unreadable("a kind of encryption that is not known here: agreed keys, 256 bits or compression")
        if not self.control & 0x30:
            return self.content
        if not keys.key:
            raise Unreadable(f"encrypted (by {self.title.hex()}): it needs the meter's key; ask the grid operator")
        if len(keys.key) != _KEY:
            raise Unreadable(f"the key has {len(keys.key)} bytes; it must have {_KEY}")
        return self._open(keys.key, keys.auth_key or DEFAULT_AUTH_KEY)

    def _open(self, key: bytes, auth_key: bytes) -> bytes:
        # 7 MB that a house without an encrypted meter does without
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import GCM

        nonce, authenticated = self.title + self.counter, bool(self.control & 0x10)
        if not authenticated:
            return Cipher(AES(key), GCM(nonce)).decryptor().update(self.content)
        if len(self.content) < _TAG:
            raise Unreadable("encrypted, and too short for its check")
        text, tag = self.content[:-_TAG], self.content[-_TAG:]
        decryptor = Cipher(AES(key), GCM(nonce, tag, min_tag_length=_TAG)).decryptor()
        encrypted = bool(self.control & 0x20)
        decryptor.authenticate_additional_data(
            bytes([self.control]) + auth_key + self.header + (b"" if encrypted else text)
        )
        plain = decryptor.update(text) if encrypted else text
        try:
            decryptor.finalize()
        except InvalidTag:
            raise Unreadable("the key does not open it: key or auth_key is wrong, or bytes are damaged") from None
        return plain


def parse(data: bytes, at: int = 0) -> tuple[Sealed, int]:
    """The sealed APDU at `at` and where it ends; raises Incomplete, and ValueError for what is none."""
    kind = _byte(data, at)
    if kind == GLO:
        title, at = _octets(data, at + 1)
        return _sealed(title, b"", False, data, at)
    if kind != GENERAL:
        raise ValueError("not sealed")
    start = at + 1
    _, at = _octets(data, start)  # transaction id
    title, at = _octets(data, at)
    for _ in range(3):  # recipient, date and time, other information
        _, at = _octets(data, at)
    header = data[start:at]
    if not (key_info := bool(_byte(data, at))):
        return _sealed(title, header, False, data, at + 1)
    if _byte(data, at + 1) == 0:  # identified key: which of the two global ones
        return _sealed(title, header, False, data, at + 3)
    return _sealed(title, header, key_info, data, at + 1)


def _sealed(title: bytes, header: bytes, key_info: bool, data: bytes, at: int) -> tuple[Sealed, int]:
    if len(title) != 8:
        raise ValueError("a system title has 8 bytes")
    body, end = _octets(data, at)
    if len(body) < 5 or (body[0] & 0x0F) > 2:
        raise ValueError("no security header")
    return Sealed(title, body[0], body[1:5], body[5:], header, key_info), end


def _octets(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = length(data, at)
    if at + size > len(data):
        raise Incomplete
    return data[at : at + size], at + size


def length(data: bytes, at: int) -> tuple[int, int]:
    """An A-XDR length and where it ends; raises Incomplete, and ValueError for one that no meter sends."""
    first = _byte(data, at)
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 2:
        raise ValueError("no length")
    if at + 1 + count > len(data):
        raise Incomplete
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise Incomplete
    return data[at]

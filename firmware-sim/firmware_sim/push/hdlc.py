"""What carries a push: HDLC frames, data-notifications, and the cipher.

After IEC 62056-46 (frame type 3: 7E, format with length, addresses, control, header check, information, frame check,
7E; both checks CRC-16/X.25) and DLMS UA 1000-2: 8.3 (LLC bytes E6 E7 00), 9.5 (data-notification), 9.2.7 (ciphering).
"""

from .axdr import Data, length
from .crc import x25

FLAG = b"\x7e"
UI = 0x13
"""control of an unnumbered information frame, with its final bit"""
_LLC = b"\xe6\xe7\x00"
_TYPE, _LONGEST = 0xA000, 0x07FF
_NOTIFICATION, _GENERAL_GLO = 0x0F, 0xDB
_AUTHENTICATED_AND_ENCRYPTED = 0x30
"""security control: suite 0, both"""
_TAG = 12


def frame(addresses: bytes, control: int, apdu: bytes) -> bytes:
    """One frame with both flags; `addresses`: of client and server, as they stand there."""
    size = 2 + len(addresses) + 1 + 2 + len(_LLC) + len(apdu) + 2
    if size > _LONGEST:
        raise ValueError(f"{size} bytes are more than a frame has")
    head = (_TYPE | size).to_bytes(2, "big") + addresses + bytes((control,))
    body = head + x25(head) + _LLC + apdu
    return FLAG + body + x25(body) + FLAG


def notification(number: int, when: bytes, data: Data) -> bytes:
    """Its number with its flags, and its date and time as its maker sends them (`00` for none)."""
    return bytes((_NOTIFICATION,)) + number.to_bytes(4, "big") + when + data


def sealed(apdu: bytes, title: bytes, counter: int, key: bytes, auth_key: bytes) -> bytes:
    """general-glo-ciphering, AES-128-GCM: the system title and counter are the nonce, control and second key are
    authenticated beside the content."""
    from cryptography.hazmat.primitives.ciphers import Cipher  # only a house with such a meter needs it
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    control, count = bytes((_AUTHENTICATED_AND_ENCRYPTED,)), counter.to_bytes(4, "big")
    encryptor = Cipher(AES(key), GCM(title + count)).encryptor()
    encryptor.authenticate_additional_data(control + auth_key)
    hidden = encryptor.update(apdu) + encryptor.finalize()
    body = control + count + hidden + encryptor.tag[:_TAG]
    return bytes((_GENERAL_GLO,)) + length(len(title)) + title + length(len(body)) + body

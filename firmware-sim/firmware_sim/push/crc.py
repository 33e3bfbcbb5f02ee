"""The checksum of SML and of HDLC."""


def x25(data: bytes) -> bytes:
    """CRC-16/X.25 (ISO/IEC 13239: x^16 + x^12 + x^5 + 1, reflected, start and end FFFF), as sent: low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return (crc ^ 0xFFFF).to_bytes(2, "little")

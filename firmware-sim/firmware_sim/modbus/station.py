"""A Modbus device with its faults: one request in, one answer (or none) out."""

import asyncio
import random
from collections.abc import Sequence

from ..device import Device
from ..fault import SLOW_S, Kind
from . import pdu as modbus


class Station(Device):
    """Subclasses say what their registers hold. `commands` is False for devices that can only be read."""

    commands = True

    def read(self, function: int, address: int, count: int) -> list[int]:
        raise modbus.Refusal(modbus.ILLEGAL_FUNCTION)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        raise modbus.Refusal(modbus.ILLEGAL_FUNCTION)

    def heard(self) -> None:
        """Any request arrived."""

    async def respond(self, request: bytes) -> bytes | None:
        """The answer's PDU, or None for silence."""
        kind = self.fault.kind
        if kind in (Kind.SILENT, Kind.DROP):
            return None
        if kind is Kind.SLOW:
            await asyncio.sleep(SLOW_S)
        self.heard()
        if kind is Kind.REFUSE and (modbus.is_write(request) or not self.commands):
            return modbus.refuse(request, modbus.DEVICE_FAILURE)
        try:
            return self._obey(request, kind)
        except modbus.Refusal as refusal:
            return modbus.refuse(request, refusal.code)

    def _obey(self, request: bytes, kind: Kind) -> bytes:
        if modbus.is_write(request):
            modbus.written(request)
            answer = request[:5] if kind is Kind.IGNORE else modbus.answer(self, request)
            self.writes += kind is not Kind.IGNORE
            return answer
        answer = modbus.answer(self, request)
        self.reads += 1
        return answer


def garbage(length: int) -> bytes:
    return random.randbytes(max(length, 5))

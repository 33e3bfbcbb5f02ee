"""The only module that knows pymodbus (3.16.1): one connection, and answers that are checked before they are believed.

pymodbus takes an answer with another function code, another register count or transaction id 0 as good, keeps waiting
after the other end has closed, and lets undecodable frames end as errors of the event loop. The framers here drop
every frame that is not the answer to the request in flight; waiting then goes on until the caller's time is over.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import termios
from dataclasses import dataclass
from typing import Any

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket, FramerType
from pymodbus.pdu import DecodePDU, ModbusPDU

from drivers.modbus.address import Address
from hub.errors import LinkError, NoAnswer, Refused

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT, WRITE_COIL, WRITE_ONE, WRITE_MANY = 1, 2, 3, 4, 5, 6, 16
_BITS = (READ_COILS, READ_DISCRETE)
_NO_LIMIT: Any = None
"""pymodbus' own time-out. Its limits are `wait_for`, which in Python 3.11 loses a cancellation that comes together with
the answer: a driver would then run on for ever in a hub that waits for it to end. Without a limit it waits plainly."""
_BUFFER = 4096
"""bytes; pymodbus' own 264 hold no old answer besides the right one"""
_CODES = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledge",
    6: "busy",
    8: "memory parity",
    10: "gateway path unavailable",
    11: "gateway target does not answer",
}
_ILLEGAL, _ABSENT, _BUSY = (1, 2, 3), (10, 11), (5, 6)
FAILED, BUSY = 4, frozenset(_BUSY)
_NO_UNIT = (0, 255)
"""what devices on TCP write into an answer whose unit means nothing to them (Modbus Messaging on TCP/IP, 4.4.2.2: 255
or 0 for a server that is addressed by its IP address): its transaction still tells what it answers"""
_BROKEN = (ModbusException, struct.error, IndexError, ValueError)

for _name in ("pymodbus", "pymodbus.logging", "pymodbus_internal"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # it logs every miss; we log once on loss, once on return


class DeviceException(Refused):
    """The device, or the gateway before it, has answered with an exception."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Illegal(DeviceException):
    """The device does not know the function, the address or the value: it will say so again."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `count` registers (or coils, inputs) from `address` (0-based), `values` when it writes."""

    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()

    @property
    def writes(self) -> bool:
        return self.function in (WRITE_COIL, WRITE_ONE, WRITE_MANY)

    @property
    def data_bytes(self) -> int:
        """Bytes of data in the answer to a read."""
        return (self.count + 7) // 8 if self.function in _BITS else 2 * self.count

    def size(self, function: int) -> int:
        """Bytes of the RTU answer with this function code."""
        if function & 0x80:
            return 5
        return 8 if self.writes else 5 + self.data_bytes

    def accepts(self, pdu: ModbusPDU) -> bool:
        """Whether `pdu` can be nothing but the answer to this request."""
        if pdu.dev_id != self.unit or pdu.function_code & 0x7F != self.function:
            return False
        if pdu.isError():
            return True
        if self.function == WRITE_MANY:
            return (pdu.address, pdu.count) == (self.address, self.count)
        if self.writes:
            return pdu.address == self.address and tuple(pdu.registers or map(int, pdu.bits)) == self.values
        if self.function in _BITS:
            return len(pdu.bits) == 8 * self.data_bytes
        return len(pdu.registers) == self.count


class _SocketFramer(FramerSocket):
    """Answers of any unit are looked at: who they are for is told by their transaction."""

    asked: Ask | None = None

    def handleFrame(self, data: bytes, exp_devid: int, exp_tid: int) -> tuple[int, ModbusPDU | None]:
        used = 0
        while used < len(data):
            try:
                step, pdu = super().handleFrame(data[used:], 0, exp_tid)
            except _BROKEN:
                return len(data), None
            used += step
            if pdu is None:
                return used, None
            if pdu.dev_id in _NO_UNIT:
                pdu.dev_id = exp_devid
            if self.asked and self.asked.accepts(pdu) and pdu.transaction_id == exp_tid:
                return used, pdu
        return used, None


class _RtuFramer(FramerRTU):
    """Hunts for the answer behind noise, the echo of the request, and what is left of other answers."""

    asked: Ask | None = None

    def handleFrame(self, data: bytes, exp_devid: int, exp_tid: int) -> tuple[int, ModbusPDU | None]:
        asked = self.asked
        if asked is None:
            return len(data), None
        for start in range(len(data) - 1):
            if data[start] == asked.unit and data[start + 1] & 0x7F == asked.function:
                pdu = self._decoded(data[start : start + asked.size(data[start + 1])], exp_devid)
                if pdu and asked.accepts(pdu):
                    return len(data), pdu
        return 0, None

    def _decoded(self, frame: bytes, exp_devid: int) -> ModbusPDU | None:
        try:
            return super().handleFrame(frame, exp_devid, 0)[1]
        except _BROKEN:
            return None


class Wire:
    """One connection. The caller sets the time limits and sees to it that one request is in flight."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._framer: _SocketFramer | _RtuFramer

    @property
    def up(self) -> bool:
        """False too between the end of a connection and the word of it: uvloop takes a write then for a bug."""
        transport = self._client.ctx.transport if self._client else None
        return transport is not None and not transport.is_closing()

    async def open(self) -> None:
        """Raises LinkError. Cancelled while it connects, it leaves no connection: one that the loop has ended then is
        never told as lost."""
        self.close()
        client = self._make()
        self._framer = (_RtuFramer if self._address.rtu else _SocketFramer)(DecodePDU(False))
        client.ctx.framer = self._framer
        client.ctx.max_buffer_size = _BUFFER
        connected = False
        try:
            connected = await client.connect()
        except termios.error as error:  # a port that cannot be set like this; pyserial lets it through
            raise LinkError(f"{self._address.text}: {error.args[-1]}") from None
        finally:
            if not connected:
                client.close()
        if not connected:
            raise LinkError(f"{self._address.text}: cannot connect")
        self._client = client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def exchange(self, ask: Ask) -> tuple[int, ...]:
        """The registers of the answer, or its bits as 0 and 1.

        Raises LinkError, NoAnswer or Refused (with the exception code).
        """
        client = self._client
        if client is None or not self.up:
            raise LinkError(f"{self._address.text}: not connected")
        self._framer.asked = ask
        try:
            answer = await self._send(client, ask)
        except ModbusException:
            raise LinkError(f"{self._address.text}: connection lost") from None
        finally:
            self._framer.asked = None
        if answer.isError():
            raise self._error(ask, answer.exception_code)
        return tuple(map(int, answer.bits[: ask.count] if ask.function in _BITS else answer.registers))

    @staticmethod
    async def _send(client: AsyncModbusTcpClient | AsyncModbusSerialClient, ask: Ask) -> ModbusPDU:
        reads = {
            READ_COILS: client.read_coils,
            READ_DISCRETE: client.read_discrete_inputs,
            READ_HOLDING: client.read_holding_registers,
            READ_INPUT: client.read_input_registers,
        }
        if ask.function in reads:
            return await reads[ask.function](ask.address, count=ask.count, device_id=ask.unit)
        if ask.function == WRITE_COIL:
            return await client.write_coil(ask.address, bool(ask.values[0]), device_id=ask.unit)
        if ask.function == WRITE_ONE:
            return await client.write_register(ask.address, ask.values[0], device_id=ask.unit)
        return await client.write_registers(ask.address, list(ask.values), device_id=ask.unit)

    def _error(self, ask: Ask, code: int) -> LinkError | Refused:
        text = (
            f"{self._address.text} unit {ask.unit}: function {ask.function} at {ask.address}: "
            f"exception {code} ({_CODES.get(code, 'unknown')})"
        )
        if code in _ABSENT or (ask.writes and code in _BUSY):
            return NoAnswer(text)
        return (Illegal if code in _ILLEGAL else DeviceException)(text, code)

    def _make(self) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        at = self._address
        if at.path:
            return AsyncModbusSerialClient(
                at.path,
                framer=FramerType.RTU,
                baudrate=at.baud,
                parity=at.parity,
                stopbits=at.stop,
                retries=0,
                timeout=_NO_LIMIT,
                reconnect_delay=0,
                trace_connect=self._connected,
            )
        return AsyncModbusTcpClient(
            at.host,
            port=at.port,
            framer=FramerType.RTU if at.rtu else FramerType.SOCKET,
            retries=0,
            timeout=_NO_LIMIT,
            reconnect_delay=0,
            trace_connect=self._connected,
        )

    def _connected(self, up: bool) -> None:
        """Ends the wait for an answer when the other end has gone."""
        if self._client is None or up:
            return
        waits: asyncio.Future[ModbusPDU] = self._client.ctx.response_future
        if not waits.done():
            waits.set_exception(ModbusException("connection lost"))
            waits.exception()

"""A DLMS/COSEM meter to test against: its codec is gurux-dlms (GPL-2.0), its services are made here.

Run by the Python of `.venv-peers/gurux` as a program of its own; nothing of Kẻng imports it, and it imports nothing of
Kẻng. Prints one JSON object a line: first where it listens, then each service it was asked for, in clear.
The server that the package ships does not run, so only its codec is used: A-XDR, frames and their check, AARQ,
AES-GCM and GMAC.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import select
import socket
import tty
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peers.gurux import codec
else:
    import codec  # this program's own folder is the first place that Python looks in

SNRM, UA, DISC, DM = 0x93, 0x73, 0x53, 0x1F
LLC = b"\xe6\xe7\x00"
PUBLIC = 16


class Meter:
    """The application layer: one association at a time, objects that can only be read."""

    def __init__(self, options: argparse.Namespace, say: Any) -> None:
        self.options, self.say = options, say
        self.objects = codec.objects(options.rows, dict(options.status), options.serial, options.counter)
        self.counter = options.counter
        self.own_counter = 0
        self.leave()

    def leave(self) -> None:
        """No association."""
        self.state = "none"
        self.keys: Any = None
        self.pending: bytes = b""
        self.challenge, self.theirs, self.title = b"", b"", b""

    def answer(self, apdu: bytes, client: int) -> bytes:
        """The answer to one APDU, protected as the association wants it."""
        if apdu[0] == 0x60:
            return self.associate(apdu, client)
        protected = apdu[0] in (0xC8, 0xCB) if self.options.by_service else apdu[0] == 0xDB
        if protected:
            title, counter, plain = codec.opened(apdu, self.keys, self.title)
            if title != self.title or counter <= self.counter:
                self.say(service="refused", counter=counter)
                return b"\xd8\x01\x06"
            self.counter, apdu = counter, plain
        elif apdu[0] != 0x62 and self.keys is not None:
            return b"\xd8\x01\x01"
        self.say(service=apdu[:1].hex(), method=apdu[3:12].hex(), counter=self.counter if protected else None)
        reply = self.serve(apdu, client)
        if protected and not self.options.plain_answers:
            self.own_counter += 1
            reply = codec.sealed(reply, self.keys, self.own_counter, general=not self.options.by_service)
        return reply

    def serve(self, apdu: bytes, client: int) -> bytes:
        if apdu[0] == 0x62:
            self.leave()
            return b"\x63\x03\x80\x01\x00"
        if apdu[0] == 0xC3 and self.state == "pending":
            return self.prove(apdu)
        if apdu[0] != 0xC0 or self.state != "open":
            return b"\xd8\x01\x01"
        if apdu[1] == 2:
            return self.next_block(apdu[2], int.from_bytes(apdu[3:7], "big") + 1)
        key = (int.from_bytes(apdu[3:5], "big"), apdu[5:11], apdu[11])
        value = self.objects.get(key)
        if value is None or (client == PUBLIC and self.options.auth != "none" and key[1][2] not in (42, 43)):
            return b"\xc4\x01" + apdu[2:3] + b"\x01" + bytes([4 if value is None else 3])
        data = value(apdu[13:]) if callable(value) else value
        if len(data) + 4 <= self.options.pdu:
            return b"\xc4\x01" + apdu[2:3] + b"\x00" + data
        self.pending = data
        return self.next_block(apdu[2], 1)

    def next_block(self, invoke: int, number: int) -> bytes:
        size = self.options.pdu - 12
        part, self.pending = self.pending[:size], self.pending[size:]
        if self.options.skip_block == number:
            number += 1
        header = bytes([0xC4, 2, invoke, not self.pending]) + number.to_bytes(4, "big") + b"\x00"
        return header + codec.length(len(part)) + part

    def associate(self, apdu: bytes, client: int) -> bytes:
        self.leave()
        wanted = "none" if client == PUBLIC else self.options.auth
        try:
            asked = codec.aarq(apdu, self.options)
        except Exception:  # noqa: BLE001  the package raises whatever
            self.say(service="60", authentication="cannot be deciphered")
            return codec.aare(result=1, diagnostic=1)
        self.say(service="60", authentication=asked.authentication, conformance=asked.conformance)
        refusal = 0
        conformance = codec.without_general_protection(asked) if self.options.by_service else asked.conformance
        if asked.authentication != wanted:
            refusal = 14
        elif wanted == "low" and asked.password != self.options.password.encode():
            refusal = 13
        elif wanted == "gmac" and (asked.counter is None or asked.counter <= self.counter):
            refusal = 1
        if refusal:
            return codec.aare(result=1, diagnostic=refusal)
        if wanted != "gmac" or self.options.no_challenge:
            self.state = "open"
            return codec.aare(conformance=conformance)
        self.state, self.keys, self.title = "pending", codec.keys(self.options), asked.title
        self.counter, self.theirs, self.challenge = asked.counter or 0, asked.challenge, os.urandom(16)
        self.own_counter += 1
        return codec.aare(14, 0, conformance, self.keys, self.own_counter, self.challenge)

    def prove(self, apdu: bytes) -> bytes:
        proof = apdu[15:]
        expected = codec.gmac(self.keys, int.from_bytes(proof[1:5], "big"), self.challenge, self.title)
        self.say(service="gmac", counter=int.from_bytes(proof[1:5], "big"), fits=proof == expected)
        if proof != expected or int.from_bytes(proof[1:5], "big") >= self.counter:
            self.state = "none"
            return b"\xc7\x01" + apdu[2:3] + b"\x03\x00"
        self.state = "open"
        self.own_counter += 1
        answer = codec.gmac(self.keys, self.own_counter, self.theirs, codec.TITLE)
        if self.options.false_proof:
            answer = answer[:-1] + bytes([answer[-1] ^ 1])
        return b"\xc7\x01" + apdu[2:3] + b"\x00\x01\x00\x09\x11" + answer


class Link:
    """The meter's end of HDLC; keeps its last frame so that it can be asked for again."""

    def __init__(self, meter: Meter, options: argparse.Namespace) -> None:
        self.meter, self.options = meter, options
        self.open = False
        self.sent: int = 0
        self.received: int = 0
        self.frames = 0
        self.incoming: bytes = b""
        self.outgoing: bytes = b""
        self.last: bytes = b""

    def answer(self, frame: codec.Received) -> bytes | None:
        """The frame to send back, spoiled or kept back where the options say so."""
        out = self.reply(frame)
        self.frames += 1
        if out is None or self.frames in self.options.drop:
            return None
        if self.frames in self.options.spoil:
            return out[:-4] + bytes([out[-4] ^ 0x10]) + out[-3:]
        return out

    def reply(self, frame: codec.Received) -> bytes | None:
        if frame.control == SNRM:
            self.open, self.sent, self.received, self.incoming = True, 0, 0, b""
            self.meter.leave()
            return codec.frame(frame, UA, codec.UA_PARAMETERS)
        if frame.control == DISC:
            self.meter.say(service="disc")
            self.open = False
            return codec.frame(frame, UA)
        if not self.open:
            return codec.frame(frame, DM)
        acknowledged = frame.control >> 5
        if frame.control & 0x0F == 0x01:
            if self.last and acknowledged != self.sent:
                return self.last
            return self.segment(frame) if self.outgoing else self.ready(frame)
        return self.information(frame)

    def information(self, frame: codec.Received) -> bytes:
        if (frame.control >> 1) & 7 != self.received:
            return self.last or self.ready(frame)
        self.received = (self.received + 1) % 8
        self.incoming, self.last = self.incoming + frame.information, b""
        if frame.segmented:
            return self.ready(frame)
        apdu, self.incoming = self.incoming[3:], b""
        self.outgoing = LLC + self.meter.answer(apdu, frame.client)
        return self.segment(frame)

    def segment(self, frame: codec.Received) -> bytes:
        control = self.received << 5 | 0x10 | self.sent << 1
        self.last, self.outgoing = codec.segment(frame, control, self.outgoing)
        self.sent = (self.sent + 1) % 8
        return bytes(self.last)

    def ready(self, frame: codec.Received) -> bytes:
        return bytes(codec.frame(frame, self.received << 5 | 0x11))


def on_serial(meter: Meter, options: argparse.Namespace) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    meter.say(port=os.ttyname(theirs))
    link, buffer, greeted = Link(meter, options), b"", not options.mode_e
    while True:
        select.select([ours], [], [])
        buffer += os.read(ours, 4096)
        if not greeted:
            buffer, greeted = greet(ours, buffer, options)
            continue
        frames, buffer = codec.frames(buffer)
        for frame in frames:
            out = None if options.silent else link.answer(frame)
            if out:
                os.write(ours, options.noise + out)
            greeted = link.open or not options.mode_e


def greet(ours: int, heard: bytes, options: argparse.Namespace) -> tuple[bytes, bool]:
    """Mode E: the identification, then what was confirmed once more; it speaks HDLC from then on."""
    if heard.endswith(b"/?!\r\n"):
        os.write(ours, options.ident.encode() + b"\r\n")
        return b"", False
    if heard.startswith(b"\x06") and heard.endswith(b"\r\n"):
        os.write(ours, heard)
        return b"", heard[1:2] == heard[3:4] == b"2"
    return heard, False


def on_tcp(meter: Meter, options: argparse.Namespace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        meter.say(port=server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                meter.leave()
                while len(header := stream.read(8)) == 8:
                    source, target, size = (int.from_bytes(header[at : at + 2], "big") for at in (2, 4, 6))
                    reply = meter.answer(stream.read(size), source)
                    if options.silent:
                        continue
                    stream.write(codec.wrapped(target, source, reply))
                    stream.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--over", choices=["serial", "tcp"], default="serial")
    parser.add_argument("--auth", choices=["none", "low", "gmac"], default="none")
    parser.add_argument("--password", default="00000000")
    parser.add_argument("--ek", default="000102030405060708090a0b0c0d0e0f")
    parser.add_argument("--ak", default="d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
    parser.add_argument("--serial", default="20260000123")
    parser.add_argument("--counter", type=int, default=1000, help="the last invocation counter that it has seen")
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--status", type=int, nargs=2, action="append", default=[], help="a row and its status")
    parser.add_argument("--pdu", type=int, default=400)
    parser.add_argument("--drop", type=int, nargs="*", default=[], help="answers (by number) that are not sent")
    parser.add_argument("--spoil", type=int, nargs="*", default=[], help="answers that are sent damaged")
    parser.add_argument("--skip-block", type=int, default=0)
    parser.add_argument("--noise", type=bytes.fromhex, default=b"")
    parser.add_argument("--ident", default="/KNG5\\2METER", help="what it says first in mode E")
    for flag in ("mode-e", "by-service", "silent", "plain-answers", "no-challenge", "false-proof"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the package prints as it goes

    def say(**what: object) -> None:
        print(json.dumps(what), file=out, flush=True)

    meter = Meter(options, say)
    (on_serial if options.over == "serial" else on_tcp)(meter, options)


if __name__ == "__main__":
    main()

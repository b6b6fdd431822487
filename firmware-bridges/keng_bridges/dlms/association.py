"""An application association with one meter, by the library dlms-cosem: only its state machine, none of its ports.

What the library leaves open is closed here: nothing but reading is ever encoded, no invocation counter is used twice
(the library encrypts with the one of the GMAC), a meter cannot talk us into less protection, and nothing is logged.
"""

import logging
from collections.abc import Generator
from importlib import import_module
from typing import Any, Final

from keng_bridges.dlms import axdr, cipher, service_cipher
from keng_bridges.dlms.access import Access, AccessRefused, Attribute, Counter, Selection
from keng_bridges.dlms.axdr import Data
from keng_bridges.errors import BridgeError, FrameError, NoAnswer, PayloadError, Refused

# It writes passwords at level info and deciphered answers at level warning.
logging.getLogger("dlms_cosem").setLevel(logging.CRITICAL)
_connection: Any = import_module("dlms_cosem.connection")
_enums: Any = import_module("dlms_cosem.enumerations")
_cosem: Any = import_module("dlms_cosem.cosem")
_xdlms: Any = import_module("dlms_cosem.protocol.xdlms")
_acse: Any = import_module("dlms_cosem.protocol.acse")
_state: Any = import_module("dlms_cosem.state")
_octets: Any = import_module("dlms_cosem.dlms_data").OctetStringData

READS: Final = (
    _acse.ApplicationAssociationRequest,
    _acse.ReleaseRequest,
    _xdlms.GetRequestNormal,
    _xdlms.GetRequestNext,
)
"""All that is ever sent, besides the reply to the meter's challenge."""
LARGEST: Final = 1_000_000
"""Bytes of one value, which may come in many blocks."""
_PERMANENT: Final = ("READ_WRITE_DENIED", "OBJECT_UNDEFINED", "OBJECT_CLASS_INCONSISTENT", "OBJECT_UNAVAILABLE")
_CHALLENGE: Final = (15, bytes((0, 0, 40, 0, 0, 255)), 1)
"""Reply to the challenge: method 1 of the current association (class 15)."""
_EXCEPTION, _GET_RESPONSE, _ACTION_RESPONSE = 0xD8, 0xC4, 0xC7

Talk = Generator[bytes, bytes, Any]


class Association:
    """Each method is a conversation: it yields an APDU to send and is sent the answer. Raises only `BridgeError`."""

    def __init__(self, access: Access, counter: Counter | None = None) -> None:
        if access.keys is not None and counter is None:
            raise ValueError("keys want a counter")
        self._access, self._counter = access, counter
        keys = access.keys
        self._library: Any = _connection.DlmsConnection(
            client_system_title=access.title,
            global_encryption_key=keys.unicast if keys else None,
            global_authentication_key=keys.authentication if keys else None,
            authentication_method=_mechanism(access),
            password=access.password,
            meter_invocation_counter=-1,
            conformance=_conformance(access),
        )

    def open(self) -> Generator[bytes, bytes, None]:
        """Associate. A wrong password or key is `AccessRefused`: it is never tried again, because meters lock."""
        answer = yield from self._first(self._library.get_aarq())
        if not isinstance(answer, _acse.ApplicationAssociationResponse):
            raise NoAnswer(f"the meter answers {type(answer).__name__} to the association")
        if answer.result is not _enums.AssociationResult.ACCEPTED:
            reason = f"the meter declines the association: {answer.result_source_diagnostics.name}"
            transient = answer.result is _enums.AssociationResult.REJECTED_TRANSIENT
            raise NoAnswer(reason) if transient else AccessRefused(f"{reason}; not tried again, meters lock")
        if self._access.keys is not None:
            yield from self._reply_to_challenge(answer)

    def get(self, attribute: Attribute, selection: Selection | None = None) -> Generator[bytes, bytes, Data]:
        """One value. `Refused` if the meter does not have it or does not show it to us, `PayloadError` if not now."""
        wanted = _cosem.CosemAttribute(
            interface=_enums.CosemInterface(attribute.kind),
            instance=_cosem.Obis.from_bytes(attribute.obis),
            attribute=attribute.number,
        )
        answer = yield from self._ask(_xdlms.GetRequestNormal(wanted, access_selection=selection))
        data, number = b"", 0
        while isinstance(answer, _xdlms.GetResponseWithBlock):
            number += 1
            data += answer.data
            if answer.block_number != number or len(data) > LARGEST:
                raise FrameError(f"block {answer.block_number} where {number} was expected, or too many")
            answer = yield from self._ask(_xdlms.GetRequestNext(number, answer.invoke_id_and_priority))
        if isinstance(answer, _xdlms.GetResponseLastBlock) and answer.block_number != number + 1:
            raise FrameError(f"block {answer.block_number} where {number + 1} was expected")
        if not isinstance(answer, _xdlms.GetResponseNormal | _xdlms.GetResponseLastBlock):
            raise _declined(answer, attribute)
        return axdr.decode(data + answer.data)

    def release(self) -> Generator[bytes, bytes, None]:
        """Say good-bye. Whatever the meter answers, it is over."""
        request = _acse.ReleaseRequest(reason=_enums.ReleaseRequestReason.NORMAL)
        if self._access.keys is not None:
            self._advance()
            request = self._library.protect(self._library.get_rlrq())
        yield bytes(request.to_bytes())

    # -- inside

    def _reply_to_challenge(self, answer: Any) -> Generator[bytes, bytes, None]:
        if (
            answer.authentication is not _enums.AuthenticationMechanism.HLS_GMAC
            or not answer.ciphered
            or self._library.meter_system_title == self._access.title
        ):
            raise AccessRefused("the meter wants less protection than HLS-GMAC with ciphering: not accepted")
        self._advance()
        reply = _guarded(self._library.get_hls_reply)
        kind, name, method = _CHALLENGE
        action = _xdlms.ActionRequestNormal(
            _cosem.CosemMethod(_enums.CosemInterface(kind), _cosem.Obis.from_bytes(name), method),
            data=_octets(reply).to_bytes(),
        )
        yield from self._first(action)
        if self._library.state.current_state is not _state.READY:
            raise AccessRefused("the meter could not prove that it knows the keys")

    def _first(self, event: Any) -> Talk:
        """Until the meter has proved its keys, an answer that cannot be deciphered is one made with other keys."""
        try:
            return (yield from self._exchanged(event))
        except FrameError:
            if self._access.keys is None:
                raise
            raise AccessRefused("the keys do not fit: not tried again, meters lock") from None

    def _ask(self, event: Any) -> Talk:
        if not isinstance(event, READS):
            raise TypeError(f"a meter is only read, not {type(event).__name__}")
        return (yield from self._exchanged(event))

    def _exchanged(self, event: Any) -> Talk:
        self._advance()
        protected = self._access.keys is not None and isinstance(event, _xdlms.base.AbstractXDlmsApdu)
        general = self._library.conformance.general_protection
        send = self._library.send if general or not protected else self._sealed
        answer = yield bytes(_guarded(send, event))
        if protected and answer[:1] != bytes([_EXCEPTION]):
            answer = self._checked(answer) if general else self._opened(answer)
        self._library.receive_data(answer)
        try:
            return _guarded(self._library.next_event)
        finally:
            self._library.clear_buffer()

    def _checked(self, answer: bytes) -> bytes:
        """The library would take a plain answer for a ciphered one."""
        if answer[:1] != bytes([cipher.GENERAL_GLO]):
            raise FrameError("an answer without the protection that was agreed")
        return answer

    def _sealed(self, event: Any) -> bytes:
        """A request for a meter that knows no general ciphering, which is all that the library does."""
        self._library.state.process_event(event)
        plain = bytes(event.to_bytes())
        text, counter = self._library.encrypt(plain)
        return service_cipher.sealed(plain, counter, text)

    def _opened(self, answer: bytes) -> bytes:
        assert self._access.keys is not None
        counter, plain = service_cipher.opened(answer, self._library.meter_system_title or b"", self._access.keys)
        _guarded(self._library.update_meter_invocation_counter, counter)
        return plain

    def _advance(self) -> None:
        if self._counter is not None:
            self._library.client_invocation_counter = self._counter.take()


def _mechanism(access: Access) -> Any:
    kinds = _enums.AuthenticationMechanism
    return kinds.HLS_GMAC if access.keys else kinds.LLS if access.password is not None else kinds.NONE


def _conformance(access: Access) -> Any:
    """What we ask for: reading and nothing else. An action is only the reply to a challenge."""
    return import_module("dlms_cosem.protocol.xdlms.conformance").Conformance(
        general_protection=access.keys is not None,
        priority_management_supported=True,
        block_transfer_with_get_or_read=True,
        get=True,
        selective_access=True,
        action=access.keys is not None,
    )


def _declined(answer: Any, attribute: Attribute) -> BridgeError:
    error = getattr(answer, "error", None)
    a, b, c, d, e, f = attribute.obis
    words = f"{a}-{b}:{c}.{d}.{e}*{f}, attribute {attribute.number}: {error.name if error else type(answer).__name__}"
    return Refused(words) if error is not None and error.name in _PERMANENT else PayloadError(words)


def _guarded(call: Any, *arguments: Any) -> Any:
    """The library raises whatever its parts raise; out of here comes a `FrameError` that holds none of the content."""
    try:
        return call(*arguments)
    except Exception as error:  # noqa: BLE001
        raise FrameError(f"the answer makes no sense: {type(error).__name__}") from None

"""What can go wrong on the way to a field device, and whether trying again can help."""


class BridgeError(Exception):
    """Base of all errors of this package; `permanent` says that trying again without a person is useless."""

    permanent = False


class FrameError(BridgeError):
    """Bytes that are not a whole, undamaged frame: counted and asked for again, never repaired."""


class PayloadError(BridgeError):
    """A message that arrived undamaged and still makes no sense; the text says where."""


class NoAnswer(BridgeError):
    """The device said nothing, or not enough, before its deadline."""


class Refused(BridgeError):
    """The device understood the request and declined it."""

    permanent = True


class ProfileError(BridgeError):
    """A device profile that cannot be used; the text names the file and the field."""

    permanent = True


class PortError(BridgeError):
    """A serial port that cannot be opened or has gone; the text says what to do."""


class PortBusy(PortError):
    """Another program holds the port."""

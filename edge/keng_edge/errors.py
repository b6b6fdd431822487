"""What can go wrong on a node, and whether trying again can help."""


class EdgeError(Exception):
    """Base of all errors of this package; `permanent` says that trying again without a person is useless."""

    permanent = False


class DeviceError(EdgeError):
    """A device cannot be reached or understood; the text says what to do, and never holds a secret."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


class OutputError(EdgeError):
    """A sounder, lamp or program did not do what it was told."""


class OutputAway(OutputError):
    """The board that carries the output is not connected."""


class Refused(EdgeError):
    """An act that is not possible now; the text says why."""


class ConfigError(EdgeError):
    """The configuration cannot be used; one line for each thing that is wrong."""

    permanent = True

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

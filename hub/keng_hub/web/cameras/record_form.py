"""The form of a camera's record: its fields in the order of the page, and what of them was typed."""

from typing import Final, NamedTuple

from keng_hub.cameras.facts import CameraFacts
from keng_hub.cameras.states import CameraClass
from keng_hub.web.forms import Form


class Record(CameraFacts, Form):
    """A camera's record and its class."""

    camera_class: CameraClass

    @property
    def facts(self) -> CameraFacts:
        """The record alone."""
        return CameraFacts.model_construct(**self.model_dump(exclude={"camera_class"}))


class Field(NamedTuple):
    """One field: its name, how it is typed, and the choices of a list."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()


FIELDS: Final = (
    Field("camera_class", "choice", tuple(CameraClass)),
    Field("purpose", "choice", ("both", "security", "fire")),
    Field("controller", "text"),
    Field("contact", "text"),
    Field("house", "text"),
    Field("make", "text"),
    Field("model", "text"),
    Field("serial", "text"),
    Field("mac", "text"),
    Field("firmware", "text"),
    Field("firmware_on", "date"),
    Field("static_ip", "text"),
    Field("installed", "date"),
    Field("support_until", "date"),
    Field("qcvn135_cert_no", "text"),
    Field("vendor_contact", "text"),
    Field("known_issues", "text"),
    Field("card", "choice", ("", "none", "encrypted", "plain")),
    Field("keep_days", "number"),
    Field("recovery_tested", "date"),
    Field("wiped_on", "date"),
    Field("password_changed", "check"),
    Field("secure_stream", "check"),
    Field("own_network", "check"),
)
WORDS_OF: Final = {"camera_class": "camera_class", "purpose": "camera_purpose", "card": "camera_card"}
"""Field with choices → kind of words."""

"""Every topic of the system; nowhere else is one put together.

`keng/v1/<node>/up/<leaf>` is written by the node, `keng/v1/<node>/down/<leaf>` is read by it, so that one broker
pattern for each leaf (`keng/v1/%u/up/alarm`) ties a topic to the certificate of its node.
"""

from enum import StrEnum
from typing import NamedTuple

ROOT = "keng/v1"


class MessageClass(StrEnum):
    """The numbered, acknowledged classes in order of their right of way."""

    ALARM = "alarm"
    EVENT = "event"
    READING = "reading"

    __hash__ = str.__hash__  # each message is looked up by its class; the one of enumerations is written in Python


class Up(StrEnum):
    """Leaves a node may publish on."""

    ALARM = "alarm"
    EVENT = "event"
    READING = "reading"
    STATUS = "status"
    HEALTH = "health"

    __hash__ = str.__hash__


class Down(StrEnum):
    """Leaves a node may subscribe to."""

    ACK = "ack"
    CONFIG = "config"
    COMMAND = "command"


class UpTopic(NamedTuple):
    """A parsed upward topic."""

    node: str
    leaf: Up


def up(node: str, leaf: Up | MessageClass) -> str:
    """The topic a node publishes `leaf` on; `+` as node gives the hub's filter."""
    return f"{ROOT}/{node}/up/{leaf.value}"


def down(node: str, leaf: Down) -> str:
    """The topic the hub publishes `leaf` for a node on; `+` or `%u` as node gives a filter or an ACL pattern."""
    return f"{ROOT}/{node}/down/{leaf.value}"


def parse_up(topic: str) -> UpTopic:
    """Take an upward topic apart; ValueError when it is none of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT or parts[3] != "up" or not parts[2]:
        raise ValueError(f"not an upward topic of {ROOT}: {topic!r}")
    return UpTopic(parts[2], Up(parts[4]))


def shared(group: str, topic_filter: str) -> str:
    """An MQTT 5 shared subscription, by which several hub processes split one load (MQTT 5.0, 4.8.2)."""
    return f"$share/{group}/{topic_filter}"

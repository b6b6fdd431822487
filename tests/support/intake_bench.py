"""An intake on a database with one known node, for tests of what becomes of messages."""

from keng_hub.clocks import BootClocks
from keng_hub.database import Database
from keng_hub.intake import Intake
from keng_hub.lane import Packet
from keng_hub.parcel import open_packet
from keng_hub.taken import Taken
from keng_wire.topics import MessageClass, Up
from support.hub_parts import FakePipeline, add_node
from support.wire_node import AT, WireNode

NOW = AT + 50


class Bench:
    """Opens packets and takes them in one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pipeline = FakePipeline()
        self.intake = Intake(self.pipeline, BootClocks())
        self.node = WireNode()
        add_node(database)

    def take(self, *messages: tuple[str, bytes], now: int = NOW) -> Taken:
        parcels = [open_packet(Packet(topic, payload, now)) for topic, payload in messages]
        return self.database.write_now(self.intake.take, parcels, now)

    def up(self, leaf: Up | MessageClass, *payloads: bytes) -> Taken:
        return self.take(*((self.node.topic(leaf), payload) for payload in payloads))

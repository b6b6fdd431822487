"""Mosquitto 2: its configuration and access list, and running it as a child of the hub.

Every option is explained in mosquitto.conf(5); the reasons for the values stand beside them.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from keng_wire.topics import Down, Up, down, up

NODE = "%u"
"""Mosquitto puts the client's user name here, which is the common name of its certificate."""

TEMPLATE = """\
# Made by `keng-hub init`; changes are overwritten by the next init.
user {user}
per_listener_settings true

persistence true
persistence_location {folder}/
# Seconds. The default of 1800 forgets half an hour of queued messages in a crash.
autosave_interval 5
# A node that was away longer starts afresh; its own outbox has everything.
persistent_client_expiration 7d

# The largest snapshot fits; a client that sends more is disconnected. Never `message_size_limit`: what is larger than
# that is acknowledged and thrown away.
max_packet_size 262144
# For the hub while it restarts. Never relied upon: the hub's own acknowledgement is the promise.
max_queued_messages 200000
max_inflight_messages 1000
max_keepalive 60

log_dest stdout
log_type error
log_type warning
log_type notice
connection_messages true

listener {port} {bind}
cafile {folder}/ca.crt
certfile {folder}/broker.crt
keyfile {folder}/broker.key
# Certificates that were taken back. It is read when the broker starts.
crlfile {folder}/ca.crl
tls_version tlsv1.2
# Only certificates of the authority above come in, and the name in it is who the client is.
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
allow_zero_length_clientid false
acl_file {folder}/acl
"""


def configuration(folder: Path, port: int, bind: str, user: str) -> str:
    """The text of mosquitto.conf for a broker whose files stand in `folder`.

    `user` is who a broker started by root turns into; for anybody else the line is without effect.
    """
    return TEMPLATE.format(folder=folder, port=port, bind=bind, user=user)


def access_list(hubs: Sequence[str], doctor: str, probe: str) -> str:
    """The text of the access list: a node writes and reads its own leaves, `hubs` read and write all nodes' leaves.

    What no line allows is refused. Patterns hold for everybody, also for the hub's names, which no node can get.
    `doctor` may send to itself, and would see what it may not send to `probe`, so that it can prove the refusal.
    """
    lines = ["# Made by `keng-hub init` from the topics of keng_wire; changes are overwritten by the next init."]
    lines += [f"pattern write {up(NODE, leaf)}" for leaf in Up]
    lines += [f"pattern read {down(NODE, leaf)}" for leaf in Down]
    for hub in hubs:
        lines += ["", f"user {hub}"]
        lines += [f"topic read {up('+', leaf)}" for leaf in Up]
        lines += [f"topic write {down('+', leaf)}" for leaf in Down]
    lines += ["", f"user {doctor}", f"topic write {down(doctor, Down.ACK)}", f"topic read {up(probe, Up.STATUS)}"]
    return "\n".join(lines) + "\n"


def program() -> str | None:
    """The installed Mosquitto, which Debian keeps where users do not look; None when there is none."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))

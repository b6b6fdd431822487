"""The embedded broker, to look at Kẻng where no Mosquitto is: no access control, and nothing survives a restart."""

import logging
import sys
import tempfile
from pathlib import Path

SETTINGS = """\
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 10000
max_segment_size = 10485760
max_segment_count = 10

{listeners}
"""

LISTENER = """\
[v{version}.1]
name = "v{version}-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = 262144
max_inflight_count = 1000
dynamic_filters = true
"""


def settings(port: int) -> str:
    """The text of the broker's configuration: MQTT 5 on `port` of the loopback, and nothing else."""
    return SETTINGS.format(listeners=LISTENER.format(version=5, port=port))


def main() -> None:
    """Run it in this process until it is ended: `python -m keng_hub.brokers.embedded PORT`."""
    from iotcore import Broker

    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it logs a line for every packet, as errors
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "broker.toml"
        file.write_text(settings(int(sys.argv[1])))
        Broker(config_path=str(file)).run_forever()


if __name__ == "__main__":
    main()

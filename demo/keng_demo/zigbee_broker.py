"""The broker beside Zigbee2MQTT where no Mosquitto is installed: MQTT 3.1.1 on the loopback, as Zigbee2MQTT speaks it.

python -m keng_demo.zigbee_broker PORT
"""

import logging
import sys
import tempfile
from pathlib import Path

CONFIG = """\
id = 0

[router]
id = 0
max_connections = 20
max_outgoing_packet_count = 1000
max_segment_size = 1048576
max_segment_count = 10

[v4.1]
name = "zigbee"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 65536
max_inflight_count = 100
dynamic_filters = true
"""


def main() -> None:
    """Be the broker until told to stop."""
    from iotcore import Broker

    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it logs a line for every packet, as errors
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "broker.toml"
        file.write_text(CONFIG.format(port=int(sys.argv[1])))
        Broker(config_path=str(file)).run_forever()


if __name__ == "__main__":
    main()

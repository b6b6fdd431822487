"""The brokers a hub can stand on."""

"""Fire points: what people do to them from the hub, and the record of their proof tests."""

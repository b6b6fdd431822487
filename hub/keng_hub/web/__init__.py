"""The hub's pages: one file a page, HTML first, live by numbered events over one WebSocket."""

"""Nodes of one group of houses ring each other over the local network (docs/design/neighbours.md)."""

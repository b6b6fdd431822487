"""Cameras as the law sees them: inventory, notice to passers-by, consent of houses, and what each is told to watch."""

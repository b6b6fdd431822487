"""Pages of the cameras."""

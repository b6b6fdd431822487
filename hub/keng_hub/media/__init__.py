"""Stills and clips of the village's cameras: received, verified, kept for their days, shown with a reason."""

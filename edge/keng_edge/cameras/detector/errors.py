"""What can be wrong with a detector's model."""

from keng_edge.errors import EdgeError


class ModelError(EdgeError):
    """A model is missing, is not what it should be, or computes something else; the text says what to do."""

    permanent = True


class NoModel(ModelError):
    """There is no detector, and nobody asked for one: the extra is not installed, or no model was fetched."""

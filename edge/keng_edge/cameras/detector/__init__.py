"""What is in a picture: the detector that all cameras of a node share. It needs the extra `detect`."""

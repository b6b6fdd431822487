"""Evidence: stills and clips of what a camera saw, on their way to the hub after the alarm."""

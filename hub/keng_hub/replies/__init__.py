"""What people send to the commune, from the channel that brought it to what it means."""

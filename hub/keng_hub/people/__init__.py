"""The households of the village: how they join, how they are reached, how they leave."""

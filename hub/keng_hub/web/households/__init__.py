"""The pages about households: who lives where, how they join, how many are reached, what hangs in the alleys."""

"""Pages of those who are on duty, and of those who look over their shoulder."""

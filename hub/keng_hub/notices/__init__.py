"""What the commune tells its residents: from a template, to a place, approved where the rule says so, and counted."""

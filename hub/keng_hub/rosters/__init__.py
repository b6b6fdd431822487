"""Who is on duty, what is kept quiet until when, and what one shift leaves to the next."""

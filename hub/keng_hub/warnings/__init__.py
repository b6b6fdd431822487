"""Warnings of others (weather, floods): fetched as CAP from listed feeds, or entered by hand, shown to duty."""

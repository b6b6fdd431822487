"""The pages of residents: no account, no script needed, light enough for a weak phone."""

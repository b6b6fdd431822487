"""The pages of what residents are told and of what they say."""

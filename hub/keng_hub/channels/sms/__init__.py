"""What all ways of sending an SMS share: letters, parts, spelling; and what each way says, as values."""

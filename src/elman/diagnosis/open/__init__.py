"""A user's model run with its recurrent layers opened, and put back as it was."""

"""Where records come from. Each source yields rows that messages.py turns into records."""
